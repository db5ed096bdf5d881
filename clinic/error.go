package clinic

import (
	"errors"
	"time"
)

// Error is a refusal by the rules of the clinic. Message is a sentence that is safe to show to a patient or to hand to a model;
// Code is for programs and never changes.
//
// Message is in English. Whoever speaks another language says it in their own words by Code, Span and Who.
type Error struct {
	Code    string
	Message string
	Span    time.Duration // the notice, window, duration or grid that the sentence speaks of; zero: none
	Who     string        // the practitioner it speaks of, as patients see the name; "": none
}

// Codes of the refusals.
const (
	CodeSlotTaken     = "slot_taken"      // somebody was faster, or the hold lapsed and the slot went
	CodeNotOffered    = "not_offered"     // not a service of this practitioner, or one that is offered no longer
	CodeOutsideHours  = "outside_hours"   // nobody is there for it at that time, or not for all of it
	CodeOffGrid       = "off_grid"        // visits of this kind do not start at that minute
	CodeWrongLength   = "wrong_length"    // the visit takes another time than from start to end
	CodeRetired       = "retired"         // the practitioner sees nobody here any more
	CodeNotForPatient = "not_for_patient" // for new patients only, or for known ones only
	CodeBusy          = "busy"            // the calendar is being changed at length, as by an import; the same a moment later may do
	CodeNotYourHold   = "not_your_hold"   // somebody else holds under this token
	CodeTooSoon       = "too_soon"        // inside the minimum notice, or in the past
	CodeTooFar        = "too_far"         // beyond the booking window
	CodePatientBusy   = "patient_busy"    // the patient has another appointment at that time
	CodeLateChange    = "late_change"     // inside the notice for cancelling or moving
	CodeNotFound      = "not_found"       // no such thing in this clinic, or not this patient's
	CodeWrongState    = "wrong_state"     // the appointment is cancelled, over, or was changed meanwhile
	CodeNotAllowed    = "not_allowed"     // the asker may not do this for that patient
	CodeKeyReused     = "key_reused"      // an idempotency key came again with another request
	CodeInvalid       = "invalid"         // the request makes no sense: a range that ends before it starts, ...
	CodeRateLimited   = "rate_limited"    // too many codes asked for, or too many times held at one address
	CodeWrongCode     = "wrong_code"      // the one-time code does not match, or was used
	CodeExpiredCode   = "expired_code"    // the one-time code is older than it may be, or used up its tries
	CodeNotConfigured = "not_configured"  // the clinic has not set this up
)

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// Is makes errors.Is compare by code, so that a bare &Error{Code: CodeSlotTaken} can be asked for.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Refuse makes an [Error].
func Refuse(code, message string) error { return &Error{Code: code, Message: message} }

// CodeOf is the code of the refusal in err's chain, "" when there is none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
