package guided

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// verb is what choosing an option does.
type verb string

// Verbs.
const (
	doSlot     verb = "slot"     // take this time
	doOthers   verb = "others"   // show other times
	doCare     verb = "care"     // this specialty or service
	doWho      verb = "who"      // this practitioner
	doAnyone   verb = "anyone"   // whichever practitioner
	doBook     verb = "book"     // start booking
	doMine     verb = "mine"     // show my appointments
	doMove     verb = "move"     // move this appointment
	doCancel   verb = "cancel"   // cancel this appointment
	doQuestion verb = "question" // ask something
	doHuman    verb = "human"    // talk to a person
	doResend   verb = "resend"   // another code
	doDetails  verb = "details"  // enter the details; also what the form for them means
	doCode     verb = "code"     // what the form for the code means
	doOver     verb = "over"     // start over
	doWait     verb = "wait"     // tell me when something frees up
	doUnwait   verb = "unwait"   // leave the waitlist
	doFor      verb = "for"      // it is for this person, whom the patient may book for
	doElse     verb = "else"     // it is for somebody else
	doGuardian verb = "guardian" // prove who I am, and not whom it is for
	doGroup    verb = "group"    // the visits are for these
	doRow      verb = "row"      // these times one after the other
	doSingle   verb = "single"   // one after the other instead of at once
	doConfirm  verb = "confirm"  // yes to what is proposed
	doDecline  verb = "decline"  // no to it
)

// action is what an option or a form means, kept with it ([chat.Option.Ref]) and in the state.
type action struct {
	Do           verb          `json:"do"`
	Slot         *clinic.Slot  `json:"slot,omitempty"`
	Specialty    string        `json:"specialty,omitempty"`
	Service      uuid.UUID     `json:"service,omitzero"`
	Practitioner uuid.UUID     `json:"practitioner,omitzero"`
	Appointment  uuid.UUID     `json:"appointment,omitzero"` // to move or cancel; with a slot: to move there
	Proposal     uuid.UUID     `json:"proposal,omitzero"`    // that is declined
	Offer        uuid.UUID     `json:"offer,omitzero"`       // of the waitlist, that is declined
	Entry        uuid.UUID     `json:"entry,omitzero"`       // of the waitlist, to leave
	Patient      uuid.UUID     `json:"patient,omitzero"`     // whom it is for
	Group        []uuid.UUID   `json:"group,omitempty"`
	Row          []clinic.Slot `json:"row,omitempty"`
	Wish         *wish         `json:"wish,omitempty"` // what to wait for
}

// Kinds of options by what they do.
var optionKinds = map[verb]chat.OptionKind{doSlot: chat.OptionSlot, doDecline: chat.OptionDecline}

// option makes an option that means a. Its id is new: an option that is shown again is another one.
func (a action) option(label string) (chat.Option, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Option{}, fmt.Errorf("making an option's id: %w", err)
	}
	ref, err := json.Marshal(a)
	if err != nil {
		return chat.Option{}, fmt.Errorf("encoding an option: %w", err)
	}
	kind, special := optionKinds[a.Do]
	if !special {
		kind = chat.OptionChoice
	}
	return chat.Option{ID: id.String(), Label: label, Kind: kind, Ref: ref}, nil
}

// readAction reads what an option or a form means.
func readAction(ref json.RawMessage) (action, error) {
	var a action
	if err := json.Unmarshal(ref, &a); err != nil {
		return action{}, fmt.Errorf("reading what was chosen: %w", err)
	}
	return a, nil
}
