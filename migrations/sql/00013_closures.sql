-- +goose Up

-- An absence or closing that was decided at once: of somebody, a room or a device, of a place, or of the whole clinic.
create table closure (
  clinic_id   uuid not null references clinic,
  id          uuid not null,
  position    bigint not null generated always as identity, -- those that stand are laid one over the other in this order
  resource_id uuid,                        -- null: everybody
  location_id uuid,                        -- null: everywhere
  from_day    date not null,
  until_day   date not null,               -- inclusive
  from_min    smallint not null default 0 check (from_min between 0 and 1439), -- of each day, minutes after local midnight
  until_min   smallint not null default 1440 check (until_min between 1 and 1440),
  reason      text not null default '',
  replaced    jsonb not null default '[]', -- other hours that it put aside, to be put back when it is taken back
  created_at  timestamptz not null,
  reopened_at timestamptz,                 -- taken back
  primary key (clinic_id, id),
  foreign key (clinic_id, resource_id) references resource,
  foreign key (clinic_id, location_id) references location,
  check (from_day <= until_day),
  check (from_min < until_min)
);
create index closure_standing on closure (clinic_id, until_day) where reopened_at is null;

-- The closure that wrote the day's hours; null: they were entered by themselves.
alter table date_override
  add column closure_id uuid,
  add foreign key (clinic_id, closure_id) references closure;
create index date_override_closure on date_override (clinic_id, closure_id) where closure_id is not null;

-- What was decided about an appointment that the hours no longer allow, before it is carried out: whoever is interrupted
-- between changing it and telling the patient goes on from here.
create table settlement (
  clinic_id      uuid not null,
  appointment_id uuid not null,
  version        integer not null,         -- of the appointment before
  way            text not null check (way in ('move', 'cancel')),
  change_key     text not null,            -- the idempotency key of the change
  created_at     timestamptz not null,
  told           text check (told in ('text', 'task', 'overtaken')), -- how the patient was told; overtaken: it was changed again before; null: not yet
  told_at        timestamptz,
  primary key (clinic_id, appointment_id, version),
  foreign key (clinic_id, appointment_id) references appointment,
  check ((told is null) = (told_at is null))
);
create index settlement_untold on settlement (clinic_id, created_at) where told is null;

-- The address of a practitioner's calendar for programs that subscribe to it. Whoever knows the token reads it.
create table calendar_feed (
  clinic_id       uuid not null,
  id              uuid not null,
  practitioner_id uuid not null,
  token_hash      bytea not null unique,   -- SHA-256 of 256 random bits
  created_at      timestamptz not null,
  read_at         timestamptz,             -- last
  revoked_at      timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, practitioner_id) references practitioner
);
create index calendar_feed_practitioner on calendar_feed (clinic_id, practitioner_id);
create index appointment_practitioner on appointment (clinic_id, practitioner_id, starts_at);

-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['closure', 'settlement', 'calendar_feed'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy clinic on %I using (clinic_id = (select current_clinic())) with check (clinic_id = (select current_clinic()))', t);
    execute format('grant select, insert, update on %I to agentcare_app', t);
  end loop;
end
$$;

-- A token comes before the clinic is known.
create function find_calendar_feed(hash bytea) returns table (clinic_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$ select f.clinic_id, f.id from calendar_feed f where f.token_hash = hash and f.revoked_at is null $$;
-- +goose StatementEnd
revoke all on function find_calendar_feed(bytea) from public;
grant execute on function find_calendar_feed(bytea) to agentcare_app;

-- +goose Down
drop function find_calendar_feed(bytea);
drop index appointment_practitioner;
drop table calendar_feed, settlement;
alter table date_override drop column closure_id;
drop table closure;
