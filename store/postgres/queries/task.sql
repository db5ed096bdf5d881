-- Tasks are for the people of the clinic.

-- name: OpenTask :one
-- Makes a task once per key; no row when it was made before.
insert into task (clinic_id, id, kind, conversation_id, patient_id, details, expected_at, key, created_at)
values (@clinic_id, @id, @kind, @conversation_id, @patient_id, @details, @expected_at, @key, @created_at)
on conflict (clinic_id, key) do nothing
returning id;

-- name: TaskExpected :one
select expected_at from task
where clinic_id = @clinic_id and key = @key::text;

-- name: ClosedDays :many
-- The days from @first to @last on which the whole clinic is closed.
select day from date_override
where clinic_id = @clinic_id and resource_id is null and location_id is null and closed and day between @first::date and @last::date;
