-- Calendars of practitioners, for programs that subscribe to them.

-- name: InsertFeed :exec
insert into calendar_feed (clinic_id, id, practitioner_id, token_hash, created_at)
values (@clinic_id, @id, @practitioner_id, @token_hash, @at);

-- name: Feeds :many
select id, practitioner_id, created_at, read_at, revoked_at from calendar_feed
where clinic_id = @clinic_id and (sqlc.narg(practitioner_id)::uuid is null or practitioner_id = sqlc.narg(practitioner_id)::uuid)
order by practitioner_id, created_at, id;

-- name: RevokeFeed :one
-- One that was revoked stays as it is.
update calendar_feed set revoked_at = coalesce(revoked_at, @at)
where clinic_id = @clinic_id and id = @id
returning practitioner_id;

-- name: FindFeed :one
select found.clinic_id::uuid, found.id::uuid from find_calendar_feed(@hash::bytea) as found (clinic_id, id);

-- name: ReadFeed :one
-- Whose it is, unless it was revoked in the meantime.
update calendar_feed set read_at = @at
where clinic_id = @clinic_id and id = @id and revoked_at is null
returning practitioner_id, created_at;

-- name: FeedAppointments :many
select id, service_id, location_id, state, version, starts_at, ends_at, zone, updated_at
from appointment
where clinic_id = @clinic_id and practitioner_id = @practitioner_id and starts_at >= @since and starts_at < @until
order by starts_at, id;
