package chat

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/agentcare/agentcare/localtime"
)

// Limits of what is entered in forms.
const (
	maxName  = 100 // characters
	maxLine  = 500 // characters of any other text
	maxEmail = 254 // octets, RFC 5321
	maxAge   = 130 // years
	codeLen  = 6   // digits
)

// ValidateContext is what values of a form are checked against.
type ValidateContext struct {
	Now      time.Time
	Zone     *time.Location // of the clinic: what day it is there; nil means UTC
	Region   string         // ISO 3166, of phone numbers written without a country code
	Language string         // of the sentences: "en", "es"; others are English
}

// Validate checks what a patient entered and returns it as it is to be stored: white space tidied, phone numbers in E.164,
// codes as six digits, checkboxes "true" or "false", fields left empty left out.
//
// What is wrong is an [Error] with [CodeBadForm], the field's name and a sentence in the patient's language; the first
// field in the form's order is named. A name of the protocol's that the form does not ask for is left out, since a client may
// always send what it knows of a patient; any other name that the form does not have is refused.
// Sentences never repeat what was entered.
func (f Form) Validate(values map[string]string, v ValidateContext) (map[string]string, error) {
	for name := range values {
		asked := slices.ContainsFunc(f.Fields, func(field Field) bool { return field.Name == name })
		if !asked && !slices.Contains(commonNames, name) {
			return nil, v.refuse(Field{}, sayUnknownField)
		}
	}
	clean := make(map[string]string, len(f.Fields))
	for _, field := range f.Fields {
		value, problem := field.clean(values[field.Name], v)
		if problem != "" {
			return nil, v.refuse(field, problem)
		}
		if value != "" {
			clean[field.Name] = value
		}
	}
	return clean, nil
}

func (v ValidateContext) refuse(field Field, problem saying) error {
	message := strings.ReplaceAll(sentence(v.Language, problem), "{field}", field.Label)
	return &Error{Code: CodeBadForm, Field: field.Name, Message: message}
}

// clean is the value as it is to be stored, or what is wrong with it.
func (f Field) clean(value string, v ValidateContext) (string, saying) {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, isForbiddenControl) {
		return "", sayControl
	}
	value = strings.Join(strings.Fields(norm.NFC.String(strings.Map(dropInvisible, value))), " ")
	if f.Type == FieldCheckbox {
		return f.checkbox(value)
	}
	if blank(value) {
		if f.Required {
			return "", sayRequired
		}
		return "", ""
	}
	switch f.Type {
	case FieldDate:
		return f.date(value, v)
	case FieldPhone:
		return phone(value, v.Region)
	case FieldEmail:
		return email(value)
	case FieldCode:
		return code(value)
	case FieldSelect:
		return f.choice(value)
	default:
		return f.text(value)
	}
}

func (f Field) text(value string) (string, saying) {
	isName := f.Name == FieldGivenName || f.Name == FieldFamilyName
	length := utf8.RuneCountInString(value)
	switch {
	case isName && length > maxName, length > maxLine:
		return "", sayLongField
	case isName && (!strings.ContainsFunc(value, unicode.IsLetter) || strings.ContainsFunc(value, notInNames) || dotInside(value)):
		return "", sayName
	}
	return value, ""
}

// notInNames reports what no name is written with; names are repeated in texts to patients, so that a link must not fit in.
func notInNames(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" '’‘`´-‐–.,()·\u200c\u200d\u200e\u200f", r)
}

// dotInside reports whether a dot stands within a word, as in the name of a site, and not after it, as in "J. R." or "Jr.".
func dotInside(name string) bool {
	for _, after := range strings.SplitAfter(name, ".")[1:] {
		if after != "" && !strings.ContainsRune(" ,)-‐–", []rune(after)[0]) {
			return true
		}
	}
	return false
}

func (f Field) checkbox(value string) (string, saying) {
	switch {
	case value == "true":
		return "true", ""
	case value != "" && value != "false":
		return "", sayCheckbox
	case f.Required:
		return "", sayTick
	}
	return "false", ""
}

func (f Field) date(value string, v ValidateContext) (string, saying) {
	d, err := localtime.ParseDate(value)
	if err != nil {
		return "", sayDate
	}
	if f.Name != FieldBirthDate {
		return d.String(), ""
	}
	zone := v.Zone
	if zone == nil {
		zone = time.UTC
	}
	today := localtime.DateOf(v.Now, zone)
	if d.After(today) {
		return "", sayFutureBirth
	}
	if d.Before(localtime.Date{Year: today.Year - maxAge, Month: today.Month, Day: today.Day}) {
		return "", sayOldBirth
	}
	return d.String(), ""
}

func phone(value, region string) (string, saying) {
	if utf8.RuneCountInString(value) > 40 || strings.ContainsFunc(value, unicode.IsLetter) {
		return "", sayPhone
	}
	number, err := phonenumbers.Parse(value, region)
	if err != nil || number.GetExtension() != "" || !reachable(number) {
		return "", sayPhone
	}
	return phonenumbers.Format(number, phonenumbers.E164), ""
}

// reachable reports whether there can be such a number. It asks no more than its length, and in North America the first
// digit of the area code: number plans grow faster than tables of them, and a number is proven by the code sent to it.
func reachable(number *phonenumbers.PhoneNumber) bool {
	if phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return false
	}
	return number.GetCountryCode() != 1 || number.GetNationalNumber() >= 200_000_0000
}

func email(value string) (string, saying) {
	address, err := mail.ParseAddress(value)
	if err != nil || address.Name != "" || address.Address != value || len(value) > maxEmail {
		return "", sayEmail
	}
	at := strings.LastIndexByte(value, '@')
	local, domain := value[:at], value[at+1:]
	if len(local) > 64 || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") || strings.ContainsAny(value, " \"[") {
		return "", sayEmail
	}
	return local + "@" + strings.ToLower(domain), ""
}

// code takes six digits, however they are grouped.
func code(value string) (string, saying) {
	digits := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Zs, unicode.Pd) {
			return -1
		}
		return r
	}, value)
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if len(digits) != codeLen || strings.ContainsFunc(digits, notDigit) {
		return "", sayCode
	}
	return digits, ""
}

func (f Field) choice(value string) (string, saying) {
	if !slices.Contains(f.Options, value) {
		return "", sayChoice
	}
	return value, ""
}
