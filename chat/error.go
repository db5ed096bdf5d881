package chat

// Error is a refusal of something a patient sent. Message is a sentence for them, Code is documented in the protocol.
type Error struct {
	Code    string
	Message string
	Field   string // of a form, "" for none
}

// Codes of refusals; the protocol's description lists what each means.
const (
	CodeBadJSON       = "bad_json"
	CodeUnknownType   = "unknown_type"
	CodeBadFrame      = "bad_frame"
	CodeBadText       = "bad_text"
	CodeTooLong       = "too_long"
	CodeEmpty         = "empty"
	CodeUnknownOption = "unknown_option"
	CodeUnknownForm   = "unknown_form"
	CodeBadForm       = "bad_form"
	CodeRateLimited   = "rate_limited"
	CodeInternal      = "internal"
	CodeUnavailable   = "unavailable"
	CodeEnded         = "ended"
)

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// Is makes errors.Is compare by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
