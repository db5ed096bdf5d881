package chat

import "github.com/google/uuid"

// Offered is a freed time that was offered to somebody who waits for such a time.
type Offered struct {
	Offer        uuid.UUID
	Conversation uuid.UUID // where it was said; zero: nowhere, they were only texted
	Message      *Message  // what was said there; nil: nothing
}
