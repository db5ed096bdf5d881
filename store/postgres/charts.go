package postgres

import (
	"github.com/agentcare/agentcare/clinic"
)

// maxUpcoming is how many appointments that are still to come a patient may have by booking them themselves, or by somebody
// who books for them. Nobody needs more, and else one patient could fill a practitioner's calendar. Staff may book more.
const maxUpcoming = 20

// asksCharts reports whether the rules about patients bind an actor: staff know better.
func asksCharts(by clinic.Actor) bool { return by.Kind != clinic.ActorStaff }

// checkChart says why a visit is not for the patient, or one too many. A visit that passes counts for those that come after it
// in the same request.
func (f *facts) checkChart(s *clinic.Schedule, v clinic.Visit, by clinic.Actor) error {
	if !asksCharts(by) {
		return nil
	}
	chart := f.charts[v.Patient]
	if err := s.CheckPatient(v.Slot.Service, chart.Seen); err != nil {
		return err
	}
	if by.Kind == clinic.ActorPatient && chart.Upcoming >= maxUpcoming {
		return clinic.Refuse(clinic.CodeRateLimited, "There are already as many appointments as can be booked here. Please call the clinic.")
	}
	chart.Upcoming++
	f.charts[v.Patient] = chart
	return nil
}

// checkOtherService is for an appointment that becomes another kind of visit: the kind it had was for the patient.
func (f *facts) checkOtherService(s *clinic.Schedule, was clinic.Appointment, v clinic.Visit, by clinic.Actor) error {
	if was.Slot.Service == v.Slot.Service || !asksCharts(by) {
		return nil
	}
	return s.CheckPatient(v.Slot.Service, f.charts[v.Patient].Seen)
}
