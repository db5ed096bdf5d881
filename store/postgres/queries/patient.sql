-- Charts, as far as patients make and prove them themselves. Contact data is sealed; the index columns find it.

-- name: PatientsByPhoneAndBirthDate :many
select id, given_name, family_name
from patient
where clinic_id = @clinic_id and phone_index = @phone_index and birth_date_index = @birth_date_index
order by created_at, id;

-- name: PatientsByBirthDate :many
select id, given_name, family_name
from patient
where clinic_id = @clinic_id and birth_date_index = @birth_date_index
order by created_at, id;

-- name: PhoneIsKnown :one
select exists (select from patient where clinic_id = @clinic_id and phone_index = @phone_index);

-- name: EnrolPatient :exec
-- A chart, and the resource that keeps its owner from being in two places.
with made as (
  insert into resource (clinic_id, id, kind) values (@clinic_id, @id, 'patient')
  returning clinic_id, id
)
insert into patient (clinic_id, id, given_name, family_name, birth_date, birth_date_index, phone, phone_index,
  phone_verified_at, language, possible_duplicate, created_at)
select made.clinic_id, made.id, @given_name, @family_name, @birth_date, @birth_date_index, @phone, @phone_index,
  @at, @language, @possible_duplicate, @at
from made;

-- name: MarkPhoneVerified :exec
update patient set phone_verified_at = @at
where clinic_id = @clinic_id and id = @id;

-- name: PatientGivenName :one
select given_name from patient
where clinic_id = @clinic_id and id = @id;

-- name: InsertConsent :exec
insert into consent (clinic_id, id, patient_id, phone_index, purpose, wording, source, given, at)
values (@clinic_id, @id, @patient_id, @phone_index, @purpose, @wording, @source, @given, @at);
