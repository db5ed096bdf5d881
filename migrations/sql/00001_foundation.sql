-- +goose Up

-- Roles. The owner runs migrations and loads data; processes work as agentcare_app, to which row-level security applies.
-- Where one URL must do, each statement is preceded by set_config('role', 'agentcare_app', true) in the same batch.
-- +goose StatementBegin
do $$
begin
  if not exists (select from pg_roles where rolname = 'agentcare_app') then
    create role agentcare_app nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- another migration made it at the same moment
end
$$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
begin
  if not pg_has_role(current_user, 'agentcare_app', case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
    execute format('grant agentcare_app to %I', current_user);
  end if;
end
$$;
-- +goose StatementEnd

create extension if not exists btree_gist;
create extension if not exists pg_trgm;
create extension if not exists vector;

-- The clinic that the current transaction works for; null lets nothing through.
-- +goose StatementBegin
create function current_clinic() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('app.clinic', true), '')::uuid $$;
-- +goose StatementEnd

-- Tenants ------------------------------------------------------------------------------------------------------------

create table clinic (
  clinic_id  uuid primary key,
  slug       text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name       text not null,
  zone       text not null,
  language   text not null default 'en',
  region     text not null default 'US',
  phone      text not null default '',
  settings   jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- How a clinic is found from outside: the Origin of its website, the number that was called.
create table clinic_address (
  clinic_id uuid not null references clinic,
  id        uuid not null,
  kind      text not null check (kind in ('origin', 'number')),
  value     text not null,
  primary key (clinic_id, id),
  unique (kind, value)
);

create table staff (
  clinic_id  uuid not null references clinic,
  id         uuid not null,
  email      text not null,
  name       text not null,
  role       text not null check (role in ('admin', 'front_desk', 'prompt_editor', 'auditor')),
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, email)
);

-- Scheduling ---------------------------------------------------------------------------------------------------------

create table location (
  clinic_id   uuid not null references clinic,
  id          uuid not null,
  name        text not null,
  address     text not null default '',
  zone        text not null,
  external_id text,
  primary key (clinic_id, id),
  unique (clinic_id, external_id)
);

create table specialty (
  clinic_id uuid not null references clinic,
  id        uuid not null,
  code      text not null,
  name      text not null,
  title     text not null,
  words     text[] not null default '{}',
  primary key (clinic_id, id),
  unique (clinic_id, code)
);

-- Whatever can be in one place only: practitioners, rooms, devices, and patients too. Bookings lock these rows in id order.
create table resource (
  clinic_id   uuid not null references clinic,
  id          uuid not null,
  kind        text not null check (kind in ('practitioner', 'room', 'device', 'patient')),
  lanes       smallint not null default 1 check (lanes between 1 and 100), -- how many appointments at once; lane -1 is staff's overbooking
  retired_at  timestamptz,
  external_id text,
  primary key (clinic_id, id),
  unique (clinic_id, kind, external_id)
);

create table practitioner (
  clinic_id   uuid not null,
  id          uuid not null,
  title       text not null default '',
  given_name  text not null,
  family_name text not null,
  suffix      text not null default '',
  specialties text[] not null,
  languages   text[] not null default '{en}',
  about       text not null default '',
  primary key (clinic_id, id),
  foreign key (clinic_id, id) references resource
);

-- Rooms and devices. A device without a location is carried where it is needed.
create table facility (
  clinic_id   uuid not null,
  id          uuid not null,
  location_id uuid,
  name        text not null,
  primary key (clinic_id, id),
  foreign key (clinic_id, id) references resource,
  foreign key (clinic_id, location_id) references location
);

