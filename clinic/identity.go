package clinic

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Claim is who somebody says they are, as entered in a form and checked for form alone.
type Claim struct {
	GivenName  string         `json:"given_name,omitempty"`
	FamilyName string         `json:"family_name,omitempty"`
	BirthDate  localtime.Date `json:"birth_date"`
	Phone      string         `json:"phone"` // E.164
	Language   string         `json:"language,omitempty"`
	Consent    string         `json:"consent,omitempty"` // the wording agreed to about texts, "" for none
}

// VerifyRequest asks for a one-time code to the number of a claim.
// The answer is the same whether or not there is such a patient.
type VerifyRequest struct {
	Endpoint uuid.UUID
	Claim    Claim
	Again    bool // another code for the claim that this endpoint gave last; Claim is empty then. [CodeNotFound] when there is none
	Enrol    bool // make a chart for the claim when there is none and the code was right
	Actor    Actor
	Key      string // of the message that asked: the same again sends no second code
}

// CodeTries is how many wrong codes may be typed before a new one has to be sent.
const CodeTries = 5

// Verification is a code on its way.
type Verification struct {
	ID         uuid.UUID
	Expires    time.Time
	LastDigits string // of the number, two of them, for the sentence that says where it went
}

// CheckRequest brings the code that somebody typed.
type CheckRequest struct {
	Endpoint uuid.UUID
	Code     string
	Actor    Actor
	Key      string // of the message that brought it: the same again gets the same answer
}

// Verified is somebody whose code was right.
type Verified struct {
	Patient   uuid.UUID // zero: number proven, but no chart with this number and date of birth, and none was to be made
	GivenName string
	New       bool // the chart was made now
	Unlocked  bool // earlier messages of the conversation were hidden and may be shown again
}

// HoldToken is of the one hold that a conversation has: whatever it holds next takes its place, also when a turn is answered
// again after a crash that lost the token.
func HoldToken(conversation uuid.UUID) uuid.UUID {
	return uuid.NewSHA1(conversation, []byte("hold"))
}

// Task is something a person of the clinic has to do.
type Task struct {
	Kind         string // "callback", "alert", "undelivered", "duplicate"
	Conversation uuid.UUID
	Patient      uuid.UUID // zero when not known
	Details      string    // for staff; stored sealed
	Expected     time.Time // what the patient was told
	Key          string    // what asked for it, so that it is made once
}
