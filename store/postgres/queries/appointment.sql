-- name: Appointment :one
select id, service_id, practitioner_id, location_id, patient_id, state, version, starts_at, ends_at, zone
from appointment
where clinic_id = @clinic_id and id = @id;

-- name: UpcomingAppointments :many
select id, service_id, practitioner_id, location_id, patient_id, state, version, starts_at, ends_at, zone
from appointment
where clinic_id = @clinic_id and patient_id = @patient_id and ends_at > @now and state in ('booked', 'confirmed')
order by starts_at, id;

-- name: InsertAppointment :exec
insert into appointment (clinic_id, id, service_id, practitioner_id, location_id, patient_id, state, version,
  starts_at, ends_at, local_start, zone, conversation_id, created_at, updated_at)
values (@clinic_id, @id, @service_id, @practitioner_id, @location_id, @patient_id, @state, @version,
  @starts_at, @ends_at, @local_start, @zone, @conversation_id, @at, @at);

-- name: UpdateAppointment :execrows
update appointment
set service_id = @service_id, practitioner_id = @practitioner_id, location_id = @location_id, state = @state,
  version = @new_version, starts_at = @starts_at, ends_at = @ends_at, local_start = @local_start, zone = @zone, updated_at = @at
where clinic_id = @clinic_id and id = @id and version = @was_version;

-- name: InsertAppointmentEvent :exec
insert into appointment_event (clinic_id, id, appointment_id, version, at, kind, actor_kind, actor_id, channel, conversation_id, was, now)
values (@clinic_id, @id, @appointment_id, @version, @at, @kind, @actor_kind, @actor_id, @channel, @conversation_id, @was, @now);

-- name: AppointmentEvents :many
select version, at, kind, actor_kind, actor_id, channel, conversation_id, was, now
from appointment_event
where clinic_id = @clinic_id and appointment_id = @appointment_id
order by version;

-- name: LinkedTo :many
-- For whom of these somebody may book.
select patient_id from patient_link
where clinic_id = @clinic_id and guardian_id = @guardian_id and patient_id = any(@patients::uuid[]) and may_book;

-- name: Dependants :many
select p.id, p.given_name, l.relation
from patient_link l
join patient p on p.clinic_id = l.clinic_id and p.id = l.patient_id
where l.clinic_id = @clinic_id and l.guardian_id = @guardian_id and l.may_book
order by p.given_name, p.id;

-- name: Charts :many
-- What the rules ask about patients: whether they were ever seen, and how much they have booked that is still to come.
select p.id, (p.seen_at is not null)::boolean as seen,
  (select count(*) from appointment a
   where a.clinic_id = p.clinic_id and a.patient_id = p.id and a.starts_at > @now::timestamptz and a.state in ('booked', 'confirmed')) as upcoming
from unnest(@patients::uuid[]) as asked(id)
join patient p on p.id = asked.id
where p.clinic_id = @clinic_id;

-- name: PatientSeen :exec
update patient set seen_at = greatest(seen_at, @at::timestamptz) where clinic_id = @clinic_id and id = @id;

-- name: Standing :one
-- What else stands under the locks: which directory, the answer that the key has already, and whether somebody waits.
select v.version, k.request_hash, k.response, exists (
    select from waitlist_entry w where w.clinic_id = @clinic_id and w.state in ('waiting', 'offered')
  ) as waiting
from directory_version v
left join idempotency_key k on k.clinic_id = v.clinic_id and k.key = @key
where v.clinic_id = @clinic_id;

-- name: KeepAnswer :exec
insert into idempotency_key (clinic_id, key, request_hash, response, created_at)
values (@clinic_id, @key, @request_hash, @response, @at);

-- name: ClaimKey :execrows
-- A rival with the same key waits here until the first has committed or given up.
insert into idempotency_key (clinic_id, key, request_hash, created_at)
values (@clinic_id, @key, @request_hash, @at)
on conflict do nothing;

-- name: StoredAnswer :one
select request_hash, response from idempotency_key where clinic_id = @clinic_id and key = @key;

-- name: StoreAnswer :exec
update idempotency_key set response = @response where clinic_id = @clinic_id and key = @key;

-- name: AppointmentAllocations :many
select resource_id, lane, starts_at, ends_at from allocation
where clinic_id = @clinic_id and appointment_id = @appointment_id::uuid and state > 0;