create table service (
  clinic_id      uuid not null references clinic,
  id             uuid not null,
  code           text not null,
  name           text not null,
  neutral_name   text not null default '',
  specialty      text not null,
  duration_min   integer not null check (duration_min between 1 and 1440),
  before_min     integer not null default 0 check (before_min between 0 and 480),
  after_min      integer not null default 0 check (after_min between 0 and 480),
  grid_min       integer not null default 15 check (grid_min between 1 and 1440),
  notice_min     integer not null default 120 check (notice_min >= 0),
  window_days    integer not null default 90 check (window_days between 1 and 1000),
  change_min     integer not null default 120 check (change_min >= 0),
  mode           text not null default 'in_person' check (mode in ('in_person', 'telephone', 'video')),
  is_default     boolean not null default false,
  new_patients   text not null default 'any' check (new_patients in ('any', 'only', 'never')),
  confidential   boolean not null default false,
  words          text[] not null default '{}',
  retired_at     timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, code),
  foreign key (clinic_id, specialty) references specialty (clinic_id, code)
);

-- What a service needs: one resource out of each group. The need 'practitioner' is who provides it.
create table service_resource (
  clinic_id   uuid not null,
  service_id  uuid not null,
  resource_id uuid not null,
  need        text not null default 'practitioner',
  primary key (clinic_id, service_id, need, resource_id),
  foreign key (clinic_id, service_id) references service,
  foreign key (clinic_id, resource_id) references resource
);
create index service_resource_resource on service_resource (clinic_id, resource_id);

create table weekly_hours (
  clinic_id   uuid not null,
  id          uuid not null,
  resource_id uuid not null,
  location_id uuid not null,
  weekday     smallint not null check (weekday between 0 and 6), -- 0 is Sunday
  opens_min   smallint not null check (opens_min between 0 and 1439), -- minutes after local midnight
  closes_min  smallint not null check (closes_min between 1 and 1440),
  valid_from  date,
  valid_until date,
  primary key (clinic_id, id),
  foreign key (clinic_id, resource_id) references resource,
  foreign key (clinic_id, location_id) references location,
  check (opens_min < closes_min),
  check (valid_from <= valid_until)
);
create index weekly_hours_resource on weekly_hours (clinic_id, resource_id);

-- Other hours on one day: closed, or open_min..closes_min instead of the weekly ones. No resource: the whole clinic.
create table date_override (
  clinic_id   uuid not null references clinic,
  id          uuid not null,
  resource_id uuid,
  location_id uuid,
  day         date not null,
  closed      boolean not null,
  opens_min   smallint check (opens_min between 0 and 1439),
  closes_min  smallint check (closes_min between 1 and 1440),
  reason      text not null default '',
  primary key (clinic_id, id),
  foreign key (clinic_id, resource_id) references resource,
  foreign key (clinic_id, location_id) references location,
  check (closed = (opens_min is null)),
  check (closed = (closes_min is null)),
  check (opens_min < closes_min)
);
create index date_override_day on date_override (clinic_id, day);

-- Contact data is sealed (AES-GCM, key id in front); *_index columns are keyed hashes for exact look-up.
create table patient (
  clinic_id          uuid not null,
  id                 uuid not null,
  given_name         text not null,
  family_name        text not null,
  birth_date         bytea not null,
  birth_date_index   bytea not null,
  phone              bytea,
  phone_index        bytea,
  phone_verified_at  timestamptz,
  email              bytea,
  email_index        bytea,
  language           text not null default 'en',
  possible_duplicate boolean not null default false, -- for staff to merge
  external_id        text,
  created_at         timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, external_id),
  foreign key (clinic_id, id) references resource
);
create index patient_phone on patient (clinic_id, phone_index);
create index patient_birth_date on patient (clinic_id, birth_date_index);
create index patient_email on patient (clinic_id, email_index);
create index patient_name on patient using gin ((given_name || ' ' || family_name) gin_trgm_ops);

-- The guardian may book for the patient.
create table patient_link (
  clinic_id   uuid not null,
  guardian_id uuid not null,
  patient_id  uuid not null,
  relation    text not null,
  may_book    boolean not null default true,
  created_at  timestamptz not null default now(),
  primary key (clinic_id, guardian_id, patient_id),
  foreign key (clinic_id, guardian_id) references patient,
  foreign key (clinic_id, patient_id) references patient,
  check (guardian_id <> patient_id)
);

