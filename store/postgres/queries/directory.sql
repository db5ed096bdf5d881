-- name: FindClinic :one
select found.id::uuid from find_clinic(sqlc.arg(by)::text, sqlc.arg(what)::text) as found (id)
where found.id is not null;

-- name: DirectoryVersion :one
select version from directory_version where clinic_id = $1;

-- name: Clinic :one
select clinic_id, slug, name, zone, language, region, phone, settings from clinic where clinic_id = $1;

-- name: Locations :many
select id, name, address, zone from location where clinic_id = $1 order by name, id;

-- name: Specialties :many
select code, name, title, words from specialty where clinic_id = $1 order by name;

-- name: Practitioners :many
select p.id, p.title, p.given_name, p.family_name, p.suffix, p.specialties, p.languages, p.about,
  r.lanes, (r.retired_at is not null)::boolean as retired
from practitioner p join resource r using (clinic_id, id)
where p.clinic_id = $1
order by p.family_name, p.given_name, p.id;

-- name: Facilities :many
select f.id, f.location_id, f.name, r.kind, r.lanes, (r.retired_at is not null)::boolean as retired
from facility f join resource r using (clinic_id, id)
where f.clinic_id = $1
order by f.name, f.id;

-- name: Services :many
select * from service where clinic_id = $1 order by name, id;

-- name: ServiceResources :many
select service_id, resource_id, need from service_resource
where clinic_id = $1
order by service_id, need, resource_id;

-- name: WeeklyHours :many
select resource_id, location_id, weekday, opens_min, closes_min, valid_from, valid_until from weekly_hours
where clinic_id = $1
order by resource_id, weekday, opens_min;

-- name: DateOverrides :many
select resource_id, location_id, day, closed, opens_min, closes_min, reason from date_override
where clinic_id = $1 and day >= sqlc.arg(since)
order by day, opens_min;
