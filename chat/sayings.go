package chat

import "strings"

// saying names a sentence to a patient about what they sent.
type saying string

const (
	sayBadText      saying = "bad_text"
	sayEmpty        saying = "empty"
	sayTooLong      saying = "too_long"
	sayUnknownField saying = "unknown_field"
	sayControl      saying = "control"
	sayRequired     saying = "required"
	sayLongField    saying = "long_field"
	sayName         saying = "name"
	sayCheckbox     saying = "checkbox"
	sayTick         saying = "tick"
	sayDate         saying = "date"
	sayFutureBirth  saying = "future_birth"
	sayOldBirth     saying = "old_birth"
	sayPhone        saying = "phone"
	sayEmail        saying = "email"
	sayCode         saying = "code"
	sayChoice       saying = "choice"
)

// sentences by language. {field} is the field's label.
var sentences = map[string]map[saying]string{
	"en": {
		sayBadText:      "Sorry, that message has characters in it that cannot be read. Please type it again.",
		sayEmpty:        "That message was empty. What can I do for you?",
		sayTooLong:      "That message is too long. Please keep it under 4,000 characters.",
		sayUnknownField: "That form was not filled in as it was sent. Please reload the page and try again.",
		sayControl:      "“{field}” has characters in it that cannot be read. Please type it again.",
		sayRequired:     "Please fill in “{field}”.",
		sayLongField:    "“{field}” is too long. Please shorten it.",
		sayName:         "Please write “{field}” with letters only.",
		sayCheckbox:     "Please tick “{field}” or leave it empty.",
		sayTick:         "Please tick “{field}” to go on.",
		sayDate:         "Please enter “{field}” as a date that exists, for example 1985-04-23.",
		sayFutureBirth:  "That date of birth is in the future. Please check it.",
		sayOldBirth:     "That date of birth is too long ago. Please check the year.",
		sayPhone:        "That phone number does not seem to be complete. Please enter it with its area code.",
		sayEmail:        "That does not look like an email address. Please check it.",
		sayCode:         "The code has six digits. Please check it.",
		sayChoice:       "Please pick one of the choices for “{field}”.",
	},
	"es": {
		sayBadText:      "Lo siento, ese mensaje contiene caracteres que no se pueden leer. Escríbalo de nuevo, por favor.",
		sayEmpty:        "Ese mensaje estaba vacío. ¿En qué puedo ayudarle?",
		sayTooLong:      "Ese mensaje es demasiado largo. Use menos de 4000 caracteres, por favor.",
		sayUnknownField: "El formulario no se rellenó tal como se envió. Vuelva a cargar la página e inténtelo de nuevo, por favor.",
		sayControl:      "«{field}» contiene caracteres que no se pueden leer. Escríbalo de nuevo, por favor.",
		sayRequired:     "Rellene «{field}», por favor.",
		sayLongField:    "«{field}» es demasiado largo. Acórtelo, por favor.",
		sayName:         "Escriba «{field}» solo con letras, por favor.",
		sayCheckbox:     "Marque «{field}» o déjelo vacío, por favor.",
		sayTick:         "Marque «{field}» para continuar, por favor.",
		sayDate:         "Escriba en «{field}» una fecha que exista, por ejemplo 1985-04-23, por favor.",
		sayFutureBirth:  "Esa fecha de nacimiento está en el futuro. Revísela, por favor.",
		sayOldBirth:     "Esa fecha de nacimiento es demasiado antigua. Revise el año, por favor.",
		sayPhone:        "Ese número de teléfono no parece completo. Escríbalo con su prefijo, por favor.",
		sayEmail:        "Eso no parece una dirección de correo electrónico. Revísela, por favor.",
		sayCode:         "El código tiene seis cifras. Revíselo, por favor.",
		sayChoice:       "Elija una de las opciones de «{field}», por favor.",
	},
}

// sentence is the saying in a language ("es", "es-MX"), in English where there is none.
func sentence(language string, s saying) string {
	language, _, _ = strings.Cut(language, "-")
	if text, ok := sentences[language][s]; ok {
		return text
	}
	return sentences["en"][s]
}
