-- +goose Up

-- Which way a settlement was carried out the key of the change says itself: two runs may decide otherwise.
alter table settlement drop column change_key;

-- +goose StatementBegin
-- As before, but that it waits for no hold that somebody else is dropping: they have locks that come first. It goes the next time.
create or replace function delete_expired(at timestamptz) returns bigint
language sql volatile security definer set search_path = public, pg_temp
as $$
  with
    time as (select least(at, now() + interval '1 day') as passed),
    lapsed as (
      select clinic_id, id from allocation, time where state = 1 and expires_at < passed - interval '1 hour'
      for update of allocation skip locked
    ),
    holds as (delete from allocation a using lapsed l where a.clinic_id = l.clinic_id and a.id = l.id and a.state = 1 returning 1),
    codes as (delete from verification using time where created_at < passed - interval '2 days' returning 1),
    answers as (delete from idempotency_key using time where created_at < passed - interval '30 days' returning 1),
    gone as (delete from worker where beat_at < now() - interval '1 day' returning 1)
  select (select count(*) from holds) + (select count(*) from codes) + (select count(*) from answers) + (select count(*) from gone)
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function delete_expired(at timestamptz) returns bigint
language sql volatile security definer set search_path = public, pg_temp
as $$
  with
    time as (select least(at, now() + interval '1 day') as passed),
    holds as (delete from allocation using time where state = 1 and expires_at < passed - interval '1 hour' returning 1),
    codes as (delete from verification using time where created_at < passed - interval '2 days' returning 1),
    answers as (delete from idempotency_key using time where created_at < passed - interval '30 days' returning 1),
    gone as (delete from worker where beat_at < now() - interval '1 day' returning 1)
  select (select count(*) from holds) + (select count(*) from codes) + (select count(*) from answers) + (select count(*) from gone)
$$;
-- +goose StatementEnd
alter table settlement add column change_key text not null default '';