create table appointment (
  clinic_id       uuid not null,
  id              uuid not null,
  service_id      uuid not null,
  practitioner_id uuid not null,
  location_id     uuid not null,
  patient_id      uuid not null,
  state           text not null check (state in ('booked', 'confirmed', 'arrived', 'completed', 'cancelled', 'no_show')),
  version         integer not null default 1,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  local_start     timestamp not null, -- the wall time that was agreed, in zone
  zone            text not null,
  conversation_id uuid,
  external_id     text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, external_id),
  foreign key (clinic_id, service_id) references service,
  foreign key (clinic_id, practitioner_id) references practitioner,
  foreign key (clinic_id, location_id) references location,
  foreign key (clinic_id, patient_id) references patient,
  check (starts_at < ends_at)
);
create index appointment_patient on appointment (clinic_id, patient_id, starts_at);
create index appointment_day on appointment (clinic_id, starts_at);

create table appointment_event (
  clinic_id       uuid not null,
  id              uuid not null,
  appointment_id  uuid not null,
  version         integer not null,
  at              timestamptz not null,
  kind            text not null check (kind in ('booked', 'confirmed', 'moved', 'cancelled', 'arrived', 'completed', 'no_show')),
  actor_kind      text not null check (actor_kind in ('patient', 'staff', 'system')),
  actor_id        uuid,
  channel         text not null,
  conversation_id uuid,
  was             jsonb,
  now             jsonb not null,
  primary key (clinic_id, id),
  unique (clinic_id, appointment_id, version),
  foreign key (clinic_id, appointment_id) references appointment
);

-- Who is taken when. State: 0 released, 1 held, 2 booked, 3 blocked; times include buffers.
create table allocation (
  clinic_id      uuid not null,
  id             uuid not null,
  resource_id    uuid not null,
  lane           smallint not null default 0,
  appointment_id uuid,
  state          smallint not null check (state between 0 and 3),
  starts_at      timestamptz not null,
  ends_at        timestamptz not null,
  during         tstzrange generated always as (tstzrange(starts_at, ends_at, '[)')) stored,
  expires_at     timestamptz,
  hold_token     uuid,
  held_at        timestamptz,              -- notice is judged by when the slot was held
  caller_index   bytea,                    -- who held it without having proven who they are: the endpoint's
  primary key (clinic_id, id),
  foreign key (clinic_id, resource_id) references resource,
  foreign key (clinic_id, appointment_id) references appointment,
  check (starts_at < ends_at),
  check (ends_at - starts_at <= interval '2 days'), -- so that searches need not look further back; a longer absence is several rows
  check ((state = 1) = (expires_at is not null)),
  check (state <> 1 or hold_token is not null and held_at is not null),
  check (state <> 2 or appointment_id is not null),
  constraint allocation_no_overlap exclude using gist (resource_id with =, lane with =, during with &&) where (state > 0)
);
create index allocation_busy on allocation (clinic_id, resource_id, starts_at, ends_at) include (lane, state, expires_at, appointment_id, hold_token) where state > 0;
create index allocation_hold on allocation (clinic_id, hold_token) where state = 1;
create index allocation_caller on allocation (clinic_id, caller_index, hold_token, expires_at) where state = 1 and caller_index is not null;
create index allocation_appointment on allocation (clinic_id, appointment_id) where appointment_id is not null;

create table waitlist_entry (
  clinic_id   uuid not null,
  id          uuid not null,
  patient_id  uuid not null,
  service_id  uuid not null,
  constraints jsonb not null default '{}', -- practitioners, range, part of day, weekdays
  state       text not null default 'waiting' check (state in ('waiting', 'offered', 'booked', 'left')),
  created_at  timestamptz not null default now(),
  primary key (clinic_id, id),
  foreign key (clinic_id, patient_id) references patient,
  foreign key (clinic_id, service_id) references service
);
create index waitlist_entry_waiting on waitlist_entry (clinic_id, service_id, created_at) where state = 'waiting';

