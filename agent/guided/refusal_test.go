package guided

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
)

// refusalCodes are all that the rules can say of a time that somebody chose.
var refusalCodes = []string{
	clinic.CodeSlotTaken, clinic.CodeNotOffered, clinic.CodeOutsideHours, clinic.CodeOffGrid, clinic.CodeWrongLength, clinic.CodeRetired,
	clinic.CodeNotForPatient, clinic.CodeNotYourHold, clinic.CodeTooSoon, clinic.CodeTooFar, clinic.CodePatientBusy, clinic.CodeNotFound,
	clinic.CodeWrongState, clinic.CodeInvalid,
}

func refusing(t *testing.T, language string) *talk {
	t.Helper()
	wording, err := prompts.LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	service := clinic.Service{ID: uuid.New(), Name: "Mole check", For: clinic.ForNew}
	return &talk{words: wording.In(language), vocab: &vocabulary{}, clinic: &clinic.Directory{Services: []clinic.Service{service}}}
}

// TestRefusalsAreSaidInTheConversationsLanguage holds that every refusal of a time has a sentence of its own in each
// language, that it names whom and how long it is about, and that the rules' English sentence is not shown.
func TestRefusalsAreSaidInTheConversationsLanguage(t *testing.T) {
	t.Parallel()
	const english = "The sentence of the rules."
	for _, code := range refusalCodes {
		said := map[string]bool{}
		for _, language := range []string{"en", "es"} {
			talk := refusing(t, language)
			if !talk.refused(&clinic.Error{Code: code, Message: english}, talk.clinic.Services[0].ID) || talk.fault != nil || len(talk.parts) != 1 {
				t.Fatalf("%s in %s: said %q, %v", code, language, talk.parts, talk.fault)
			}
			if strings.Contains(talk.parts[0], english) || said[talk.parts[0]] {
				t.Errorf("%s in %s: said %q", code, language, talk.parts[0])
			}
			said[talk.parts[0]] = true
		}
	}
}

func TestRefusalsNameWhomAndHowLong(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err          clinic.Error
		language     string
		want, unlike string
	}{
		{clinic.Error{Code: clinic.CodeTooSoon, Span: 2 * time.Hour}, "en", "2 hours", "over"},
		{clinic.Error{Code: clinic.CodeTooSoon}, "en", "that time is over", "ahead"},
		{clinic.Error{Code: clinic.CodeTooFar, Span: 90 * 24 * time.Hour}, "es", "90 días", ""},
		{clinic.Error{Code: clinic.CodeWrongLength, Span: time.Hour}, "es", "1 hora", "horas"},
		{clinic.Error{Code: clinic.CodeOffGrid, Span: 15 * time.Minute}, "en", "every 15 minutes", ""},
		{clinic.Error{Code: clinic.CodeRetired, Who: "Dr. Maya Chen"}, "es", "Dr. Maya Chen ya no atiende", ""},
		{clinic.Error{Code: clinic.CodeOutsideHours, Who: "Dr. Maya Chen", Span: 90 * time.Minute}, "en", "90 minutes", ""},
		{clinic.Error{Code: clinic.CodeNotOffered}, "en", "this kind of visit isn't offered", "doesn't"},
		{clinic.Error{Code: clinic.CodeNotForPatient}, "en", "new patients only: Mole check", ""},
	} {
		talk := refusing(t, tc.language)
		if !talk.refused(&tc.err, talk.clinic.Services[0].ID) {
			t.Fatalf("%s is no refusal", tc.err.Code)
		}
		if got := talk.parts[0]; !strings.Contains(got, tc.want) || tc.unlike != "" && strings.Contains(got, tc.unlike) {
			t.Errorf("%s in %s: said %q, want %q and not %q", tc.err.Code, tc.language, got, tc.want, tc.unlike)
		}
	}
}

// TestFaultsAreNoRefusals holds that what is nobody's answer stays an error.
func TestFaultsAreNoRefusals(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, clinic.Refuse(clinic.CodeKeyReused, "."), clinic.Refuse(clinic.CodeNotAllowed, "."), clinic.Refuse(clinic.CodeRateLimited, ".")} {
		if talk := refusing(t, "en"); talk.refused(err, uuid.Nil) || len(talk.parts) > 0 {
			t.Errorf("%v: said %q", err, talk.parts)
		}
	}
}
