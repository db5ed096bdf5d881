package postgres_test

import "context"

// wantConsistent asks the database itself, in other words than the program's. After minutes of random writers there is much to
// ask about: what is looked up for each row goes by an index, which all begin with the clinic, or is hashed.
func (p *practice) wantConsistent() {
	p.t.Helper()
	if _, err := p.Owner.Exec(context.Background(), "analyze"); err != nil {
		p.t.Fatal(err)
	}
	for what, query := range map[string]string{
		"pairs of allocations that overlap": `
			select count(*) from allocation a join allocation b on a.resource_id = b.resource_id and a.lane = b.lane and a.id < b.id
			where a.state > 0 and b.state > 0 and a.starts_at < b.ends_at and b.starts_at < a.ends_at`,
		"visits whose practitioner or patient is not kept free": `
			select count(*) from appointment a, unnest(array[a.practitioner_id, a.patient_id]) r
			where a.state in ('booked', 'confirmed', 'arrived') and not exists (
				select from allocation k where k.clinic_id = a.clinic_id and k.appointment_id = a.id and k.resource_id = r and k.state = 2
				and k.starts_at <= a.starts_at and k.ends_at >= a.ends_at)
			and not exists (select from appointment_event e where e.clinic_id = a.clinic_id and e.appointment_id = a.id and e.kind = 'no_show')`,
		"visits alone that leave a lane to others": `
			select count(*) from appointment a join service s on s.id = a.service_id join resource r on r.id = a.practitioner_id
			where a.state in ('booked', 'confirmed') and not s.is_group and r.lanes <> (
				select count(*) filter (where k.lane >= 0) + r.lanes * count(*) filter (where k.lane < 0)
				from allocation k where k.clinic_id = a.clinic_id and k.appointment_id = a.id and k.resource_id = r.id and k.state = 2)`,
		"patients in two places": `
			select count(*) from appointment a join appointment b on a.patient_id = b.patient_id and a.id < b.id
			where a.state in ('booked', 'confirmed', 'arrived') and b.state in ('booked', 'confirmed', 'arrived')
			and a.starts_at < b.ends_at and b.starts_at < a.ends_at`,
		"squeezed in by somebody else than staff": `
			select count(*) from allocation k join appointment_event e on e.appointment_id = k.appointment_id and e.version = 1
			where k.lane < 0 and e.actor_kind <> 'staff'`,
		"visits that are over or on, of patients who were never seen": `
			select count(*) from appointment a join patient p on p.id = a.patient_id where a.state in ('arrived', 'completed') and p.seen_at is null`,
		"holds that are nobody's": `select count(*) from allocation where state = 1 and holder_id is null`,
		"answers of appointments that are not there": `
			select count(*) from idempotency_key k,
				jsonb_array_elements(case jsonb_typeof(k.response) when 'array' then k.response else jsonb_build_array(k.response) end) a
			where not exists (select from appointment_event e where e.appointment_id = (a->>'id')::uuid and e.version = (a->>'version')::int and e.now = a)
			  and not exists (select from waitlist_entry w where w.id = (a->>'ID')::uuid)`, // joining is answered under a key too
		"events that were not asked for under a key": `
			select count(*) from (
				select now from appointment_event
				except
				select a from idempotency_key k,
					jsonb_array_elements(case jsonb_typeof(k.response) when 'array' then k.response else jsonb_build_array(k.response) end) a) e`,
		"treatments without the room": `
			select count(*) from appointment a join service s on s.id = a.service_id
			where a.state = 'booked' and s.code = 'treatment' and not exists (
				select from allocation k join facility f on f.id = k.resource_id where k.clinic_id = a.clinic_id and k.appointment_id = a.id and k.state = 2)`,
		"cancelled visits that still take somebody": `
			select count(*) from appointment a join allocation k on k.appointment_id = a.id and k.state > 0 where a.state = 'cancelled'`,
		"visits whose history has a gap": `
			select count(*) from appointment a
			where a.version <> (select count(*) from appointment_event e where e.clinic_id = a.clinic_id and e.appointment_id = a.id)
			   or a.version <> (select max(e.version) from appointment_event e where e.clinic_id = a.clinic_id and e.appointment_id = a.id)`,
		"visits that are not as their last event says": `
			select count(*) from appointment a join appointment_event e on e.appointment_id = a.id and e.version = a.version
			where e.now->>'state' <> a.state or (e.now->'slot'->>'start')::timestamptz <> a.starts_at
			   or (e.now->'slot'->>'practitioner')::uuid <> a.practitioner_id`,
		"events that do not begin where the one before ended": `
			select count(*) from appointment_event e join appointment_event b on b.appointment_id = e.appointment_id and b.version = e.version - 1
			where e.was is distinct from b.now`,
		"events without an audit row": `
			select count(*) from appointment_event e
			where not exists (select from audit u where u.subject_id = e.appointment_id and (u.detail->>'version')::int = e.version)`,
		"keys without an answer": `select count(*) from idempotency_key where response is null`,
	} {
		if n := p.count(query); n != 0 {
			p.t.Errorf("%s: %d", what, n)
		}
	}
}