create table waitlist_offer (
  clinic_id  uuid not null,
  id         uuid not null,
  entry_id   uuid not null,
  hold_token uuid not null,
  slot       jsonb not null,
  state      text not null default 'open' check (state in ('open', 'accepted', 'declined', 'lapsed')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (clinic_id, id),
  foreign key (clinic_id, entry_id) references waitlist_entry
);

-- Rises with every change of what a clinic's directory is made of, so that processes know when theirs is old.
create table directory_version (
  clinic_id uuid primary key references clinic on delete cascade,
  version   bigint not null
);

-- +goose StatementBegin
create function bump_directory_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  if tg_table_name = 'resource' then
    insert into directory_version select distinct clinic_id, 1 from changed join clinic using (clinic_id) where kind <> 'patient'
    on conflict (clinic_id) do update set version = directory_version.version + 1;
  else
    insert into directory_version select distinct clinic_id, 1 from changed join clinic using (clinic_id)
    on conflict (clinic_id) do update set version = directory_version.version + 1;
  end if;
  return null;
end
$$;

do $$
declare t text;
begin
  foreach t in array array['clinic', 'location', 'specialty', 'resource', 'practitioner', 'facility', 'service', 'service_resource', 'weekly_hours', 'date_override'] loop
    execute format('create trigger directory_insert after insert on %I referencing new table as changed for each statement execute function bump_directory_version()', t);
    execute format('create trigger directory_update after update on %I referencing new table as changed for each statement execute function bump_directory_version()', t);
    execute format('create trigger directory_delete after delete on %I referencing old table as changed for each statement execute function bump_directory_version()', t);
  end loop;
end
$$;
-- +goose StatementEnd

-- A change that was made under a key, and its answer: the same key again gets the same answer.
create table idempotency_key (
  clinic_id    uuid not null references clinic,
  key          text not null,
  request_hash bytea not null,
  response     jsonb,
  created_at   timestamptz not null default now(),
  primary key (clinic_id, key)
);

-- Conversations ------------------------------------------------------------------------------------------------------

-- Workers beat here once a second; a conversation's lease is live while its worker's beat is. Without a clinic, and without patients.
create table worker (
  id         uuid primary key,
  started_at timestamptz not null default now(),
  beat_at    timestamptz not null default now()
);

create table conversation (
  clinic_id    uuid not null references clinic,
  id           uuid not null,
  language     text not null default 'en',
  patient_id   uuid,                       -- the first one who proved to be here stays its own
  verified_id  uuid,                       -- who proved to be here last
  mixed_after  bigint not null default 0,  -- up to here others spoke than the one who proved to be here last
  seq          bigint not null default 0,  -- of the last message
  asked_seq    bigint not null default 0,  -- of the last message that wants an answer
  answered_seq bigint not null default 0,  -- the last seq that an answer covers
  asked_at     timestamptz,                -- when the first of the unanswered ones came; null while nothing waits
  due_at       timestamptz,                -- when the unanswered ones may be answered (debounce)
  worker_id    uuid,                       -- who answers now
  epoch        bigint not null default 0,  -- fencing token of the lease, +1 with every claim
  leased_at    timestamptz,
  attempts     integer not null default 0, -- claims since the last answer
  human_id     uuid,                       -- member of staff who has taken over
  human_until  timestamptz,
  state        bytea,                      -- sealed: what the engine remembers
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, patient_id) references patient,
  foreign key (clinic_id, verified_id) references patient,
  check (answered_seq <= seq and asked_seq <= seq)
);
create index conversation_unanswered on conversation (due_at) where asked_seq > answered_seq;

