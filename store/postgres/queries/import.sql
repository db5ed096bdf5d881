-- Importing a clinic, as the owner. What is there is known by id and brought to what the files say.

-- name: ImportClinic :exec
insert into clinic (clinic_id, slug, name, zone, language, region, phone, settings)
values (@clinic_id, @slug, @name, @zone, @language, @region, @phone, @settings)
on conflict (clinic_id) do update set name = excluded.name, zone = excluded.zone, language = excluded.language,
  region = excluded.region, phone = excluded.phone, settings = excluded.settings;

-- name: DropOrigins :exec
delete from clinic_address where clinic_id = @clinic_id and kind = 'origin' and value <> all(@keep::text[]);

-- name: ImportOrigin :exec
insert into clinic_address (clinic_id, id, kind, value)
select @clinic_id, @id, 'origin', @value
where not exists (select from clinic_address where clinic_id = @clinic_id and kind = 'origin' and value = @value);

-- name: OriginsOfOthers :many
select value from clinic_address where clinic_id <> @clinic_id and kind = 'origin' and value = any(@origins::text[]);

-- name: ImportLocation :exec
insert into location (clinic_id, id, external_id, name, address, zone) values (@clinic_id, @id, @key, @name, @address, @zone)
on conflict (clinic_id, id) do update set name = excluded.name, address = excluded.address, zone = excluded.zone;

-- name: ImportSpecialty :exec
insert into specialty (clinic_id, id, code, name, title, words) values (@clinic_id, @id, @code, @name, @title, @words)
on conflict (clinic_id, id) do update set name = excluded.name, title = excluded.title, words = excluded.words;

-- name: ImportResource :exec
-- Who retired keeps the moment of it.
insert into resource (clinic_id, id, external_id, kind, lanes, retired_at) values (@clinic_id, @id, @key, @kind, @lanes, @retired_at)
on conflict (clinic_id, id) do update set lanes = excluded.lanes,
  retired_at = case when excluded.retired_at is null then null else coalesce(resource.retired_at, excluded.retired_at) end;

-- name: ImportFacility :exec
insert into facility (clinic_id, id, location_id, name) values (@clinic_id, @id, @location_id, @name)
on conflict (clinic_id, id) do update set location_id = excluded.location_id, name = excluded.name;

-- name: ImportPractitioner :exec
insert into practitioner (clinic_id, id, title, given_name, family_name, suffix, specialties, languages, about)
values (@clinic_id, @id, @title, @given_name, @family_name, @suffix, @specialties, @languages, @about)
on conflict (clinic_id, id) do update set title = excluded.title, given_name = excluded.given_name, family_name = excluded.family_name,
  suffix = excluded.suffix, specialties = excluded.specialties, languages = excluded.languages, about = excluded.about;

-- name: ImportService :exec
insert into service (clinic_id, id, code, name, neutral_name, specialty, duration_min, before_min, after_min, grid_min, notice_min,
  window_days, change_min, is_default, is_group, mode, new_patients, confidential, words, retired_at)
values (@clinic_id, @id, @code, @name, @neutral_name, @specialty, @duration_min, @before_min, @after_min, @grid_min, @notice_min,
  @window_days, @change_min, @is_default, @is_group, @mode, @new_patients, @confidential, @words, @retired_at)
on conflict (clinic_id, id) do update set name = excluded.name, neutral_name = excluded.neutral_name, specialty = excluded.specialty,
  duration_min = excluded.duration_min, before_min = excluded.before_min, after_min = excluded.after_min, grid_min = excluded.grid_min,
  notice_min = excluded.notice_min, window_days = excluded.window_days, change_min = excluded.change_min,
  is_default = excluded.is_default, is_group = excluded.is_group, mode = excluded.mode, new_patients = excluded.new_patients,
  confidential = excluded.confidential, words = excluded.words,
  retired_at = case when excluded.retired_at is null then null else coalesce(service.retired_at, excluded.retired_at) end;

-- name: DropOffers :exec
delete from service_resource where clinic_id = @clinic_id and resource_id = @practitioner and need = 'practitioner';

-- name: DropNeeds :exec
delete from service_resource where clinic_id = @clinic_id and service_id = @service and need <> 'practitioner';

-- name: DropHours :exec
delete from weekly_hours where clinic_id = @clinic_id and resource_id = @resource;

-- name: DropOverrides :exec
delete from date_override
where clinic_id = @clinic_id and resource_id is not distinct from @resource and location_id is not distinct from @location and day = @day;

-- name: ImportPatient :exec
-- A number that changed has to be proven again.
update patient set given_name = @given_name, family_name = @family_name, birth_date = @birth_date, birth_date_index = @birth_date_index,
  phone_verified_at = case when phone_index is not distinct from @phone_index then phone_verified_at end,
  phone = @phone, phone_index = @phone_index, email = @email, email_index = @email_index, language = @language,
  seen_at = greatest(seen_at, @seen_at)
where clinic_id = @clinic_id and id = @id;

-- name: DropLinks :exec
delete from patient_link where clinic_id = @clinic_id and patient_id = @patient_id and may_book;

-- name: PatientsSeen :exec
update patient p set seen_at = greatest(p.seen_at, s.at)
from (select unnest(@patients::uuid[]) as id, unnest(@times::timestamptz[]) as at) s
where p.clinic_id = @clinic_id and p.id = s.id;

-- name: ImportAppointment :execrows
update appointment set service_id = @service_id, practitioner_id = @practitioner_id, location_id = @location_id, state = @state,
  version = version + 1, starts_at = @starts_at, ends_at = @ends_at, local_start = @local_start, zone = @zone, updated_at = @at
where clinic_id = @clinic_id and id = @id and version = @was_version;

-- name: TakenBy :many
-- What is taken of these resources, and by which appointment. A hold that has lapsed is free.
select l.resource_id, l.lane, l.starts_at, l.ends_at, l.state, coalesce(a.external_id, a.id::text, '')::text as appointment
from allocation l left join appointment a on a.clinic_id = l.clinic_id and a.id = l.appointment_id
where l.clinic_id = @clinic_id and l.resource_id = any(@resources::uuid[]) and l.state > 0
  and l.starts_at > @earliest and l.starts_at < @until and l.ends_at > @since
  and (l.expires_at is null or l.expires_at > @now::timestamptz)
  and (l.appointment_id is null or l.appointment_id <> all(@exclude::uuid[]));

-- name: Release :exec
update allocation set state = 0 where clinic_id = @clinic_id and appointment_id = any(@appointments::uuid[]) and state > 0;
