package clinic

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

const (
	messageCancelled = "That appointment has already been cancelled."
	messageOver      = "That appointment can no longer be changed: its time has come or gone."
	messageChanged   = "That appointment was changed in the meantime."
)

// CheckMove says why an appointment cannot be given another slot at now, as an [Error].
// Version is the one that whoever asks has seen.
func (s *Schedule) CheckMove(a Appointment, version int, slot Slot, by Actor, now time.Time) error {
	if err := s.checkChange(a, version, by, now); err != nil {
		return err
	}
	return s.CheckSlot(slot, by, now)
}

// CheckCancel says why an appointment cannot be cancelled at now, as an [Error].
// Version is the one that whoever asks has seen.
func (s *Schedule) CheckCancel(a Appointment, version int, by Actor, now time.Time) error {
	return s.checkChange(a, version, by, now)
}

// checkChange is what moving and cancelling have in common: both give the old time up.
func (s *Schedule) checkChange(a Appointment, version int, by Actor, now time.Time) error {
	switch {
	case a.State == StateCancelled:
		return Refuse(CodeWrongState, messageCancelled)
	case a.State != StateBooked && a.State != StateConfirmed, !a.Slot.Start.After(now) && by.Kind != ActorStaff:
		return Refuse(CodeWrongState, messageOver)
	case a.Version != version:
		return Refuse(CodeWrongState, messageChanged)
	}
	service := s.services[a.Slot.Service]
	if service == nil {
		return nil
	}
	return service.CheckNotice(a.Slot.Start, by, now)
}

// CheckNotice says that it is too late at now to cancel or move a visit that starts at start, as a [CodeLateChange].
// Staff are not bound by it.
func (s Service) CheckNotice(start time.Time, by Actor, now time.Time) error {
	if by.Kind == ActorStaff || !start.Before(now.Add(s.ChangeNotice)) {
		return nil
	}
	return &Error{
		Code: CodeLateChange, Span: s.ChangeNotice,
		Message: "It is too late to change that appointment here: that takes at least " +
			humanDuration(s.ChangeNotice) + " of notice. Please call the clinic.",
	}
}

// CheckMark says why it cannot be noted at now that an appointment is confirmed, that the patient has arrived or did not
// come, or that the visit is over; as an [Error]. Version is the one that whoever asks has seen.
//
// Patients confirm, as staff do for them, until the visit starts. Arrivals are noted by staff from the local day of the
// visit on, and what became of it once it has started. Whose appointment it is has been looked up already, since a patient
// may act for others too. Moving and cancelling have their own rules.
func (s *Schedule) CheckMark(a Appointment, version int, next AppointmentState, by Actor, now time.Time) error {
	if err := checkMarker(next, by); err != nil {
		return err
	}
	switch {
	case a.State == StateCancelled:
		return Refuse(CodeWrongState, messageCancelled)
	case a.Version != version:
		return Refuse(CodeWrongState, messageChanged)
	case a.State == next:
		return Refuse(CodeWrongState, "That was noted already.")
	case !a.State.CanBecome(next):
		return Refuse(CodeWrongState, messageOver)
	}
	return s.checkMarkTime(a, next, now)
}

// checkMarker is about who may note what, whatever the appointment.
func checkMarker(next AppointmentState, by Actor) error {
	switch next {
	case StateConfirmed:
		if by.Kind == ActorPatient {
			return nil
		}
	case StateArrived, StateCompleted, StateNoShow:
	case StateBooked, StateCancelled:
		return Refuse(CodeInvalid, "An appointment is moved or cancelled; that cannot just be noted.")
	default:
		return Refuse(CodeInvalid, "An appointment cannot be in such a state.")
	}
	if by.Kind != ActorStaff {
		return Refuse(CodeNotAllowed, "Only the front desk can note that.")
	}
	return nil
}

// checkMarkTime is about when something can be so.
func (s *Schedule) checkMarkTime(a Appointment, next AppointmentState, now time.Time) error {
	zone := s.Zone(a.Slot.Location)
	started := !now.Before(a.Slot.Start)
	switch {
	case next == StateConfirmed && started:
		return Refuse(CodeWrongState, messageOver)
	case next == StateArrived && localtime.DateOf(now, zone).Before(localtime.DateOf(a.Slot.Start, zone)):
		return Refuse(CodeTooSoon, "That visit is on another day: an arrival is noted on the day itself.")
	case (next == StateCompleted || next == StateNoShow) && !started:
		return Refuse(CodeTooSoon, "That visit has not started yet.")
	}
	return nil
}
