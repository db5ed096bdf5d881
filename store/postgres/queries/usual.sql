-- name: UsualPractitioner :one
-- Who still provides the service and has most of a patient's visits of its specialty since an instant, those to come among
-- them; of two with as many, the one whom they see last. Reads the patient's own rows of appointment_patient.
select a.practitioner_id
from appointment a
join service s on s.clinic_id = a.clinic_id and s.id = a.service_id
join service wanted on wanted.clinic_id = s.clinic_id and wanted.specialty = s.specialty
join service_resource provides on provides.clinic_id = wanted.clinic_id and provides.service_id = wanted.id
  and provides.need = 'practitioner' and provides.resource_id = a.practitioner_id
join resource r on r.clinic_id = a.clinic_id and r.id = a.practitioner_id and r.retired_at is null
where a.clinic_id = @clinic_id and a.patient_id = @patient_id and wanted.id = @service_id and a.starts_at >= @since
  and a.state in ('booked', 'confirmed', 'arrived', 'completed')
group by a.practitioner_id
order by count(*) desc, max(a.starts_at) desc, a.practitioner_id
limit 1;
