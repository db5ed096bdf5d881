package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var detailsForm = Form{ID: "f1", Fields: []Field{
	{Name: FieldGivenName, Label: "First name", Type: FieldText, Required: true},
	{Name: FieldFamilyName, Label: "Last name", Type: FieldText, Required: true},
	{Name: FieldBirthDate, Label: "Date of birth", Type: FieldDate, Required: true},
	{Name: FieldPhoneName, Label: "Mobile number", Type: FieldPhone, Required: true},
	{Name: FieldEmailName, Label: "Email", Type: FieldEmail},
	{Name: FieldLanguage, Label: "Language", Type: FieldSelect, Options: []string{"en", "es"}},
	{Name: "note", Label: "Anything else?", Type: FieldText},
	{Name: "since", Label: "Since when?", Type: FieldDate},
	{Name: FieldConsent, Label: "Text me", Type: FieldCheckbox, Required: true},
	{Name: "news", Label: "Newsletter", Type: FieldCheckbox},
}}

var codeForm = Form{ID: "f2", Fields: []Field{{Name: FieldCodeName, Label: "Code", Type: FieldCode, Required: true}}}

func validateContext(t *testing.T, language string) ValidateContext {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return ValidateContext{
		Now:      time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), // still the 23rd in New York
		Zone:     zone,
		Region:   "US",
		Language: language,
	}
}

// details are values that pass, with changes: "-" takes a value out.
func details(changes ...string) map[string]string {
	values := map[string]string{
		FieldGivenName: "Ana", FieldFamilyName: "Lee", FieldBirthDate: "1985-04-23", FieldPhoneName: "212-555-0142", FieldConsent: "true",
	}
	for i := 0; i < len(changes); i += 2 {
		values[changes[i]] = changes[i+1]
		if changes[i+1] == "-" {
			delete(values, changes[i])
		}
	}
	return values
}

