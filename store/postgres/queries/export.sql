-- What there is, under the ids that the clinic's other systems use. What has none goes by our own. As the owner.

-- name: ClinicIDBySlug :one
select clinic_id from clinic where slug = @slug;

-- name: ClinicSlugs :many
select slug from clinic order by slug;

-- name: ClinicOrigins :many
select value from clinic_address where clinic_id = @clinic_id and kind = 'origin' order by value collate "C";

-- name: ExportLocations :many
select id, coalesce(external_id, id::text)::text as key, name, address, zone from location where clinic_id = @clinic_id;

-- name: ExportSpecialties :many
select id, code, name, title, words from specialty where clinic_id = @clinic_id;

-- name: ExportRooms :many
select f.id, coalesce(r.external_id, r.id::text)::text as key, f.name, r.kind, f.location_id, r.lanes, (r.retired_at is not null)::boolean as retired
from facility f join resource r using (clinic_id, id)
where f.clinic_id = @clinic_id;

-- name: ExportPractitioners :many
select p.id, coalesce(r.external_id, r.id::text)::text as key, p.title, p.given_name, p.family_name, p.suffix, p.specialties, p.languages,
  p.about, r.lanes, (r.retired_at is not null)::boolean as retired
from practitioner p join resource r using (clinic_id, id)
where p.clinic_id = @clinic_id;

-- name: ExportDateOverrides :many
select resource_id, location_id, day, closed, opens_min, closes_min, reason from date_override where clinic_id = @clinic_id;

-- name: ExportPatients :many
-- All charts, or those of these keys.
select id, coalesce(external_id, id::text)::text as key, given_name, family_name, birth_date, phone, email, language, seen_at
from patient
where clinic_id = @clinic_id and (@everybody::boolean or external_id = any(@keys::text[]) or id = any(@ids::uuid[]));

-- name: ExportPatientLinks :many
select l.patient_id, l.relation, coalesce(g.external_id, g.id::text)::text as guardian
from patient_link l join patient g on g.clinic_id = l.clinic_id and g.id = l.guardian_id
where l.clinic_id = @clinic_id and l.may_book;

-- name: ExportAppointments :many
-- Those that start in a range, with the keys of their patients; whether they were squeezed in is known while they take time.
select a.id, coalesce(a.external_id, a.id::text)::text as key, coalesce(p.external_id, p.id::text)::text as patient,
  a.service_id, a.practitioner_id, a.location_id, a.state, a.version, a.starts_at, a.ends_at,
  (o.appointment_id is not null)::boolean as overbooked
from appointment a join patient p on p.clinic_id = a.clinic_id and p.id = a.patient_id
left join (
  select distinct l.appointment_id, l.resource_id from allocation l where l.clinic_id = @clinic_id and l.state > 0 and l.lane < 0
) o on o.appointment_id = a.id and o.resource_id = a.practitioner_id
where a.clinic_id = @clinic_id and a.starts_at >= @since and a.starts_at < @before;

-- name: ImportedAppointments :many
-- Those of these keys. Changed here: the last change was not an import's.
select a.id, coalesce(a.external_id, a.id::text)::text as key, coalesce(p.external_id, p.id::text)::text as patient,
  a.service_id, a.practitioner_id, a.location_id, a.state, a.version, a.starts_at, a.ends_at,
  (o.appointment_id is not null)::boolean as overbooked, coalesce(e.actor_kind <> 'system' or e.channel <> 'cli', false)::boolean as changed_here
from appointment a join patient p on p.clinic_id = a.clinic_id and p.id = a.patient_id
left join appointment_event e on e.clinic_id = a.clinic_id and e.appointment_id = a.id and e.version = a.version
left join (
  select distinct l.appointment_id, l.resource_id from allocation l where l.clinic_id = @clinic_id and l.state > 0 and l.lane < 0
) o on o.appointment_id = a.id and o.resource_id = a.practitioner_id
where a.clinic_id = @clinic_id and (a.external_id = any(@keys::text[]) or a.id = any(@ids::uuid[]));
