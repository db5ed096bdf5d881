-- Tasks are for the people of the clinic.

-- name: OpenTask :one
-- Makes a task once per key, and one at a time of a kind in a conversation; no row when it was made before, or one is open.
insert into task (clinic_id, id, kind, conversation_id, patient_id, details, expected_at, key, created_at)
values (@clinic_id, @id, @kind, @conversation_id, @patient_id, @details, @expected_at, @key, @created_at)
on conflict do nothing
returning id;

-- name: StandingTask :one
-- The one of the key, or else what is open of the kind in the conversation.
select id, details, expected_at, (key is not distinct from @key::text)::boolean as same from task
where clinic_id = @clinic_id
  and (key = @key::text or conversation_id = @conversation_id and kind = @kind and state = 'open' and kind <> 'duplicate')
order by (key is not distinct from @key::text) desc
limit 1
for no key update;

-- name: ReplaceTaskDetails :exec
update task set details = @details
where clinic_id = @clinic_id and id = @id;

-- name: ClosedDays :many
-- The days from @first to @last on which the whole clinic is closed.
select day from date_override
where clinic_id = @clinic_id and resource_id is null and location_id is null and closed and day between @first::date and @last::date;
