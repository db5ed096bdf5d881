-- Closures, and the appointments that they and other changes of hours displace.

-- name: ClosingAlone :exec
-- Closures of a clinic are written one after the other.
select pg_advisory_xact_lock(hashtextextended('closure/' || @clinic_id::text, 0));

-- name: InsertClosure :exec
insert into closure (clinic_id, id, resource_id, location_id, from_day, until_day, from_min, until_min, reason, created_at)
values (@clinic_id, @id, @resource_id, @location_id, @from_day, @until_day, @from_min, @until_min, @reason, @at);

-- name: StandingClosures :many
-- In the order in which they lie over each other.
select id, resource_id, location_id, from_day, until_day, from_min, until_min, reason, replaced from closure
where clinic_id = @clinic_id and reopened_at is null and until_day >= @since
order by position;

-- name: ClosuresFrom :many
-- A standing closure, and those that lie over it on some of its days.
select c.id, c.resource_id, c.location_id, c.from_day, c.until_day, c.from_min, c.until_min, c.reason, c.replaced
from closure c
join closure first on first.clinic_id = c.clinic_id and c.position >= first.position
where c.clinic_id = @clinic_id and first.id = @id and c.reopened_at is null and first.reopened_at is null
  and c.from_day <= first.until_day and c.until_day >= first.from_day
order by c.position;

-- name: KeepReplaced :exec
update closure set replaced = @replaced where clinic_id = @clinic_id and id = @id;

-- name: MarkReopened :exec
update closure set reopened_at = @at where clinic_id = @clinic_id and id = @id;

-- name: PutOverridesAside :many
delete from date_override
where clinic_id = @clinic_id and resource_id is not distinct from @resource_id and day = @day and not closed
returning id, resource_id, location_id, day, opens_min, closes_min, reason, closure_id;

-- name: InsertOverride :exec
insert into date_override (clinic_id, id, resource_id, location_id, day, closed, opens_min, closes_min, reason, closure_id)
values (@clinic_id, @id, @resource_id, @location_id, @day, @closed, @opens_min, @closes_min, @reason, @closure_id)
on conflict do nothing;

-- name: DeleteClosureOverrides :exec
delete from date_override
where clinic_id = @clinic_id and closure_id = @closure_id::uuid and day between @first::date and @last::date;

-- name: UpcomingPlaced :many
-- Appointments that are to come with the rooms and devices that they take, a page of them in order of start.
select a.id, a.service_id, a.practitioner_id, a.location_id, a.patient_id, a.state, a.version, a.starts_at, a.ends_at, a.zone,
  p.given_name, p.family_name, p.language,
  coalesce((
    select array_agg(t.resource_id order by t.resource_id) from allocation t
    where t.clinic_id = a.clinic_id and t.appointment_id = a.id and t.state > 0 and t.resource_id not in (a.practitioner_id, a.patient_id)
  ), '{}')::uuid[] as rooms,
  exists (
    select from allocation t
    where t.clinic_id = a.clinic_id and t.appointment_id = a.id and t.state > 0 and t.resource_id = a.practitioner_id and t.lane < 0
  ) as overbooked
from appointment a
join patient p on p.clinic_id = a.clinic_id and p.id = a.patient_id
where a.clinic_id = @clinic_id and a.state in ('booked', 'confirmed')
  and a.starts_at > @since and a.starts_at < @until and (a.starts_at, a.id) > (@after::timestamptz, @after_id::uuid)
  and (sqlc.narg(practitioner_id)::uuid is null or a.practitioner_id = sqlc.narg(practitioner_id)::uuid)
order by a.starts_at, a.id
limit @most;

-- name: DecideSettlement :exec
insert into settlement (clinic_id, appointment_id, version, way, created_at)
values (@clinic_id, @appointment_id, @version, @way, @at)
on conflict (clinic_id, appointment_id, version) do update set way = excluded.way where settlement.told is null;

-- name: UntoldSettlements :many
-- Those that were carried out and whose patients were not told: a run was interrupted. Which way that was the key of the
-- change tells, for another run may have decided otherwise meanwhile; only one of them can have changed that version.
select s.appointment_id, s.version, tried.way::text as way, k.response from settlement s
cross join (values ('move'), ('cancel')) as tried (way)
join idempotency_key k on k.clinic_id = s.clinic_id and k.key = 'displaced/' || tried.way || '/' || s.appointment_id || '/' || s.version
where s.clinic_id = @clinic_id and s.told is null and k.response is not null
order by s.created_at, s.appointment_id
limit 1000;

-- name: LockSettlement :one
select told from settlement
where clinic_id = @clinic_id and appointment_id = @appointment_id and version = @version
for no key update;

-- name: MarkTold :exec
update settlement set told = @told::text, told_at = @at::timestamptz
where clinic_id = @clinic_id and appointment_id = @appointment_id and version = @version;

-- name: TextableNumber :many
-- Where a patient agreed to be texted, or else those who may book for them. The last word on a number counts.
select p.id, p.phone::bytea as phone, p.language from patient p
where p.clinic_id = @clinic_id and p.phone is not null
  and (p.id = @patient_id or @guardians::boolean and p.id in (
    select l.guardian_id from patient_link l where l.clinic_id = @clinic_id and l.patient_id = @patient_id and l.may_book))
  and (
    select c.given from consent c
    where c.clinic_id = p.clinic_id and c.phone_index = p.phone_index and c.purpose = @purpose
    order by c.at desc, c.id desc limit 1)
order by (p.id = @patient_id) desc, p.id
limit 1;
