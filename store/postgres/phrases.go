package postgres

import "github.com/agentcare/agentcare/chat"

// phraseKey names something that the record says to patients itself.
type phraseKey int

const (
	phraseDetailsSent phraseKey = iota
	phraseEnded
	phraseUnknownOption
	phraseUnknownForm
	phraseCodeText // format: clinic, code, minutes
	phraseManyCodes
	phraseNoCode
	phraseCodeUsed
	phraseCodeExpired
	phraseCodeTried
	phraseCodeWrong
	phraseManyHolds
	phraseFreedText // format: clinic, service, time, end of the offer, phone
)

// phrases are by language and in plain words. Texts that go by SMS keep to the letters of GSM-7 (3GPP TS 23.038).
var phrases = map[string]map[phraseKey]string{
	"en": {
		phraseDetailsSent:   "Details sent",
		phraseEnded:         "This conversation has ended. Please start a new one.",
		phraseUnknownOption: "That choice is not available any more. Please pick one from the latest message.",
		phraseUnknownForm:   "That form is not in use any more. Please use the latest one.",
		phraseCodeText:      "%s: your code is %s. It works for %d minutes. We will never call you to ask for it.",
		phraseManyCodes:     "Too many codes were asked for. Please wait a while, or call us.",
		phraseNoCode:        "There is no code to check. Please ask for one first.",
		phraseCodeUsed:      "This code was used already. Please ask for a new one.",
		phraseCodeExpired:   "This code has expired. Please ask for a new one.",
		phraseCodeTried:     "That was not the code, and it cannot be tried again. Please ask for a new one.",
		phraseCodeWrong:     "That is not the code we sent. Please check it and try again.",
		phraseManyHolds:     "Several times are being kept for your network already. Please try again in a few minutes, or call us.",
		phraseFreedText:     "%s: a time for your %s is free: %s. We keep it for you until %s. To take it, open our chat or call %s.",
	},
	"es": {
		phraseDetailsSent:   "Datos enviados",
		phraseEnded:         "Esta conversación ha terminado. Empiece una nueva, por favor.",
		phraseUnknownOption: "Esa opción ya no está disponible. Elija una del último mensaje, por favor.",
		phraseUnknownForm:   "Ese formulario ya no está en uso. Use el último, por favor.",
		phraseCodeText:      "%s: su clave es %s. Vale %d minutos. Nunca le llamaremos para pedirla.",
		phraseManyCodes:     "Se han pedido demasiados códigos. Espere un rato, por favor, o llámenos.",
		phraseNoCode:        "No hay ningún código que comprobar. Pida uno primero, por favor.",
		phraseCodeUsed:      "Este código ya se usó. Pida uno nuevo, por favor.",
		phraseCodeExpired:   "Este código ha caducado. Pida uno nuevo, por favor.",
		phraseCodeTried:     "Ese no era el código y ya no se puede volver a probar. Pida uno nuevo, por favor.",
		phraseCodeWrong:     "Ese no es el código que enviamos. Compruébelo e inténtelo de nuevo, por favor.",
		phraseManyHolds:     "Ya se guardan varias horas para su red. Inténtelo de nuevo en unos minutos, por favor, o llámenos.",
		phraseFreedText:     "%s: hay una hora libre para %s: %s. Se la guardamos hasta las %s. Para aceptarla, abra nuestro chat o llame al %s.",
	},
}

// phrase is in English where a language has none.
func phrase(language string, key phraseKey) string {
	if in, found := phrases[language]; found {
		return in[key]
	}
	return phrases["en"][key]
}

// refuseMessage is a refusal of something that a patient sent.
func refuseMessage(code, language string) error {
	keys := map[string]phraseKey{
		chat.CodeEnded:         phraseEnded,
		chat.CodeUnknownOption: phraseUnknownOption,
		chat.CodeUnknownForm:   phraseUnknownForm,
	}
	return &chat.Error{Code: code, Message: phrase(language, keys[code])}
}
