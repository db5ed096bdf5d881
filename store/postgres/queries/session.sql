-- Browser sessions: endpoints of the channel 'web', known by a rotating secret of which only hashes are kept.

-- name: InsertEndpoint :exec
insert into endpoint (clinic_id, id, conversation_id, channel, resume_hash, caller_index, zone, created_at, seen_at)
values (@clinic_id, @id, @conversation_id, @channel, @resume_hash, @caller_index, @zone, @at, @at);

-- name: EndpointByResume :one
-- The endpoint whose secret has this hash, be it the last one given out or the one before. Seen: the last sign of life,
-- which a message is as well.
select e.id, e.conversation_id, e.level, e.patient_id, e.zone, e.visible_after,
  (e.resume_hash = @hash::bytea)::boolean as newest,
  greatest(e.seen_at, (
    select m.created_at from message m
    where m.clinic_id = e.clinic_id and m.conversation_id = e.conversation_id and m.endpoint_id = e.id
    order by m.seq desc limit 1
  ))::timestamptz as seen_at,
  c.seq, c.asked_seq, c.answered_seq, c.language, c.patient_id as conversation_patient_id
from endpoint e
join conversation c on c.clinic_id = e.clinic_id and c.id = e.conversation_id
where e.clinic_id = @clinic_id and (e.resume_hash = @hash::bytea or e.resume_before = @hash::bytea)
  and e.ended_at is null and c.ended_at is null
for no key update of e;

-- name: ResumeEndpoint :exec
-- That a page was opened is no sign of life: a browser that was left alone does it by itself. One that does not say where
-- it is is where it was.
update endpoint
set resume_before = @resume_before, resume_hash = @resume_hash, caller_index = coalesce(@caller_index, caller_index),
  zone = coalesce(nullif(@zone, ''), zone)
where clinic_id = @clinic_id and id = @id;

-- name: LockUpEndpoint :exec
-- Whoever is there now has proven nothing, and sees nothing of what was said up to @visible_after.
update endpoint
set level = 0, patient_id = null, verified_at = null, visible_after = @visible_after, seen_at = @at
where clinic_id = @clinic_id and id = @id;

-- name: SpeakFirst :one
-- The seq of a message that answers nothing.
update conversation
set seq = seq + 1
where clinic_id = @clinic_id and id = @id
returning seq;

-- name: Endpoint :one
select id, conversation_id, channel, level, patient_id, zone, visible_after from endpoint
where clinic_id = @clinic_id and id = @id and ended_at is null;

-- name: EndpointToEnd :one
select conversation_id, channel, patient_id from endpoint
where clinic_id = @clinic_id and id = @id and ended_at is null
for no key update;

-- name: EndEndpoints :exec
update endpoint
set ended_at = @at, resume_hash = null, resume_before = null
where clinic_id = @clinic_id and conversation_id = @conversation_id and ended_at is null;
