package chat

import "encoding/json"

// Form asks for several values at once. Its id is opaque and valid in its conversation alone.
type Form struct {
	ID     string          `json:"id"`
	Fields []Field         `json:"fields"`
	Ref    json.RawMessage `json:"ref,omitempty"` // what the engine meant by it; never leaves the server
}

// Field is one value of a form.
type Field struct {
	Name     string    `json:"name"`
	Label    string    `json:"label"`
	Type     FieldType `json:"type"`
	Required bool      `json:"required"`
	Options  []string  `json:"options,omitempty"` // of a select
}

// FieldType says how a field is entered and what is checked.
type FieldType string

// Types of fields.
const (
	FieldText     FieldType = "text"
	FieldDate     FieldType = "date"  // YYYY-MM-DD
	FieldPhone    FieldType = "tel"   // any usual spelling; stored as E.164
	FieldEmail    FieldType = "email" //
	FieldCode     FieldType = "code"  // six digits
	FieldCheckbox FieldType = "checkbox"
	FieldSelect   FieldType = "select"
)

// Names of fields that mean the same in every form.
const (
	FieldGivenName  = "given_name"
	FieldFamilyName = "family_name"
	FieldBirthDate  = "birth_date"
	FieldPhoneName  = "phone"
	FieldEmailName  = "email"
	FieldCodeName   = "code"
	FieldForWhom    = "for_whom"
	FieldLanguage   = "language"
	FieldConsent    = "consent"
)

// commonNames are those above.
var commonNames = []string{
	FieldGivenName, FieldFamilyName, FieldBirthDate, FieldPhoneName, FieldEmailName, FieldCodeName, FieldForWhom, FieldLanguage, FieldConsent,
}
