package guided

import (
	"context"
	"regexp"
	"strconv"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// askDetails asks who it is, in a form.
func (t *talk) askDetails() error {
	t.state.Step = stepDetails
	if h := t.state.Hold; h != nil && h.Expires.After(t.caller.Now) {
		v := t.slotValues(h.Slot)
		v.Count = max(1, int(h.Expires.Sub(t.caller.Now).Minutes()))
		t.say("keeping", v)
	}
	switch {
	case t.state.Job == jobGroup:
		t.say("ask-details-group", prompts.Values{})
	case t.state.Wish.Guardian:
		t.say("ask-details-guardian", prompts.Values{})
	case t.state.Job.enrols():
		t.say("ask-details-book", prompts.Values{Other: t.forOther()})
	default:
		t.say("ask-details-known", prompts.Values{})
	}
	if t.forOther() && t.caller.Verified() {
		t.state.Guardian = t.caller.Patient
	}
	return t.detailsForm()
}

// enrols reports whether a chart is made for whoever proves who they are and has none.
func (t *talk) enrols() bool { return t.state.Job.enrols() && !t.state.Wish.Guardian }

// forOther reports whether the visit is for somebody else than who writes.
func (t *talk) forOther() bool {
	return t.state.Wish.Whom == forChild || t.state.Wish.Whom == forOther
}

// detailsForm asks for the name too where a chart may have to be made, and for the consent to texts with it.
func (t *talk) detailsForm() error {
	t.state.Step = stepDetails
	if t.enrols() && t.forOther() && !t.caller.Verified() && len(t.menu) == 0 {
		t.offer(t.plain(doGuardian))
	}
	known := []chat.Field{
		{Name: chat.FieldBirthDate, Label: t.text("field-birth-date", prompts.Values{}), Type: chat.FieldDate, Required: true},
		{Name: chat.FieldPhoneName, Label: t.text("field-phone", prompts.Values{}), Type: chat.FieldPhone, Required: true},
	}
	if !t.enrols() {
		return t.ask(doDetails, known)
	}
	fields := append([]chat.Field{
		{Name: chat.FieldGivenName, Label: t.text("field-given-name", prompts.Values{}), Type: chat.FieldText, Required: true},
		{Name: chat.FieldFamilyName, Label: t.text("field-family-name", prompts.Values{}), Type: chat.FieldText, Required: true},
	}, known...)
	return t.ask(doDetails, append(fields, chat.Field{
		Name: chat.FieldConsent, Label: t.text("field-consent", prompts.Values{}), Type: chat.FieldCheckbox,
	}))
}

// sendDetails gives the values of the form to the verifier, and to nobody else, and asks for the code that it sends.
func (t *talk) sendDetails(ctx context.Context, values map[string]string) error {
	birth, err := localtime.ParseDate(values[chat.FieldBirthDate])
	if err != nil || values[chat.FieldPhoneName] == "" {
		return t.detailsForm()
	}
	claim := clinic.Claim{
		GivenName:  values[chat.FieldGivenName],
		FamilyName: values[chat.FieldFamilyName],
		BirthDate:  birth,
		Phone:      values[chat.FieldPhoneName],
		Language:   t.words.Language(),
	}
	if values[chat.FieldConsent] == "true" {
		claim.Consent = t.text("field-consent", prompts.Values{})
	}
	t.meanwhile("checking")
	sent, err := t.desk.BeginVerification(ctx, t.caller, tools.VerifyIn{Claim: claim, Enrol: t.enrols()})
	return t.codeSent(ctx, sent, "code-sent", err)
}

// anotherCode sends a new code for the details that were entered before.
func (t *talk) anotherCode(ctx context.Context) error {
	sent, err := t.desk.AnotherCode(ctx, t.caller, t.enrols())
	return t.codeSent(ctx, sent, "code-sent-again", err)
}

// codeSent says where the code went and asks for it, or says why none was sent.
func (t *talk) codeSent(ctx context.Context, sent clinic.Verification, name string, err error) error {
	switch code := clinic.CodeOf(err); {
	case code == clinic.CodeRateLimited:
		t.say("code-limited", prompts.Values{})
		t.offer(t.plain(doHuman), t.plain(doOver))
		return nil
	case code == clinic.CodeNotFound:
		t.say("code-none", prompts.Values{})
		return t.detailsForm()
	case code == clinic.CodeNotConfigured:
		t.say("code-unavailable", prompts.Values{})
		return t.handOff(ctx)
	case err != nil:
		return err
	}
	t.state.Step, t.state.WrongCodes = stepCode, 0
	t.say(name, prompts.Values{Digits: sent.LastDigits, Count: int(sent.Expires.Sub(t.caller.Now).Minutes())})
	return t.codeForm()
}

func (t *talk) codeForm() error {
	t.offer(t.plain(doResend), t.plain(doDetails))
	return t.ask(doCode, []chat.Field{
		{Name: chat.FieldCodeName, Label: t.text("field-code", prompts.Values{}), Type: chat.FieldCode, Required: true},
	})
}

// heardCode takes a code that was written instead of entered in the form.
func (t *talk) heardCode(ctx context.Context, r reading) (bool, error) {
	switch {
	case t.state.Step != stepCode:
		return false, nil
	case r.code != "":
		return true, t.checkCode(ctx, r.code)
	case r.has(signWrongDetails):
		return true, t.askDetails()
	case r.u.signs.hasAny(setOf(signAnotherCode, signOthers)):
		return true, t.anotherCode(ctx)
	default:
		return false, nil
	}
}

// checkCode goes on with the job when the code is right.
func (t *talk) checkCode(ctx context.Context, code string) error {
	t.meanwhile("checking")
	verified, err := t.desk.CheckCode(ctx, t.caller, code)
	switch refusal := clinic.CodeOf(err); {
	case refusal == clinic.CodeWrongCode:
		t.state.Step = stepCode
		t.state.WrongCodes++
		t.say("code-wrong", prompts.Values{Count: max(1, clinic.CodeTries-t.state.WrongCodes)})
		return t.codeForm()
	case refusal == clinic.CodeExpiredCode:
		t.state.Step = stepCode
		t.say("code-expired", prompts.Values{})
		t.offer(t.plain(doResend), t.plain(doDetails), t.plain(doHuman))
		return nil
	case err != nil:
		return err
	}
	t.unlocked = t.unlocked || verified.Unlocked
	if verified.Patient == uuid.Nil {
		return t.nobodyKnown(ctx)
	}
	t.caller = t.caller.As(verified.Patient)
	t.state.WrongCodes, t.state.Step = 0, stepNone
	thanks := prompts.Values{Patient: verified.GivenName}
	if t.enrols() && t.forOther() {
		thanks.Patient = ""
	}
	t.say("thanks-name", thanks)
	if err := t.verifiedFor(ctx); err != nil {
		return err
	}
	return t.advance(ctx)
}

// nobodyKnown answers somebody whose number is theirs but who has no chart: the same as if they had one without
// appointments, and without anybody to look after.
func (t *talk) nobodyKnown(ctx context.Context) error {
	if t.state.Job == jobGroup {
		return t.single(ctx)
	}
	if t.state.Wish.Guardian {
		t.state.Wish.Guardian = false
		t.say("nobody-linked", prompts.Values{})
		return t.askDetails()
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.rest()
	t.say("mine-none", prompts.Values{})
	t.offer(t.plain(doBook), t.plain(doHuman))
	return nil
}

// pastYear is a year in which somebody may have been born, and no visit can be.
var pastYear = regexp.MustCompile(`\b(?:19|20)\d\d\b`)

// heardDetails takes a date of birth or a number that was written where the form asks for it: they belong into the form, and
// are no time of a visit.
func (t *talk) heardDetails(_ context.Context, r reading) (bool, error) {
	if t.state.Step != stepDetails {
		return false, nil
	}
	year, err := strconv.Atoi(pastYear.FindString(r.u.original))
	if born := err == nil && year < t.caller.Now.Year(); !born && !r.phone {
		return false, nil
	}
	return true, t.useForm()
}

// useForm asks for the form to be used. It must not be the only way on.
func (t *talk) useForm() error {
	t.say("use-form", prompts.Values{})
	t.offer(t.plain(doHuman), t.plain(doOver))
	return t.detailsForm()
}
