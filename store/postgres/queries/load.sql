-- Loading a clinic, as the owner. What is there already stays as it is.

-- name: LoadClinic :exec
insert into clinic (clinic_id, slug, name, zone, language, region, phone, settings)
values (@clinic_id, @slug, @name, @zone, @language, @region, @phone, @settings)
on conflict do nothing;

-- name: LoadLocation :exec
insert into location (clinic_id, id, name, address, zone) values (@clinic_id, @id, @name, @address, @zone)
on conflict do nothing;

-- name: LoadSpecialty :exec
insert into specialty (clinic_id, id, code, name, title, words) values (@clinic_id, @id, @code, @name, @title, @words)
on conflict do nothing;

-- name: LoadResource :exec
insert into resource (clinic_id, id, kind, lanes, retired_at) values (@clinic_id, @id, @kind, @lanes, @retired_at)
on conflict do nothing;

-- name: LoadPractitioner :exec
insert into practitioner (clinic_id, id, title, given_name, family_name, suffix, specialties, languages, about)
values (@clinic_id, @id, @title, @given_name, @family_name, @suffix, @specialties, @languages, @about)
on conflict do nothing;

-- name: LoadFacility :exec
insert into facility (clinic_id, id, location_id, name) values (@clinic_id, @id, @location_id, @name)
on conflict do nothing;

-- name: LoadService :exec
insert into service (clinic_id, id, code, name, neutral_name, specialty, duration_min, before_min, after_min, grid_min, notice_min,
  window_days, change_min, is_default, is_group, mode, new_patients, confidential, words, retired_at)
values (@clinic_id, @id, @code, @name, @neutral_name, @specialty, @duration_min, @before_min, @after_min, @grid_min, @notice_min,
  @window_days, @change_min, @is_default, @is_group, @mode, @new_patients, @confidential, @words, @retired_at)
on conflict do nothing;

-- name: LoadServiceResource :exec
insert into service_resource (clinic_id, service_id, resource_id, need) values (@clinic_id, @service_id, @resource_id, @need)
on conflict do nothing;

-- name: LoadWeeklyHours :exec
insert into weekly_hours (clinic_id, id, resource_id, location_id, weekday, opens_min, closes_min, valid_from, valid_until)
values (@clinic_id, @id, @resource_id, @location_id, @weekday, @opens_min, @closes_min, @valid_from, @valid_until)
on conflict do nothing;

-- name: LoadDateOverride :exec
insert into date_override (clinic_id, id, resource_id, location_id, day, closed, opens_min, closes_min, reason)
values (@clinic_id, @id, @resource_id, @location_id, @day, @closed, @opens_min, @closes_min, @reason)
on conflict do nothing;

-- name: LoadingAlone :exec
select pg_advisory_xact_lock(hashtextextended(@what, 0));

-- name: PatientIDs :many
select id from patient where clinic_id = @clinic_id;

-- name: AppointmentIDs :many
select id from appointment where clinic_id = @clinic_id and id = any(@ids::uuid[]);
