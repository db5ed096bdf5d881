package web

import "github.com/agentcare/agentcare/chat"

// What the channel itself tells people, by language and code. English is complete and stands in for the others.
// What is wrong with a text or a value of a form is told by package chat.
var sentences = map[string]map[string]string{
	"en": {
		chat.CodeBadJSON:       "This could not be read: it is not JSON.",
		chat.CodeUnknownType:   "This could not be read: its type is not known here.",
		chat.CodeBadFrame:      "This could not be read: something in it is missing or has the wrong form.",
		chat.CodeUnknownOption: "This choice is not on offer any more. Please choose one of the latest ones.",
		chat.CodeUnknownForm:   "This form is not open any more. Please use the latest one.",
		chat.CodeRateLimited:   "That was a bit fast. Please wait a moment and try again.",
		chat.CodeInternal:      "Something went wrong on our side. Please try again.",
		chat.CodeUnavailable:   "We cannot take messages right now. Please try again in a moment.",
		chat.CodeEnded:         "This conversation has ended. Please start a new one.",
		CodeOrigin:             "This website may not use the chat. Its address must be listed in ALLOWED_ORIGINS.",
		CodeUnknownClinic:      "There is no such clinic here. Please check its name.",
		CodeTooLarge:           "This request is too large.",
		CodeTooSlow:            "This request took too long. Please try again.",
		CodeBadToken:           "This session has run out. Please open a new one.",
		CodeUpgrade:            "This address speaks WebSocket only.",
		CodeSubprotocol:        "Please offer the WebSocket subprotocol " + Subprotocol + ".",
	},
	"es": { //nolint:gosec // sentences, no credentials
		chat.CodeUnknownOption: "Esta opción ya no está disponible. Elija una de las últimas, por favor.",
		chat.CodeUnknownForm:   "Este formulario ya no está abierto. Use el último, por favor.",
		chat.CodeRateLimited:   "Va un poco rápido. Espere un instante e inténtelo de nuevo, por favor.",
		chat.CodeInternal:      "Algo ha fallado de nuestro lado. Inténtelo de nuevo, por favor.",
		chat.CodeUnavailable:   "Ahora mismo no podemos recibir mensajes. Inténtelo de nuevo en un instante, por favor.",
		chat.CodeEnded:         "Esta conversación ha terminado. Empiece una nueva, por favor.",
		CodeBadToken:           "Esta sesión ha caducado. Abra una nueva, por favor.",
	},
}

func sentence(language, code string) string {
	if s, ok := sentences[language][code]; ok {
		return s
	}
	return sentences["en"][code]
}

// refusal is a [chat.Error] of the channel itself.
func refusal(language, code string) *chat.Error {
	return &chat.Error{Code: code, Message: sentence(language, code)}
}

// inLanguage is a refusal from elsewhere in the language of the conversation, as far as its code is one of the above.
func inLanguage(e *chat.Error, language string) *chat.Error {
	if s := sentence(language, e.Code); s != "" {
		return &chat.Error{Code: e.Code, Message: s, Field: e.Field}
	}
	return e
}
