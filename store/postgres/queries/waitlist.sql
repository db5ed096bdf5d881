-- The waitlist. Whoever changes more than an entry locks in this order: resources, the entry, the offer, the conversation.

-- name: SomebodyWaits :one
select exists (select from waitlist_entry where clinic_id = $1 and state in ('waiting', 'offered'));

-- name: WaitlistEntry :one
select id, patient_id, service_id, constraints, instead_id, conversation_id, state, created_at
from waitlist_entry
where clinic_id = @clinic_id and id = @id;

-- name: LockWaitlistEntry :one
select state from waitlist_entry
where clinic_id = @clinic_id and id = @id
for no key update;

-- name: WaitlistOfPatient :many
select id, patient_id, service_id, constraints, instead_id, conversation_id, state, created_at
from waitlist_entry
where clinic_id = @clinic_id and patient_id = @patient_id and state in ('waiting', 'offered')
order by created_at, id;

-- name: WaitlistFor :many
-- Who waits for any of these services or decides about a time, whoever waits longest first.
select id, patient_id, service_id, constraints, instead_id, conversation_id, state, created_at
from waitlist_entry
where clinic_id = @clinic_id and service_id = any(@services::uuid[]) and state in ('waiting', 'offered')
order by created_at, id;

-- name: WaitlistAppointments :many
-- What those who wait have of the same service and what is still to come: the appointment that they would give up, and
-- what they have booked since they wait.
select e.id as entry_id, a.id, a.practitioner_id, a.location_id, a.starts_at, a.ends_at, (a.created_at > e.created_at)::boolean as since
from waitlist_entry e
join appointment a on a.clinic_id = e.clinic_id and a.patient_id = e.patient_id and a.service_id = e.service_id
where e.clinic_id = @clinic_id and e.service_id = any(@services::uuid[]) and e.state in ('waiting', 'offered')
  and a.state in ('booked', 'confirmed') and a.starts_at > @now::timestamptz;

-- name: InsertWaitlistEntry :one
-- A conversation that there is not, or that was ended, is none.
insert into waitlist_entry (clinic_id, id, patient_id, service_id, constraints, instead_id, conversation_id, created_at)
values (@clinic_id, @id, @patient_id, @service_id, @constraints, @instead_id,
  (select c.id from conversation c where c.clinic_id = @clinic_id and c.id = sqlc.narg(conversation_id)::uuid and c.ended_at is null), @at)
returning conversation_id;

-- name: OfferEntry :execrows
update waitlist_entry set state = 'offered'
where clinic_id = @clinic_id and id = @id and state = 'waiting';

-- name: WaitAgain :exec
-- The place in line stays.
update waitlist_entry set state = 'waiting'
where clinic_id = @clinic_id and id = @id and state = 'offered';

-- name: EndWait :execrows
update waitlist_entry set state = @state, ended_at = @at
where clinic_id = @clinic_id and id = @id and state in ('waiting', 'offered');

-- name: LeaveInstead :exec
-- Who waited for a time that would take the place of an appointment waits no longer.
update waitlist_entry set state = 'left', ended_at = @at
where clinic_id = @clinic_id and patient_id = @patient_id and instead_id = @instead_id::uuid and state in ('waiting', 'offered');

-- name: InsertWaitlistOffer :exec
insert into waitlist_offer (clinic_id, id, entry_id, hold_token, slot, expires_at, created_at, freed_from, freed_until)
values (@clinic_id, @id, @entry_id, @hold_token, @slot, @expires_at, @at, @freed_from, @freed_until);

-- name: WaitlistOffer :one
select o.clinic_id, o.id, o.entry_id, o.hold_token, o.slot, o.state, o.expires_at, o.freed_from, o.freed_until,
  e.patient_id, e.service_id, e.constraints, e.instead_id, e.conversation_id, e.state as entry_state, e.created_at
from waitlist_offer o
join waitlist_entry e on e.clinic_id = o.clinic_id and e.id = o.entry_id
where o.clinic_id = @clinic_id and o.id = @id;

-- name: OpenOfferOf :one
select id from waitlist_offer
where clinic_id = @clinic_id and entry_id = @entry_id and state = 'open';

-- name: FirstExpiry :one
-- When the first of these who decide should have decided.
select expires_at from waitlist_offer
where clinic_id = @clinic_id and entry_id = any(@entries::uuid[]) and state = 'open'
order by expires_at
limit 1;

-- name: AnswerOffer :execrows
update waitlist_offer set state = @state, answered_at = @at
where clinic_id = @clinic_id and id = @id and state = any(@was::text[]);

-- name: SuppressOfferText :exec
-- The text about an offer that was answered, if it has not gone out yet. It has the offer's id.
update delivery set state = 'suppressed'
where clinic_id = @clinic_id and id = @id and state = 'queued' and purpose = 'waitlist';

-- name: OffersTurnedDown :many
-- What those who wait were offered and have not taken.
select o.entry_id, o.slot
from waitlist_offer o
join waitlist_entry e on e.clinic_id = o.clinic_id and e.id = o.entry_id
where o.clinic_id = @clinic_id and e.service_id = any(@services::uuid[]) and e.state in ('waiting', 'offered')
  and o.state in ('open', 'declined', 'lapsed');

-- name: OffersDue :many
select due.clinic_id::uuid as clinic_id, due.id::uuid as id
from offers_due(@at::timestamptz, @most::integer) as due;

-- name: ClinicsWaitedFor :many
select waited.clinic_id::uuid as clinic_id from clinics_waited_for() as waited;

-- name: WaiterConversation :one
-- Where somebody who waits is told, unless it was ended, or somebody else is there now who may not know of it; and the zone
-- of the browser that was there last.
select c.language, coalesce((
    select e.zone from endpoint e
    where e.clinic_id = c.clinic_id and e.conversation_id = c.id and e.ended_at is null
    order by e.seen_at desc limit 1), '')::text as zone
from conversation c
where c.clinic_id = @clinic_id and c.id = @conversation_id and c.ended_at is null
  and (c.verified_id is null or c.verified_id = @patient_id::uuid or not @confidential::boolean and exists (
    select from patient_link l
    where l.clinic_id = c.clinic_id and l.guardian_id = c.verified_id and l.patient_id = @patient_id::uuid and l.may_book));

-- name: SayInConversation :one
-- The number of one more message that nobody has asked for.
update conversation set seq = seq + 1
where clinic_id = @clinic_id and id = @id and ended_at is null
returning seq;

-- name: WaiterPhone :one
-- Who can be texted about somebody's visit: they themselves, else whoever may book for them, unless that is not to be known.
-- The last word about texts to a number counts.
select p.id, p.phone, p.language
from patient p
where p.clinic_id = @clinic_id and p.phone is not null
  and p.id = any(array(
    select @patient_id::uuid
    union all
    select l.guardian_id from patient_link l
    where l.clinic_id = @clinic_id and l.patient_id = @patient_id::uuid and l.may_book and not @confidential::boolean))
  and (select c.given from consent c
       where c.clinic_id = p.clinic_id and c.phone_index = p.phone_index and c.purpose = 'appointment_texts'
       order by c.at desc, c.id desc
       limit 1)
order by p.id <> @patient_id::uuid, p.id
limit 1;