create table endpoint (
  clinic_id       uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  channel         text not null check (channel in ('web', 'sms', 'email')),
  address         bytea,                   -- sealed: the phone number; none on the web
  address_index   bytea,
  caller_index    bytea,                   -- keyed hash of the address that a browser last came from; null: not known
  resume_hash     bytea,                   -- of the rotating secret of a browser
  resume_before   bytea,                   -- the one before, until the new one was used: an answer may get lost
  level           smallint not null default 0 check (level between 0 and 2),
  patient_id      uuid,
  verified_at     timestamptz,
  visible_after   bigint not null default 0,
  created_at      timestamptz not null default now(),
  seen_at         timestamptz not null default now(),
  ended_at        timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, conversation_id) references conversation,
  foreign key (clinic_id, patient_id) references patient
);
create index endpoint_conversation on endpoint (clinic_id, conversation_id);
create unique index endpoint_resume on endpoint (clinic_id, resume_hash) where resume_hash is not null;
create index endpoint_resume_before on endpoint (clinic_id, resume_before) where resume_before is not null;
create index endpoint_address on endpoint (clinic_id, channel, address_index) where address_index is not null;

create table message (
  clinic_id       uuid not null,
  conversation_id uuid not null,
  seq             bigint not null,
  role            text not null check (role in ('patient', 'agent', 'staff', 'system')),
  channel         text not null,
  endpoint_id     uuid,
  turn_id         uuid,
  external_id     text,
  body            bytea not null,          -- sealed chat.Body
  created_at      timestamptz not null default now(),
  primary key (clinic_id, conversation_id, seq),
  unique (clinic_id, channel, external_id),
  foreign key (clinic_id, conversation_id) references conversation
);

-- Ids of options and forms that were really offered, so that a choice can be checked before it is accepted.
create table message_option (
  clinic_id       uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  seq             bigint not null,
  kind            text not null check (kind in ('slot', 'choice', 'confirm', 'decline', 'form')),
  primary key (clinic_id, id),
  foreign key (clinic_id, conversation_id, seq) references message
);

create table turn (
  clinic_id       uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  epoch           bigint not null,
  from_seq        bigint not null,
  to_seq          bigint not null,
  state           text not null check (state in ('done', 'failed', 'discarded')),
  engine          text not null default '',
  error_code      text not null default '',
  started_at      timestamptz not null,
  finished_at     timestamptz not null,
  primary key (clinic_id, id),
  unique (clinic_id, conversation_id, epoch),
  foreign key (clinic_id, conversation_id) references conversation
);

-- The outbox: what goes out over a channel that has no socket.
create table delivery (
  clinic_id       uuid not null references clinic,
  id              uuid not null,
  conversation_id uuid,
  channel         text not null check (channel in ('sms', 'email')),
  recipient       bytea not null,          -- sealed
  recipient_index bytea not null,
  body            bytea not null,          -- sealed
  purpose         text not null,
  state           text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'delivered', 'failed', 'suppressed')),
  attempts        integer not null default 0,
  external_id     text,
  error_code      text not null default '',
  created_at      timestamptz not null default now(),
  sent_at         timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, conversation_id) references conversation
);
create unique index delivery_external on delivery (clinic_id, channel, external_id) where external_id is not null;

