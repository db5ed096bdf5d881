-- What patients send, and what was said.

-- name: MessageByExternalID :one
select conversation_id, seq, role, channel, endpoint_id, created_at, body
from message
where clinic_id = @clinic_id and channel = @channel and external_id = @external_id::text;

-- name: AcceptMessage :one
-- Numbers one more message of a patient. Each makes the answer wait a little longer, in all at most @patience after the
-- first unanswered one. No row: the conversation is over, or the endpoint is not one of it.
update conversation c
set seq       = c.seq + 1,
    asked_seq = c.seq + 1,
    asked_at  = case when c.asked_seq > c.answered_seq then coalesce(c.asked_at, now()) else now() end,
    due_at    = least(now() + @debounce::interval,
                  case when c.asked_seq > c.answered_seq then coalesce(c.asked_at, now()) else now() end + @patience::interval)
where c.clinic_id = @clinic_id and c.id = @id and c.ended_at is null
  and exists (
    select from endpoint e
    where e.clinic_id = c.clinic_id and e.id = @endpoint_id and e.conversation_id = c.id and e.ended_at is null
  )
returning c.seq, c.language;

-- name: OfferedIn :one
-- The message that offered an option or a form, if this endpoint may see it.
select o.seq, o.kind, m.body
from message_option o
join message m on m.clinic_id = o.clinic_id and m.conversation_id = o.conversation_id and m.seq = o.seq
join endpoint e on e.clinic_id = o.clinic_id and e.id = @endpoint_id and e.conversation_id = o.conversation_id
where o.clinic_id = @clinic_id and o.id = @id and o.conversation_id = @conversation_id and o.seq > e.visible_after;

-- name: FormMessage :one
select o.seq, m.body, c.language
from message_option o
join message m on m.clinic_id = o.clinic_id and m.conversation_id = o.conversation_id and m.seq = o.seq
join conversation c on c.clinic_id = o.clinic_id and c.id = o.conversation_id
where o.clinic_id = @clinic_id and o.id = @id and o.conversation_id = @conversation_id and o.kind = 'form';

-- name: InsertMessage :execrows
-- No row when the sender's id of it is known: the message is here already.
insert into message (clinic_id, conversation_id, seq, role, channel, endpoint_id, turn_id, external_id, body, created_at)
values (@clinic_id, @conversation_id, @seq, @role, @channel, @endpoint_id, @turn_id, @external_id, @body, @created_at)
on conflict (clinic_id, channel, external_id) do nothing;

-- name: InsertOption :exec
-- An option that is offered a second time stands where it was offered last.
insert into message_option (clinic_id, id, conversation_id, seq, kind)
values (@clinic_id, @id, @conversation_id, @seq, @kind)
on conflict (clinic_id, id) do update set seq = excluded.seq
where message_option.conversation_id = excluded.conversation_id and message_option.kind = excluded.kind;

-- name: ReplaceBody :exec
update message set body = @body
where clinic_id = @clinic_id and conversation_id = @conversation_id and seq = @seq;

-- name: MessagesAfter :many
select seq, turn_id, role, channel, endpoint_id, created_at, body
from message
where clinic_id = @clinic_id and conversation_id = @conversation_id and seq > @after
order by seq
limit @most;

-- name: MessagesUpTo :many
-- The last @most of them, newest first.
select seq, turn_id, role, channel, endpoint_id, created_at, body
from message
where clinic_id = @clinic_id and conversation_id = @conversation_id and seq <= @up_to
order by seq desc
limit @most;
