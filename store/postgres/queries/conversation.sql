-- Conversations, their leases and their turns. Leases and due times are judged by the database's clock.

-- name: InsertConversation :one
-- A new conversation, of which the greeting (if there is one) is the first message and wants no answer.
insert into conversation (clinic_id, id, language, seq, answered_seq, created_at)
select k.clinic_id, @id, coalesce(nullif(@language::text, ''), k.language), @greetings::bigint, @greetings::bigint, @created_at
from clinic k
where k.clinic_id = @clinic_id
returning language;

-- name: EndConversation :one
-- Nothing waits for an answer any more, and a turn that is under way loses its lease. The row tells what was unanswered.
with was as (
  select w.clinic_id, w.id, w.answered_seq from conversation w
  where w.clinic_id = @clinic_id and w.id = @id and w.ended_at is null
  for no key update
)
update conversation c
set ended_at = @at, answered_seq = c.seq, asked_at = null, due_at = null, worker_id = null, leased_at = null, epoch = c.epoch + 1
from was
where c.clinic_id = was.clinic_id and c.id = was.id
returning c.seq, was.answered_seq;

-- name: ClaimConversation :one
-- A lease stands while its worker beats; the asking worker's own is no obstacle.
update conversation c
set worker_id = @worker_id::uuid, leased_at = now(), epoch = c.epoch + 1, attempts = c.attempts + 1
where c.clinic_id = @clinic_id and c.id = @id
  and c.asked_seq > c.answered_seq
  and c.due_at <= now()
  and (c.human_until is null or c.human_until < now())
  and (c.worker_id is null or c.worker_id = @worker_id::uuid
       or coalesce((select w.beat_at from worker w where w.id = c.worker_id), '-infinity') < now() - @lease::interval)
returning c.seq, c.answered_seq, c.language, c.patient_id, c.epoch, c.attempts, c.state;

-- name: TurnDueIn :one
-- Seconds until a conversation that could be claimed otherwise is due; no row when it could not.
select extract(epoch from c.due_at - now())::float8 as seconds
from conversation c
where c.clinic_id = @clinic_id and c.id = @id
  and c.asked_seq > c.answered_seq
  and c.due_at > now()
  and (c.human_until is null or c.human_until < now())
  and (c.worker_id is null or c.worker_id = @worker_id::uuid
       or coalesce((select w.beat_at from worker w where w.id = c.worker_id), '-infinity') < now() - @lease::interval);

-- name: ClaimedMessages :many
-- What is unanswered, when the conversation was claimed in this same transaction. The scalar subquery is read first, whatever
-- the planner knows of the tables, and leaves a range of the index.
select m.seq, m.turn_id, m.role, m.channel, m.endpoint_id, m.created_at, m.body
from message m
where m.clinic_id = @clinic_id and m.conversation_id = @id and m.seq > (
    select c.answered_seq from conversation c
    where c.clinic_id = @clinic_id and c.id = @id and c.worker_id = @worker_id::uuid and c.leased_at = now()
  )
order by m.seq;

-- name: ClaimedEndpoint :one
-- Where the last unanswered message came from, when the conversation was claimed in this same transaction.
select e.id, e.conversation_id, e.channel, e.level, e.patient_id, e.zone, e.visible_after
from endpoint e
where e.clinic_id = @clinic_id and e.conversation_id = @id and e.id = (
    select m.endpoint_id from message m
    where m.clinic_id = @clinic_id and m.conversation_id = @id and m.seq = (
        select c.asked_seq from conversation c
        where c.clinic_id = @clinic_id and c.id = @id and c.worker_id = @worker_id::uuid and c.leased_at = now()
      )
  );

-- name: CompleteTurn :one
-- Ends the lease with an answer, if it is still that of this epoch. What came in meanwhile stays due.
update conversation c
set seq          = c.seq + @replies::bigint,
    answered_seq = greatest(c.answered_seq, @answered::bigint),
    asked_at     = case when c.asked_seq > @answered::bigint then now() end,
    due_at       = case when c.asked_seq > @answered::bigint then coalesce(c.due_at, now()) end,
    state        = @state,
    language     = coalesce(nullif(@language::text, ''), c.language),
    worker_id    = null,
    leased_at    = null,
    attempts     = 0
where c.clinic_id = @clinic_id and c.id = @id and c.epoch = @epoch and c.worker_id is not null
returning c.seq, (c.asked_seq > c.answered_seq)::boolean as waiting;

-- name: TurnMessages :many
-- What a turn answered, if it was completed.
select m.seq, m.turn_id, m.role, m.channel, m.endpoint_id, m.created_at, m.body
from turn t
join message m on m.clinic_id = t.clinic_id and m.conversation_id = t.conversation_id and m.turn_id = t.id and m.seq >= t.from_seq
where t.clinic_id = @clinic_id and t.id = @id and t.conversation_id = @conversation_id
order by m.seq;

-- name: GiveBackTurn :execrows
update conversation
set worker_id = null, leased_at = null, due_at = now() + @wait::interval
where clinic_id = @clinic_id and id = @id and epoch = @epoch and worker_id is not null;

-- name: InsertTurn :exec
insert into turn (clinic_id, id, conversation_id, epoch, from_seq, to_seq, state, engine, error_code, started_at, finished_at)
values (@clinic_id, @id, @conversation_id, @epoch, @from_seq, @to_seq, @state, @engine, @error_code, @started_at, @finished_at);

-- name: BeatWorker :exec
insert into worker (id) values (@id)
on conflict (id) do update set beat_at = now();

-- name: RetireWorker :exec
-- A lease of a worker that is not known is no lease: all of them end at once.
delete from worker where id = @id;

-- name: DueConversations :many
select due.clinic_id::uuid as clinic_id, due.id::uuid as id
from conversations_due(@lease::interval, @most::integer) as due;

-- name: ConversationHeads :many
select head.id::uuid as id, head.seq::bigint as seq
from conversation_heads(@ids::uuid[]) as head;
