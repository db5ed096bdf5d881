package guided

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/tools"
)

// stateVersion rises when a state that was written before would be read wrongly; such a one is forgotten.
const stateVersion = 1

// Bounds of what is remembered.
const (
	maxSeen  = 40
	maxSlots = 8
	maxDone  = 8
	maxMenu  = 12
)

// job is what is being done for the patient.
type job string

// Jobs.
const (
	jobNone   job = ""
	jobBook   job = "book"
	jobMine   job = "mine"
	jobMove   job = "move"
	jobCancel job = "cancel"
	jobGroup  job = "group"  // several visits at once
	jobWait   job = "wait"   // for a time that becomes free
	jobUnwait job = "unwait" // no longer
	jobWaits  job = "waits"  // see what one waits for
	jobAccept job = "accept" // a time that became free
)

// step is what was asked last.
type step string

// Steps.
const (
	stepNone    step = ""
	stepCare    step = "care"    // what for, or with whom
	stepSlot    step = "slot"    // which of the times
	stepDetails step = "details" // who is it
	stepCode    step = "code"    // the code that was sent
	stepWhich   step = "which"   // which appointment
	stepWhom    step = "whom"    // for whom
	stepRow     step = "row"     // which times one after the other
	stepConfirm step = "confirm" // shall I?
)

// wish is what somebody wants to book, as far as it is known.
type wish struct {
	Specialty     string       `json:"specialty,omitempty"`
	Service       uuid.UUID    `json:"service,omitzero"`
	Practitioners []uuid.UUID  `json:"practitioners,omitempty"`
	Without       []uuid.UUID  `json:"without,omitempty"`
	Unclear       bool         `json:"unclear,omitempty"` // several practitioners have the name that was said
	Whens         []tools.When `json:"whens,omitempty"`   // alternatives; none: any time
	Whom          whom         `json:"whom,omitempty"`
	Named         []string     `json:"named,omitempty"`    // words that may be the name of whom it is for
	For           uuid.UUID    `json:"for,omitzero"`       // somebody whom the patient may book for; zero: themselves, or not known
	Else          bool         `json:"else,omitempty"`     // for somebody whom the patient may not book for yet
	Guardian      bool         `json:"guardian,omitempty"` // the patient proves who they are, and not whom it is for
	Barred        []uuid.UUID  `json:"barred,omitempty"`   // services that are not for them
}

// choice is something that was shown to choose from.
type choice struct {
	Label  string `json:"label"`
	Action action `json:"action"`
}

// done is a change that the patient confirmed and that was made.
type done struct {
	Proposal    uuid.UUID `json:"proposal"`
	Appointment uuid.UUID `json:"appointment"`
}

// state is what the engine remembers between turns. A process that never saw the conversation goes on from it.
type state struct {
	Version     int             `json:"v"`
	Job         job             `json:"job,omitempty"`
	Step        step            `json:"step,omitempty"`
	Wish        wish            `json:"wish,omitzero"`
	Slots       []clinic.Slot   `json:"slots,omitempty"`       // offered last, also after one was chosen
	More        bool            `json:"more,omitempty"`        // there are other times like these
	Seen        []time.Time     `json:"seen,omitempty"`        // starts that were offered for this wish
	Menu        []choice        `json:"menu,omitempty"`        // shown last, in the order shown
	Group       []uuid.UUID     `json:"group,omitempty"`       // for whom several visits are, in order
	Row         []clinic.Slot   `json:"row,omitempty"`         // their times, that are held
	Party       party           `json:"party,omitzero"`        // what was said of them
	Hold        *clinic.Hold    `json:"hold,omitempty"`        // of the slot that was chosen
	Pending     *tools.Proposal `json:"pending,omitempty"`     // what waits for a yes
	Appointment uuid.UUID       `json:"appointment,omitzero"`  // to move or to cancel
	Leaving     time.Time       `json:"leaving,omitzero"`      // when the appointment is that is being moved: no time to move to
	Which       []tools.When    `json:"which,omitempty"`       // what was said of which appointment it is
	With        []uuid.UUID     `json:"with,omitempty"`        // and of whom it is with
	Whose       []string        `json:"whose,omitempty"`       // words that may be the name of whom it is for
	Nth         int             `json:"nth,omitempty"`         // which of those that fit all that, in their order; -1: the last; zero: not said
	Done        []done          `json:"done,omitempty"`        // latest last
	About       whom            `json:"about,omitempty"`       // whom the proof of identity is about
	Guardian    uuid.UUID       `json:"guardian,omitzero"`     // who had proven who they are before somebody else's details were asked for
	Earlier     bool            `json:"earlier,omitempty"`     // what is waited for takes the place of an appointment
	Offer       *tools.Proposal `json:"offer,omitempty"`       // of the waitlist, that waits until it is proven who answers
	CallBack    bool            `json:"call_back,omitempty"`   // a person was asked for, and a number to call was invited
	WrongCodes  int             `json:"wrong_codes,omitempty"` // since the last code was sent
	Misses      int             `json:"misses,omitempty"`      // utterances in a row that were not understood
}

// readState reads what was remembered; nothing, and what another version wrote, is a fresh start.
func readState(data json.RawMessage) (state, error) {
	fresh := state{Version: stateVersion}
	if len(data) == 0 {
		return fresh, nil
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fresh, fmt.Errorf("reading the conversation's state: %w", err)
	}
	if s.Version != stateVersion {
		return fresh, nil
	}
	return s, nil
}

// encode bounds the state and writes it.
func (s *state) encode() (json.RawMessage, error) {
	s.Seen, s.Slots = last(s.Seen, maxSeen), last(s.Slots, maxSlots)
	s.Done = last(s.Done, maxDone)
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing the conversation's state: %w", err)
	}
	return data, nil
}

func last[T any](list []T, n int) []T {
	return list[max(0, len(list)-n):]
}

// rest ends what is being done; what was done and who it was done for stays known.
func (s *state) rest() {
	*s = state{Version: stateVersion, Done: s.Done, About: s.About}
}

// enrols reports whether a job may be somebody's first contact, so that a chart is made for them.
func (j job) enrols() bool { return j == jobBook || j == jobWait }

// begin starts a job.
func (s *state) begin(j job) {
	s.rest()
	s.Job = j
}

// offered remembers what slots were shown.
func (s *state) offered(slots []clinic.Slot, more bool) {
	s.Slots, s.More = slots, more
	for _, slot := range slots {
		if !slices.ContainsFunc(s.Seen, slot.Start.Equal) {
			s.Seen = append(s.Seen, slot.Start)
		}
	}
}

// doneBefore finds the change that a proposal led to.
func (s *state) doneBefore(proposal uuid.UUID) (done, bool) {
	i := slices.IndexFunc(s.Done, func(d done) bool { return d.Proposal == proposal })
	if i < 0 {
		return done{}, false
	}
	return s.Done[i], true
}
