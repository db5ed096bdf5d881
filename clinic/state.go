package clinic

import "slices"

// transitions of an appointment:
//
//	booked ────► confirmed ────► arrived ────► completed
//	  │ ▲            │ │            ▲ │
//	  │ └── moved ───┘ │            │ └──────► cancelled   left without being seen
//	  └────────────────┴─► no_show ─┘                      came late after all
//
// Booked and confirmed become arrived, completed, cancelled or no_show directly too: nobody has to click every step.
// A confirmed appointment that is moved is booked again, because the patient has confirmed another time.
// Cancelled and completed are final.
var transitions = map[AppointmentState][]AppointmentState{
	StateBooked:    {StateConfirmed, StateArrived, StateCompleted, StateCancelled, StateNoShow},
	StateConfirmed: {StateBooked, StateArrived, StateCompleted, StateCancelled, StateNoShow},
	StateArrived:   {StateCompleted, StateCancelled},
	StateNoShow:    {StateArrived},
	StateCompleted: nil,
	StateCancelled: nil,
}

// CanBecome reports whether an appointment in this state may go to next. No state becomes itself.
func (s AppointmentState) CanBecome(next AppointmentState) bool {
	return slices.Contains(transitions[s], next)
}
