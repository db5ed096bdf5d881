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

-- name: MayBookFor :one
select exists (select from patient_link where clinic_id = @clinic_id and guardian_id = @guardian_id and patient_id = @patient_id and may_book);

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