func TestValidateTidiesWhatWasEntered(t *testing.T) {
	got, err := detailsForm.Validate(details(
		FieldGivenName, "  María\tJosé ", // decomposed accents
		FieldFamilyName, "O’Brien-\u202eLee",
		FieldPhoneName, "(212) 555-0142",
		FieldEmailName, "Ana.Lee@Example.ORG",
		FieldLanguage, "es",
		"note", "  wheelchair   access ",
		"since", "",
		"news", "",
	), validateContext(t, "en"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		FieldGivenName: "María José", FieldFamilyName: "O’Brien-Lee", FieldBirthDate: "1985-04-23", FieldPhoneName: "+12125550142",
		FieldEmailName: "Ana.Lee@example.org", FieldLanguage: "es", "note": "wheelchair access", FieldConsent: "true", "news": "false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidateTakesUsualSpellings(t *testing.T) {
	for _, tt := range []struct{ field, value, want string }{
		{FieldPhoneName, "+1 212 555 0100", "+12125550100"},
		{FieldPhoneName, "1.212.555.0199", "+12125550199"},
		{FieldPhoneName, "+15550100199", "+15550100199"},
		{FieldPhoneName, "+44 20 7946 0018", "+442079460018"},
		{FieldPhoneName, "011 44 20 7946 0018", "+442079460018"},
		{FieldGivenName, "Nguyễn Thị", "Nguyễn Thị"},
		{FieldGivenName, "محمد", "محمد"},
		{FieldGivenName, "X Æ A-12", "X Æ A-12"},
		{FieldGivenName, "李", "李"},
		{FieldFamilyName, "St. John, Jr.", "St. John, Jr."},
		{FieldGivenName, "J. R.", "J. R."},
		{FieldGivenName, "J.-P. (Wm.)", "J.-P. (Wm.)"},
		{FieldBirthDate, "2026-11-23", "2026-11-23"}, // born today
		{FieldBirthDate, "1896-11-23", "1896-11-23"}, // 130 today
		{FieldBirthDate, "2024-02-29", "2024-02-29"},
		{FieldEmailName, "a+b@sub.example.co", "a+b@sub.example.co"},
		{"since", "2030-01-01", "2030-01-01"}, // only births lie in the past
	} {
		got, err := detailsForm.Validate(details(tt.field, tt.value), validateContext(t, "en"))
		if err != nil {
			t.Errorf("%s %q: %v", tt.field, tt.value, err)
		} else if got[tt.field] != tt.want {
			t.Errorf("%s %q = %q, want %q", tt.field, tt.value, got[tt.field], tt.want)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, tt := range []struct{ field, value, says string }{
		{FieldGivenName, "-", "fill in “First name”"},
		{FieldGivenName, "   ", "fill in “First name”"},
		{FieldGivenName, "\u200d\u2066", "fill in “First name”"},
		{FieldGivenName, "12", "letters"},
		{FieldGivenName, "see https://example.org", "letters"},
		{FieldGivenName, "<b>Ana</b>", "letters"},
		{FieldGivenName, "free-prize.example.com", "letters"},
		{FieldFamilyName, "Lee .example", "letters"},
		{FieldFamilyName, "Lee 192.0.2.1", "letters"},
		{FieldFamilyName, "example.\u200ccom", "letters"},
		{FieldFamilyName, "example..com", "letters"},
		{FieldFamilyName, "example。com", "letters"},
		{FieldFamilyName, "Lee/prize", "letters"},
		{FieldFamilyName, "tel:Lee", "letters"},
		{FieldFamilyName, "ana@lee", "letters"},
		{FieldGivenName, strings.Repeat("é", 101), "too long"},
		{FieldGivenName, "A\x00na", "cannot be read"},
		{FieldGivenName, "A\xffna", "cannot be read"},
		{"note", long, "too long"},
		{FieldBirthDate, "2026-02-30", "date that exists"},
		{FieldBirthDate, "23/04/1985", "date that exists"},
		{FieldBirthDate, "2026-11-24", "in the future"},
		{FieldBirthDate, "1896-11-22", "too long ago"},
		{FieldBirthDate, "0000-01-01", "too long ago"},
		{FieldBirthDate, "-", "fill in"},
		{FieldPhoneName, "555-0100", "phone number"}, // no area code
		{FieldPhoneName, "123", "phone number"},
		{FieldPhoneName, "+1 000 000 0000", "phone number"},
		{FieldPhoneName, "112 555 0142", "phone number"},
		{FieldPhoneName, "+999 12345678", "phone number"},
		{FieldPhoneName, "212 555 0142 ext 3", "phone number"},
		{FieldPhoneName, "212 555 0142 #3", "phone number"},
		{FieldPhoneName, "call me", "phone number"},
		{FieldPhoneName, strings.Repeat("1", 300), "phone number"},
		{FieldEmailName, "ana", "email address"},
		{FieldEmailName, "ana@localhost", "email address"},
		{FieldEmailName, "ana@example.", "email address"},
		{FieldEmailName, "Ana <ana@example.org>", "email address"},
		{FieldEmailName, `"a b"@example.org`, "email address"},
		{FieldEmailName, "ana@[192.0.2.1]", "email address"},
		{FieldEmailName, strings.Repeat("a", 65) + "@example.org", "email address"},
		{FieldEmailName, "a@" + strings.Repeat("b.", 130) + "org", "email address"},
		{FieldLanguage, "fr", "one of the choices"},
		{FieldConsent, "-", "tick"},
		{FieldConsent, "false", "tick"},
		{FieldConsent, "yes", "tick"},
		{"news", "on", "leave it empty"},
	} {
		_, err := detailsForm.Validate(details(tt.field, tt.value), validateContext(t, "en"))
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != CodeBadForm || refusal.Field != tt.field {
			t.Errorf("%s %q: error %#v, want a %s of that field", tt.field, tt.value, err, CodeBadForm)
			continue
		}
		if !strings.Contains(refusal.Message, tt.says) {
			t.Errorf("%s %q: message %q, want it to say %q", tt.field, tt.value, refusal.Message, tt.says)
		}
	}
}

func TestValidateLeavesOutWhatTheFormDoesNotAskFor(t *testing.T) {
	form := Form{Fields: []Field{{Name: FieldCodeName, Type: FieldCode, Required: true}}}
	got, err := form.Validate(map[string]string{"code": "123456", "phone": "not even a number", "consent": "true"}, ValidateContext{})
	if err != nil || len(got) != 1 || got["code"] != "123456" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestValidateRefusesUnknownFieldsWithoutRepeatingThem(t *testing.T) {
	_, err := detailsForm.Validate(details("is_admin", "true"), validateContext(t, "en"))
	if !errors.Is(err, &Error{Code: CodeBadForm}) || strings.Contains(err.Error(), "is_admin") {
		t.Errorf("error %v, want a %s that keeps the name to itself", err, CodeBadForm)
	}
}

func TestValidateNamesTheFirstProblemOfTheForm(t *testing.T) {
	_, err := detailsForm.Validate(map[string]string{}, validateContext(t, "en"))
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Field != FieldGivenName {
		t.Errorf("error %v, want the first field's", err)
	}
}

func TestValidateCode(t *testing.T) {
	for _, value := range []string{"123456", " 123 456 ", "123-456", "123–456"} {
		got, err := codeForm.Validate(map[string]string{FieldCodeName: value}, validateContext(t, "en"))
		if err != nil || got[FieldCodeName] != "123456" {
			t.Errorf("%q = %q, %v", value, got[FieldCodeName], err)
		}
	}
	for _, value := range []string{"", "12345", "1234567", "12345a", "123.456", "१२३४५६"} {
		if _, err := codeForm.Validate(map[string]string{FieldCodeName: value}, validateContext(t, "en")); err == nil {
			t.Errorf("%q passed", value)
		}
	}
}

func TestValidateWithoutZoneTakesUTC(t *testing.T) {
	v := validateContext(t, "en")
	v.Zone = nil
	if _, err := detailsForm.Validate(details(FieldBirthDate, "2026-11-24"), v); err != nil {
		t.Errorf("born today in UTC: %v", err)
	}
}

func TestSentencesSpeakTheConversationsLanguage(t *testing.T) {
	for language, want := range map[string]string{"es": "Ese número", "es-MX": "Ese número", "fr": "That phone", "": "That phone"} {
		_, err := detailsForm.Validate(details(FieldPhoneName, "1"), validateContext(t, language))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("in %q: %v, want %q...", language, err, want)
		}
	}
}

func TestSentencesAreTheSameInEveryLanguage(t *testing.T) {
	for language, known := range sentences {
		for s, english := range sentences["en"] {
			if known[s] == "" {
				t.Errorf("%s: no sentence for %q", language, s)
			}
			if strings.Contains(english, "{field}") != strings.Contains(known[s], "{field}") {
				t.Errorf("%s: %q names the field in one language only", language, s)
			}
		}
		if len(known) != len(sentences["en"]) {
			t.Errorf("%s: %d sentences, English has %d", language, len(known), len(sentences["en"]))
		}
	}
}

func FuzzValidate(f *testing.F) {
	for _, seed := range []string{"Ana", "1985-04-23", "+12125550142", "a@example.org", "123-456", "true", "\x00", "\xff", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		v := ValidateContext{Now: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), Region: "US"}
		for _, field := range append(detailsForm.Fields, codeForm.Fields...) {
			form := Form{Fields: []Field{field}}
			got, err := form.Validate(map[string]string{field.Name: value}, v)
			if err != nil {
				if !errors.Is(err, &Error{Code: CodeBadForm}) || err.Error() == "" {
					t.Fatalf("%s %q: error %#v", field.Name, value, err)
				}
				continue
			}
			clean := got[field.Name]
			if !utf8.ValidString(clean) || strings.ContainsAny(clean, "\x00\r\n\t") {
				t.Fatalf("%s %q passed as %q", field.Name, value, clean)
			}
			again, err := form.Validate(got, v)
			if err != nil || again[field.Name] != clean {
				t.Fatalf("%s %q: cleaned %q, and again %q, %v", field.Name, value, clean, again[field.Name], err)
			}
		}
	})
}
