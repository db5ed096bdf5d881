-- One-time codes.

-- name: LockEndpoint :one
-- One at a time proves something at an endpoint.
select e.conversation_id, e.visible_after, e.caller_index, c.language
from endpoint e
join conversation c on c.clinic_id = e.clinic_id and c.id = e.conversation_id
where e.clinic_id = @clinic_id and e.id = @id and e.ended_at is null
for no key update of e, c;

-- name: LockCounted :exec
-- Codes for one address, and then those to one number, are counted one at a time, whoever asks.
select pg_advisory_xact_lock(hashtextextended(encode(@counted::bytea, 'hex'), 0));

-- name: VerificationAskedBy :one
select id, details, expires_at
from verification
where clinic_id = @clinic_id and endpoint_id = @endpoint_id and key = @key;

-- name: CountCodes :one
-- How many codes went to a number and out of the clinic, and were asked for at an endpoint and from an address. Each count
-- goes by an index of its own.
select
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.phone_index = @phone_index
     and v.sent and v.created_at > @recently)::integer as number_recently,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.phone_index = @phone_index
     and v.sent and v.created_at > @lately)::integer as number_lately,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.endpoint_id = @endpoint_id
     and v.created_at > @lately)::integer as endpoint_lately,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.endpoint_id = @endpoint_id
     and v.phone_index = @phone_index and v.sent and v.created_at > @recently)::integer as own_recently,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.endpoint_id = @endpoint_id
     and v.phone_index = @phone_index and v.sent and v.created_at > @lately)::integer as own_lately,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.caller_index = @caller_index::bytea
     and v.created_at > @recently)::integer as caller_recently,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.caller_index = @caller_index::bytea
     and v.created_at > @lately)::integer as caller_lately,
  (select count(*) from verification v where v.clinic_id = @clinic_id and v.sent
     and v.created_at > @last_minute)::integer as clinic_last_minute;

-- name: InsertVerification :exec
insert into verification (clinic_id, id, endpoint_id, key, phone_index, caller_index, sent, details, code_hash, wrong_keys, expires_at, created_at)
values (@clinic_id, @id, @endpoint_id, @key, @phone_index, @caller_index, @sent, @details, @code_hash, @wrong_keys::text[], @expires_at, @created_at);

-- name: LastVerification :one
-- The only one that counts: a new code voids the earlier ones.
select id, phone_index, details, code_hash, wrong_keys, expires_at, used_at
from verification
where clinic_id = @clinic_id and endpoint_id = @endpoint_id
order by created_at desc, id desc
limit 1;

-- name: VerificationTriedBy :one
-- The one that this message brought a code to, right or wrong.
select v.id, v.patient_id, v.enrolled, v.unlocked, v.wrong_keys,
  (v.used_key is not distinct from @key::text)::boolean as used,
  coalesce(p.given_name, '')::text as given_name
from verification v
left join patient p on p.clinic_id = v.clinic_id and p.id = v.patient_id
where v.clinic_id = @clinic_id and v.endpoint_id = @endpoint_id and (v.used_key = @key::text or @key::text = any (v.wrong_keys))
order by v.created_at desc, v.id desc
limit 1;

-- name: CountWrongCode :exec
update verification
set wrong_keys = array_append(wrong_keys, @key::text)
where clinic_id = @clinic_id and id = @id;

-- name: UseVerification :exec
update verification
set used_at = @at, used_key = @key::text, patient_id = @patient_id, enrolled = @enrolled, unlocked = @unlocked
where clinic_id = @clinic_id and id = @id;

-- name: VerifyEndpoint :exec
update endpoint
set level = 2, patient_id = @patient_id, verified_at = @at, visible_after = @visible_after
where clinic_id = @clinic_id and id = @id;

-- name: SetConversationPatient :one
-- The first patient that a conversation proves to be about stays its own. What was said before somebody else than the one
-- before proves to be here is nobody's to see again.
update conversation
set patient_id  = coalesce(patient_id, @patient_id),
    verified_id = @patient_id,
    mixed_after = case when verified_id <> @patient_id then seq else mixed_after end
where clinic_id = @clinic_id and id = @id
returning mixed_after;