-- One-time codes: hashed, short-lived, single use, bound to the endpoint that asked.
create table verification (
  clinic_id   uuid not null,
  id          uuid not null,
  endpoint_id uuid not null,
  key         text not null,               -- the message that asked for it: the same one again sends no second code
  phone_index bytea not null,
  caller_index bytea,                      -- of the endpoint, when it asked
  sent        boolean not null,            -- false: the number had enough of them, and whoever asked is told nothing of it
  details     bytea not null,              -- sealed: number, name, date of birth, consent as entered
  code_hash   bytea not null,
  wrong_keys  text[] not null default '{}', -- the messages that tried a wrong code: the same one again is not counted twice
  expires_at  timestamptz not null,
  used_at     timestamptz,
  used_key    text,                        -- the message that used it: the same one again gets the same answer
  patient_id  uuid,                        -- whom it turned out to be
  enrolled    boolean not null default false, -- and whether their chart was made then
  unlocked    boolean not null default false, -- and whether hidden messages may be shown again
  created_at  timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, endpoint_id, key),
  foreign key (clinic_id, endpoint_id) references endpoint,
  foreign key (clinic_id, patient_id) references patient
);
create index verification_phone on verification (clinic_id, phone_index, created_at);
create index verification_endpoint on verification (clinic_id, endpoint_id, created_at);
create index verification_caller on verification (clinic_id, caller_index, created_at) where caller_index is not null;
create index verification_sent on verification (clinic_id, created_at) where sent;

create table consent (
  clinic_id   uuid not null references clinic,
  id          uuid not null,
  patient_id  uuid,
  phone_index bytea not null,
  purpose     text not null,               -- 'appointment_texts'
  wording     text not null,
  source      text not null,               -- 'web_form', 'sms', 'staff'
  given       boolean not null,            -- false: withdrawn
  at          timestamptz not null,
  primary key (clinic_id, id),
  foreign key (clinic_id, patient_id) references patient
);
create index consent_phone on consent (clinic_id, phone_index, at);

-- What a person has to do: call back, look at an alert.
create table task (
  clinic_id       uuid not null references clinic,
  id              uuid not null,
  kind            text not null check (kind in ('callback', 'alert', 'undelivered', 'duplicate')),
  state           text not null default 'open' check (state in ('open', 'acknowledged', 'done')),
  conversation_id uuid,
  patient_id      uuid,
  details         bytea not null,          -- sealed
  expected_at     timestamptz,             -- what the patient was told
  key             text,                    -- what asked for it, so that it is made once
  created_at      timestamptz not null default now(),
  done_at         timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, key),
  foreign key (clinic_id, conversation_id) references conversation,
  foreign key (clinic_id, patient_id) references patient
);
create index task_open on task (clinic_id, created_at) where state <> 'done';
-- Asking again for what nobody has looked at yet adds nothing. A duplicate is about a chart, not about the conversation.
create unique index task_waiting on task (clinic_id, conversation_id, kind) where state = 'open' and kind <> 'duplicate';

-- Audit --------------------------------------------------------------------------------------------------------------

create table audit (
  clinic_id    uuid not null references clinic,
  id           uuid not null,
  at           timestamptz not null,
  actor_kind   text not null,
  actor_id     uuid,
  channel      text not null,
  action       text not null,              -- 'appointment.book', 'patient.read', ...
  subject_kind text not null,
  subject_id   uuid,
  detail       jsonb not null default '{}', -- ids and codes alone
  primary key (clinic_id, id)
);
create index audit_at on audit (clinic_id, at);

-- The chain that one leader writes over the audit rows, in order.
create table audit_seal (
  clinic_id uuid not null,
  position  bigint not null,
  audit_id  uuid not null,
  hash      bytea not null,
  sealed_at timestamptz not null,
  primary key (clinic_id, position),
  unique (clinic_id, audit_id),
  foreign key (clinic_id, audit_id) references audit
);

-- Knowledge ----------------------------------------------------------------------------------------------------------

create table knowledge_page (
  clinic_id    uuid not null references clinic,
  id           uuid not null,
  path         text not null,
  title        text not null,
  url          text not null default '',
  language     text not null default 'en',
  audience     text not null default 'public' check (audience in ('public', 'patients', 'staff')),
  content_hash bytea not null,
  imported_at  timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, path)
);

create table knowledge_chunk (
  clinic_id  uuid not null,
  id         uuid not null,
  page_id    uuid not null,
  ordinal    integer not null,
  title_path text[] not null,
  body       text not null,
  primary key (clinic_id, id),
  unique (clinic_id, page_id, ordinal),
  foreign key (clinic_id, page_id) references knowledge_page on delete cascade
);

