-- +goose Up

-- A service for groups takes one of the practitioner's lanes; every other visit takes all of them.
alter table service add column is_group boolean not null default false;

-- Who was never seen here is new: when they were seen last, by their appointments or by the record they were imported from.
alter table patient add column seen_at timestamptz;

-- Where the browser says that it is, an IANA name: times are said in both zones where it is not the clinic's.
alter table endpoint add column zone text not null default '';

-- Who holds: the conversation, else the actor. Nobody else turns the hold into an appointment. Null: held before this column was.
alter table allocation add column holder_id uuid;

alter table waitlist_entry
  add column instead_id uuid,              -- the patient's appointment that an earlier time takes the place of
  add column conversation_id uuid,         -- where they are told
  add column ended_at timestamptz,
  add foreign key (clinic_id, instead_id) references appointment,
  add foreign key (clinic_id, conversation_id) references conversation;
create index waitlist_entry_patient on waitlist_entry (clinic_id, patient_id) where state in ('waiting', 'offered');
alter table waitlist_offer add column answered_at timestamptz;
create index waitlist_offer_open on waitlist_offer (clinic_id, expires_at) where state = 'open';
create unique index waitlist_offer_entry on waitlist_offer (clinic_id, entry_id) where state = 'open';

-- +goose Down
drop index waitlist_offer_entry, waitlist_offer_open, waitlist_entry_patient;
alter table waitlist_offer drop column answered_at;
alter table waitlist_entry drop column ended_at, drop column conversation_id, drop column instead_id;
alter table allocation drop column holder_id;
alter table endpoint drop column zone;
alter table patient drop column seen_at;
alter table service drop column is_group;
