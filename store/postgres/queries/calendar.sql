-- name: Busy :many
-- What is taken of these resources between two instants: an index-only scan of allocation_busy. A hold that has lapsed at
-- now is free, and so are the time of the excluded appointment and of the asker's own hold. Earliest is two days before since: no allocation is longer.
select resource_id, lane, starts_at, ends_at from allocation
where clinic_id = @clinic_id and resource_id = any(@resources::uuid[]) and state > 0
  and starts_at > @earliest and starts_at < @until and ends_at > @since
  and (expires_at is null or expires_at > @now::timestamptz)
  and (appointment_id is null or appointment_id <> @exclude::uuid)
  and (hold_token is null or hold_token <> @hold::uuid);

-- name: InTheWay :many
-- What is taken of these resources between two instants, for whoever has them locked. Holds that have lapsed are told apart.
-- One after the other, so that even a plan made while the table was empty looks up each of them.
select a.resource_id, a.lane, a.starts_at, a.ends_at, (a.state = 1 and a.expires_at <= @now::timestamptz)::boolean as lapsed
from unnest(@resources::uuid[]) as r(id)
join allocation a on a.resource_id = r.id
where a.clinic_id = @clinic_id and a.state > 0
  and a.starts_at > @earliest and a.starts_at < @until and a.ends_at > @since
  and (a.appointment_id is null or a.appointment_id <> @exclude::uuid);

-- name: LockResources :many
-- Whoever wants to take any of these waits here, in one order, so that nobody waits in a circle.
select id, kind from resource
where clinic_id = @clinic_id and id = any(@ids::uuid[])
order by id
for no key update;

-- name: DropLapsedHolds :exec
-- Only holds that are in the way: what is left of others goes when somebody wants their time.
delete from allocation
where clinic_id = @clinic_id and resource_id = any(@resources::uuid[]) and state = 1 and expires_at <= @now::timestamptz
  and starts_at > @earliest and starts_at < @until and ends_at > @since;

-- name: TakeHolds :many
-- Each hold is taken once: whoever deletes its rows has it. Those that have lapsed are left to whoever wants their time, so
-- that nobody waits for rows of resources that they have not locked.
delete from allocation
where clinic_id = @clinic_id and hold_token = any(@tokens::uuid[]) and state = 1 and expires_at > @now::timestamptz
returning resource_id, starts_at, held_at, holder_id;

-- name: ReleaseHolds :exec
delete from allocation
where clinic_id = @clinic_id and hold_token = any(@tokens::uuid[]) and state = 1;

-- name: HoldAllocations :exec
insert into allocation (clinic_id, id, resource_id, lane, state, starts_at, ends_at, expires_at, hold_token, holder_id, held_at, caller_index)
select @clinic_id, unnest(@ids::uuid[]), unnest(@resources::uuid[]), unnest(@lanes::smallint[]), 1,
  unnest(@starts::timestamptz[]), unnest(@ends::timestamptz[]), @expires_at, @hold_token, @holder_id, @held_at, @caller_index;

-- name: UnprovenCaller :one
-- Where a conversation is held from that has proven to be nobody's yet.
select e.caller_index, c.language
from conversation c
join endpoint e on e.clinic_id = c.clinic_id and e.conversation_id = c.id
where c.clinic_id = @clinic_id and c.id = @conversation_id and e.level = 0 and e.ended_at is null and e.caller_index is not null
order by e.created_at desc
limit 1;

-- name: CountHeld :one
-- How many slots a caller holds, but for those under this token. A slot can take several lanes, and rooms.
select count(distinct (a.hold_token, a.resource_id, a.starts_at))::integer
from allocation a
join resource r on r.clinic_id = a.clinic_id and r.id = a.resource_id and r.kind = 'practitioner'
where a.clinic_id = @clinic_id and a.caller_index = @caller_index::bytea and a.state = 1 and a.expires_at > @now::timestamptz
  and a.hold_token <> @token::uuid;

-- name: BookAllocations :exec
insert into allocation (clinic_id, id, resource_id, lane, appointment_id, state, starts_at, ends_at)
select @clinic_id, unnest(@ids::uuid[]), unnest(@resources::uuid[]), unnest(@lanes::smallint[]), @appointment_id, 2,
  unnest(@starts::timestamptz[]), unnest(@ends::timestamptz[]);

-- name: ReleaseAllocations :exec
-- Only what ends after since: what is over stays as it was.
update allocation set state = 0
where clinic_id = @clinic_id and appointment_id = @appointment_id::uuid and state > 0 and ends_at > @since;