-- Vectors of any model; a partial HNSW index per model (the dimension differs) is built when a model is first used.
create table knowledge_embedding (
  clinic_id uuid not null,
  chunk_id  uuid not null,
  model     text not null,
  embedding vector not null,
  primary key (clinic_id, chunk_id, model),
  foreign key (clinic_id, chunk_id) references knowledge_chunk on delete cascade
);

-- Rights -------------------------------------------------------------------------------------------------------------

-- Every table with a clinic_id is closed to every clinic but the current one.
-- +goose StatementBegin
do $$
declare t text;
begin
  for t in
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id'
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy clinic on %I using (clinic_id = (select current_clinic())) with check (clinic_id = (select current_clinic()))', t);
    execute format('grant select, insert, update, delete on %I to agentcare_app', t);
  end loop;
end
$$;
-- +goose StatementEnd
grant select, insert, update, delete on worker to agentcare_app;
grant usage on schema public to agentcare_app;

-- What is appended is never changed, and tenants are the owner's.
revoke update, delete on audit, audit_seal, appointment_event, consent from agentcare_app;
revoke insert, update, delete on clinic, clinic_address, directory_version from agentcare_app;

-- What comes before the clinic is known, or spans clinics. Each returns ids and counts alone.
-- +goose StatementBegin
create function find_clinic(by text, what text) returns uuid
language sql stable security definer set search_path = public, pg_temp
as $$
  select case by
    when 'slug' then (select clinic_id from clinic where slug = what)
    when 'only' then (select (array_agg(clinic_id))[1] from clinic having count(*) = 1)
    else (select clinic_id from clinic_address where kind = by and value = what)
  end
$$;

-- Last seq of each of these conversations, for sockets that may have missed an event.
create function conversation_heads(ids uuid[]) returns table (id uuid, seq bigint)
language sql stable security definer set search_path = public, pg_temp
as $$ select c.id, c.seq from conversation c where c.id = any (ids) $$;

-- Conversations that wait for an answer, are due, and that no living worker or person has.
create function conversations_due(lease interval, most integer) returns table (clinic_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
  select c.clinic_id, c.id
  from conversation c
  left join worker w on w.id = c.worker_id
  where c.asked_seq > c.answered_seq
    and c.due_at <= now()
    and (c.human_until is null or c.human_until < now())
    and (c.worker_id is null or w.id is null or w.beat_at < now() - lease)
  order by c.due_at
  limit most
$$;

-- Deletes what has served its time, in every clinic: holds that lapsed, one-time codes, answers kept for keys, workers that
-- are gone. Workers go by the database's clock, the rest by business time, which may not be far ahead of it: whoever has the
-- application's role cannot delete with it what is still needed.
create function delete_expired(at timestamptz) returns bigint
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
create index conversation_id on conversation (id);
revoke all on function find_clinic(text, text), conversation_heads(uuid[]), conversations_due(interval, integer), delete_expired(timestamptz) from public;
grant execute on function find_clinic(text, text), conversation_heads(uuid[]), conversations_due(interval, integer), delete_expired(timestamptz), current_clinic() to agentcare_app;

-- +goose Down
drop function delete_expired(timestamptz), conversations_due(interval, integer), conversation_heads(uuid[]), find_clinic(text, text);
drop table directory_version, knowledge_embedding, knowledge_chunk, knowledge_page, audit_seal, audit, task, consent, verification, delivery,
  turn, message_option, message, endpoint, conversation, worker, idempotency_key, waitlist_offer, waitlist_entry,
  allocation, appointment_event, appointment, patient_link, patient, date_override, weekly_hours, service_resource,
  service, facility, practitioner, resource, specialty, location, staff, clinic_address, clinic;
drop function bump_directory_version(), current_clinic();
