package web

// Codes with which the server closes a socket. Those from 4000 on are ours; the others are from RFC 6455, section 7.4.
const (
	CloseEnded       = 1000 // the patient ended the conversation on this socket
	CloseBinary      = 1003 // a binary frame: the protocol is text
	CloseInvalidText = 1007 // a text frame that is not UTF-8
	CloseFlood       = 1008 // too many frames, or too many bad ones
	CloseTooLarge    = 1009 // a frame above the limit
	CloseInternal    = 1011 // a fault of ours
	CloseRestart     = 1012 // this process stops: connect again
	CloseTryLater    = 1013 // the replay cannot be read now: connect again later

	CloseStale    = 4001 // nobody used the chat for the session's idle time: open a new session
	CloseReplaced = 4002 // the session has too many sockets: a newer one took this one's place
	CloseOver     = 4003 // the conversation was ended elsewhere
	CloseTooSlow  = 4008 // the client did not keep up: connect again, nothing is lost
)

// Codes of refusals over HTTP, in {"error":{"code","message","retry_after_ms"}}. Some codes of [chat.Error] come there too.
const (
	CodeOrigin        = "origin"         // 403: the page's origin may not use the chat
	CodeUnknownClinic = "unknown_clinic" // 404: no such clinic, or several and none was named
	CodeTooLarge      = "too_large"      // 413: the body is above the limit
	CodeTooSlow       = "too_slow"       // 408: the body did not come in time
	CodeBadToken      = "bad_token"      // 401: the token is not one of ours, or its minutes are over
	CodeUpgrade       = "upgrade"        // 426: not a WebSocket handshake
	CodeSubprotocol   = "subprotocol"    // 400: the client does not offer agentcare.v1
)
