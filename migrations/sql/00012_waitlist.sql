-- +goose Up

-- The time that became free, of which the offered slot takes some: it is passed on as it was, so that what goes from one to
-- the next never grows. Null: offered before this column was.
alter table waitlist_offer
  add column freed_from timestamptz,
  add column freed_until timestamptz;
create index waitlist_offer_of on waitlist_offer (clinic_id, entry_id);
create index patient_link_patient on patient_link (clinic_id, patient_id);

-- +goose StatementBegin
-- Offers that nobody has answered in time, or whom they were made to waits no longer, in every clinic.
create function offers_due(at timestamptz, most integer) returns table (clinic_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
  select o.clinic_id, o.id
  from waitlist_offer o
  join waitlist_entry e on e.clinic_id = o.clinic_id and e.id = o.entry_id
  where o.state = 'open' and (o.expires_at <= at or e.state <> 'offered')
  order by o.expires_at
  limit most
$$;

-- Clinics where somebody waits.
create function clinics_waited_for() returns table (clinic_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$ select distinct e.clinic_id from waitlist_entry e where e.state = 'waiting' $$;
-- +goose StatementEnd
create index waitlist_offer_due on waitlist_offer (expires_at) where state = 'open';
revoke all on function offers_due(timestamptz, integer), clinics_waited_for() from public;
grant execute on function offers_due(timestamptz, integer), clinics_waited_for() to agentcare_app;

-- +goose Down
drop function clinics_waited_for(), offers_due(timestamptz, integer);
drop index waitlist_offer_due, patient_link_patient, waitlist_offer_of;
alter table waitlist_offer drop column freed_until, drop column freed_from;
