package postgres_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const phone = "+12125550123"

var jane = clinic.Claim{
	GivenName: "Jane", FamilyName: "Doe", BirthDate: localtime.Date{Year: 1980, Month: 2, Day: 3}, Phone: phone, Language: "en",
}

// chart makes a patient as an import would.
func (c *chatClinic) chart(given, family, birth, phone string) uuid.UUID {
	c.t.Helper()
	id := uuid.New()
	index := func(what, value string) []byte { return c.Keys.Index(what+"/"+c.id.String(), value) }
	c.exec(`with made as (insert into resource (clinic_id, id, kind) values ($1, $2, 'patient'))
		insert into patient (clinic_id, id, given_name, family_name, birth_date, birth_date_index, phone_index)
		values ($1, $2, $3, $4, 'sealed', $5, $6)`, c.id, id, given, family, index("birth_date", birth), index("phone", phone))
	return id
}

// audited is the number of audit rows of an action.
func (c *chatClinic) audited(action string) int {
	c.t.Helper()
	return read[int](c, "select count(*) from audit where action = $1 and clinic_id = $2", action, c.id)
}

func (c *chatClinic) request(s chat.Session, claim clinic.Claim) clinic.VerifyRequest {
	return clinic.VerifyRequest{
		Endpoint: s.Endpoint.ID, Claim: claim, Enrol: true, Key: uuid.NewString(),
		Actor: clinic.Actor{Kind: "patient", Channel: "web", Conversation: s.Conversation.ID},
	}
}

func (c *chatClinic) begin(r clinic.VerifyRequest) clinic.Verification {
	c.t.Helper()
	v, err := c.DB.BeginVerification(context.Background(), c.id, r)
	if err != nil {
		c.t.Fatalf("beginning verification: %v", err)
	}
	return v
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// lastCode is the code in the text that was queued last.
func (c *chatClinic) lastCode() string {
	c.t.Helper()
	d, err := c.DB.Delivery(context.Background(), chat.DeliverArgs{Clinic: c.id, Delivery: read[uuid.UUID](c, "select id from delivery order by id desc limit 1")})
	if err != nil {
		c.t.Fatalf("reading delivery: %v", err)
	}
	return sixDigits.FindString(d.Text)
}

// otherCode is a wrong one.
func otherCode(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

func (c *chatClinic) checkAs(s chat.Session, code, key string) (clinic.Verified, error) {
	return c.DB.CheckCode(context.Background(), c.id, clinic.CheckRequest{
		Endpoint: s.Endpoint.ID, Code: code, Key: key, Actor: clinic.Actor{Kind: "patient", Channel: "web", Conversation: s.Conversation.ID},
	})
}

func (c *chatClinic) check(s chat.Session, code string) clinic.Verified {
	c.t.Helper()
	v, err := c.checkAs(s, code, uuid.NewString())
	if err != nil {
		c.t.Fatalf("checking code: %v", err)
	}
	return v
}

// verify goes the whole way with the right code.
func (c *chatClinic) verify(s chat.Session, claim clinic.Claim) clinic.Verified {
	c.t.Helper()
	c.begin(c.request(s, claim))
	return c.check(s, c.lastCode())
}

func (c *chatClinic) endpoint(s chat.Session) chat.Endpoint {
	c.t.Helper()
	e, err := c.DB.Endpoint(context.Background(), c.id, s.Endpoint.ID)
	if err != nil {
		c.t.Fatalf("reading endpoint: %v", err)
	}
	return e
}

func TestACodeGoesOutOnce(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	r := c.request(s, jane)
	sent := c.begin(r)
	if !sent.Expires.Equal(morning.Add(10*time.Minute)) || sent.LastDigits != "23" || sent.ID == uuid.Nil {
		t.Errorf("announced: %+v", sent)
	}
	c.Clock.Advance(time.Minute)
	if diff := cmp.Diff(sent, c.begin(r)); diff != "" { // the turn runs again after a crash
		t.Errorf("the same key again (-first +again):\n%s", diff)
	}
	if n, jobs, audits := c.count("delivery", s.Conversation.ID), c.jobs("deliver"), c.audited("code.sent"); n != 1 || jobs != 1 || audits != 1 {
		t.Errorf("%d deliveries, %d jobs, %d audit rows, want 1 of each", n, jobs, audits)
	}
	d, err := c.DB.Delivery(context.Background(), chat.DeliverArgs{Clinic: c.id, Delivery: read[uuid.UUID](c, "select id from delivery")})
	if err != nil {
		t.Fatal(err)
	}
	text := "Harbor View Clinic: your code is " + sixDigits.FindString(d.Text) + ". It works for 10 minutes. We will never call you to ask for it."
	want := chat.Delivery{ID: d.ID, Clinic: c.id, Conversation: s.Conversation.ID, Channel: chat.SMS, To: phone, Text: text, Purpose: "code"}
	if diff := cmp.Diff(want, d); diff != "" || len(d.Text) > 160 {
		t.Errorf("the text has %d letters (-want +got):\n%s", len(d.Text), diff)
	}
	row := read[string](c, "select verification::text from verification")
	for _, secret := range []string{sixDigits.FindString(d.Text), "Jane", "2125550123", "1980-02-03"} {
		if strings.Contains(row, secret) {
			t.Errorf("the verification can be read in the database: %s", row)
		}
	}
}

func TestTheTextIsInTheConversationsLanguage(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.exec("update conversation set language = 'es' where id = $1", s.Conversation.ID)
	c.begin(c.request(s, jane))
	d, err := c.DB.Delivery(context.Background(), chat.DeliverArgs{Clinic: c.id, Delivery: read[uuid.UUID](c, "select id from delivery")})
	if err != nil || !strings.Contains(d.Text, "su clave es") {
		t.Errorf("%q, %v", d.Text, err)
	}
	for _, r := range d.Text {
		if r > 127 {
			t.Errorf("%q is not in GSM-7", r)
		}
	}
}

func TestARightCodeFindsTheChart(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	patient := c.chart("Jane", "Doe", "1980-02-03", phone)
	c.chart("Jane", "Doe", "1999-09-09", phone)          // another date of birth
	c.chart("Jane", "Doe", "1980-02-03", "+12125550199") // another number
	s := c.openSession("")
	nameless := jane
	nameless.GivenName, nameless.FamilyName, nameless.Consent = "", "", "I agree to texts about my visits."
	c.begin(c.request(s, nameless))
	code, key := c.lastCode(), uuid.NewString()
	want := clinic.Verified{Patient: patient, GivenName: "Jane"}
	for range 2 { // the turn may run again
		got, err := c.checkAs(s, code, key)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if e := c.endpoint(s); e.Level != chat.LevelVerified || e.Patient != patient {
		t.Errorf("endpoint: %+v", e)
	}
	if got := read[uuid.UUID](c, "select patient_id from conversation where id = $1", s.Conversation.ID); got != patient {
		t.Errorf("the conversation is about %s", got)
	}
	if _, err := c.checkAs(s, code, uuid.NewString()); clinic.CodeOf(err) != clinic.CodeExpiredCode {
		t.Errorf("using the code a second time: %v", err)
	}
	consent := read[string](c, "select concat_ws('|', patient_id, purpose, wording, source, given) from consent")
	if want := fmt.Sprintf("%s|appointment_texts|I agree to texts about my visits.|web_form|t", patient); consent != want {
		t.Errorf("consent %s, want %s", consent, want)
	}
	if verified := read[bool](c, "select phone_verified_at is not null from patient where id = $1", patient); !verified {
		t.Error("the number is not marked as verified")
	}
	if n := c.audited("patient.verify"); n != 1 {
		t.Errorf("%d audit rows, want 1", n)
	}
	if name, err := c.DB.PatientName(context.Background(), c.id, patient); err != nil || name != "Jane" {
		t.Errorf("name %q, %v", name, err)
	}
	stranger := anotherClinic(t, c.Env)
	if name, err := c.DB.PatientName(context.Background(), stranger.id, patient); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("another clinic reads %q, %v", name, err)
	}
}

func TestNamesDecideBetweenTwins(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.chart("Ana", "Núñez-Gómez", "2020-01-02", phone)
	jose := c.chart("José", "Núñez-Gómez", "2020-01-02", phone)
	twin := clinic.Claim{GivenName: " jose ", FamilyName: "NUNEZ GOMEZ", BirthDate: localtime.Date{Year: 2020, Month: 1, Day: 2}, Phone: phone}
	if got := c.verify(c.openSession(""), twin); got.Patient != jose || got.New {
		t.Errorf("%+v, want the chart of José", got)
	}
	twin.GivenName, twin.FamilyName = "", ""
	s := c.openSession("")
	if got := c.verify(s, twin); got != (clinic.Verified{}) {
		t.Errorf("without a name: %+v, want nobody", got)
	}
	if e := c.endpoint(s); e.Level != chat.LevelNone {
		t.Errorf("endpoint: %+v", e)
	}
}

func TestANewPatientIsEnrolled(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.begin(c.request(s, jane))
	code, key := c.lastCode(), uuid.NewString()
	got, err := c.checkAs(s, code, key)
	if err != nil || !got.New || got.GivenName != "Jane" || got.Patient == uuid.Nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if again, err := c.checkAs(s, code, key); err != nil || again != got {
		t.Errorf("the same key again: %+v, %v", again, err)
	}
	row := read[string](c, `select concat_ws('|', given_name, family_name, language, possible_duplicate, phone_verified_at = $2,
		(select kind from resource r where r.id = patient.id)) from patient where id = $1`, got.Patient, morning)
	if row != "Jane|Doe|en|f|t|patient" {
		t.Errorf("chart %s", row)
	}
	if n := read[int](c, "select count(*) from patient"); n != 1 {
		t.Errorf("%d charts, want 1", n)
	}
	if n, tasks := c.audited("patient.enrol"), read[int](c, "select count(*) from task"); n != 1 || tasks != 0 {
		t.Errorf("%d audit rows and %d tasks, want 1 and 0", n, tasks)
	}
	if back := c.verify(c.openSession(""), jane); back.Patient != got.Patient || back.New {
		t.Errorf("coming back: %+v", back)
	}
}

func TestAPossibleDuplicateIsForStaffToSee(t *testing.T) {
	t.Parallel()
	for name, known := range map[string][4]string{
		"the same number":                 {"John", "Roe", "1955-05-05", phone},
		"the same name and date of birth": {"JANE", "doe", "1980-02-03", "+12125550177"},
	} {
		c := newChatClinic(t)
		c.chart(known[0], known[1], known[2], known[3])
		got := c.verify(c.openSession(""), jane)
		if !got.New {
			t.Errorf("%s: %+v, want a chart of their own", name, got)
		}
		if !read[bool](c, "select possible_duplicate from patient where id = $1", got.Patient) {
			t.Errorf("%s: the chart does not say that it may double another", name)
		}
		if n := read[int](c, "select count(*) from task where kind = 'duplicate' and patient_id = $1", got.Patient); n != 1 {
			t.Errorf("%s: %d tasks, want 1", name, n)
		}
	}
}

func TestNobodyIsEnrolledUnasked(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	r := c.request(s, jane)
	r.Enrol = false
	c.begin(r)
	if got := c.check(s, c.lastCode()); got != (clinic.Verified{}) {
		t.Errorf("%+v, want nobody", got)
	}
	if n := read[int](c, "select count(*) from patient"); n != 0 {
		t.Errorf("%d charts were made", n)
	}
	if e := c.endpoint(s); e.Level != chat.LevelNone {
		t.Errorf("endpoint: %+v", e)
	}
}

func TestWrongCodesCount(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.begin(c.request(s, jane))
	right := c.lastCode()
	codes := []string{}
	keys := []string{}
	for range 5 {
		key := uuid.NewString()
		keys = append(keys, key)
		_, err := c.checkAs(s, otherCode(right), key)
		codes = append(codes, clinic.CodeOf(err))
	}
	want := []string{clinic.CodeWrongCode, clinic.CodeWrongCode, clinic.CodeWrongCode, clinic.CodeWrongCode, clinic.CodeExpiredCode}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	for i, key := range keys {
		if _, err := c.checkAs(s, right, key); clinic.CodeOf(err) != want[i] {
			t.Errorf("the same message again: %v, want %s as before", err, want[i])
		}
	}
	if _, err := c.checkAs(s, right, uuid.NewString()); clinic.CodeOf(err) != clinic.CodeExpiredCode {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	if n := c.audited("code.wrong"); n != 5 {
		t.Errorf("%d audit rows, want 5", n)
	}
	if got := c.verify(s, jane); !got.New {
		t.Errorf("a new code: %+v", got)
	}
}

func TestOneMessageIsOneTry(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.begin(c.request(s, jane))
	wrong, key := otherCode(c.lastCode()), uuid.NewString()
	var errs [10]error
	together(len(errs), func(i int) { _, errs[i] = c.checkAs(s, wrong, key) })
	for _, err := range errs {
		if clinic.CodeOf(err) != clinic.CodeWrongCode {
			t.Fatal(err)
		}
	}
	if n := read[int](c, "select cardinality(wrong_keys) from verification"); n != 1 {
		t.Errorf("%d tries were counted, want 1", n)
	}
}

func TestGuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.begin(c.request(s, jane))
	wrong := otherCode(c.lastCode())
	together(20, func(int) { _, _ = c.checkAs(s, wrong, uuid.NewString()) })
	if n := read[int](c, "select cardinality(wrong_keys) from verification"); n != 5 {
		t.Errorf("%d guesses were compared, want 5", n)
	}
}

func TestCodesThatDoNotWork(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s, other := c.openSession(""), c.openSession("")
	expect := func(name string, of chat.Session, code string) {
		t.Helper()
		if v, err := c.checkAs(of, code, uuid.NewString()); clinic.CodeOf(err) != clinic.CodeExpiredCode {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	expect("none was sent", s, "123456")
	c.begin(c.request(s, jane))
	first := c.lastCode()
	expect("another session's", other, first)

	c.begin(c.request(s, jane))
	if second := c.lastCode(); second != first {
		if _, err := c.checkAs(s, first, uuid.NewString()); clinic.CodeOf(err) != clinic.CodeWrongCode {
			t.Errorf("the code before the last: %v", err)
		}
	}
	c.Clock.Advance(10 * time.Minute)
	expect("ten minutes old", s, c.lastCode())
	if _, err := c.checkAs(chat.Session{Endpoint: chat.Endpoint{ID: uuid.New()}}, first, uuid.NewString()); refusedAs(err) != chat.CodeEnded {
		t.Errorf("an endpoint that there is not: %v", err)
	}
	stranger := anotherClinic(t, c.Env)
	if _, err := stranger.checkAs(s, c.lastCode(), uuid.NewString()); refusedAs(err) != chat.CodeEnded {
		t.Errorf("another clinic: %v", err)
	}
	for _, err := range []error{
		func() error { _, err := c.checkAs(s, first, ""); return err }(),
		func() error {
			r := c.request(s, jane)
			r.Key = ""
			_, err := c.DB.BeginVerification(context.Background(), c.id, r)
			return err
		}(),
	} {
		if err == nil {
			t.Error("a request without a key was served")
		}
	}
}

func TestAnotherCodeForTheSameClaim(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	again := c.request(s, clinic.Claim{})
	again.Again, again.Enrol = true, false
	if _, err := c.DB.BeginVerification(context.Background(), c.id, again); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("another code before the first: %v", err)
	}
	first := c.begin(c.request(s, jane))
	second := c.begin(again)
	if second.ID == first.ID || second.LastDigits != "23" {
		t.Errorf("another code: %+v after %+v", second, first)
	}
	if got := c.check(s, c.lastCode()); !got.New || got.GivenName != "Jane" {
		t.Errorf("%+v, want what the first request asked for", got)
	}
}

func TestHowManyCodesGoOut(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	ask := func(s chat.Session, number string) string {
		claim := jane
		claim.Phone = number
		_, err := c.DB.BeginVerification(context.Background(), c.id, c.request(s, claim))
		if err != nil && clinic.CodeOf(err) == "" {
			t.Fatal(err)
		}
		return clinic.CodeOf(err)
	}
	steps := []struct {
		wait time.Duration
		want string
	}{
		{0, ""},
		{0, ""},
		{0, ""},
		{0, clinic.CodeRateLimited},
		{14 * time.Minute, clinic.CodeRateLimited},
		{time.Minute, ""},
		{15 * time.Minute, ""},
		{15 * time.Minute, ""},
		{15 * time.Minute, clinic.CodeRateLimited},
		{22*time.Hour + 59*time.Minute, clinic.CodeRateLimited},
		{time.Minute, ""},
	}
	for i, step := range steps {
		c.Clock.Advance(step.wait)
		if got := ask(c.openSession(""), phone); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	s := c.openSession("")
	for i := range 12 {
		want := ""
		if i >= 10 {
			want = clinic.CodeRateLimited
		}
		if got := ask(s, fmt.Sprintf("+121255501%02d", i)); got != want {
			t.Errorf("number %d of one browser: %q, want %q", i, got, want)
		}
	}
}

func TestCodesAskedForAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	var sessions [12]chat.Session
	for i := range sessions {
		sessions[i] = c.openSession("")
	}
	together(len(sessions), func(i int) {
		_, _ = c.DB.BeginVerification(context.Background(), c.id, c.request(sessions[i], jane))
	})
	if n := read[int](c, "select count(*) from verification"); n != 3 {
		t.Errorf("%d codes went to one number, want 3", n)
	}
}

func TestVerifyingAgainUnlocksHistory(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.say(s, "My knee hurts.")
	mine := c.verify(s, jane)
	if mine.Unlocked {
		t.Error("nothing was hidden, and it says unlocked")
	}
	c.Clock.Advance(time.Hour)
	s = c.openSession(s.Resume)
	if s.Endpoint.VisibleAfter == 0 {
		t.Fatal("nothing is hidden")
	}
	c.begin(c.request(s, jane))
	code, key := c.lastCode(), uuid.NewString()
	for range 2 {
		if got, err := c.checkAs(s, code, key); err != nil || !got.Unlocked || got.Patient != mine.Patient {
			t.Errorf("verified again: %+v, %v", got, err)
		}
	}
	if e := c.endpoint(s); e.VisibleAfter != 0 || e.Level != chat.LevelVerified {
		t.Errorf("endpoint: %+v", e)
	}
}

func TestAnotherPatientSeesNothingOfTheFirst(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.say(s, "My knee hurts.")
	mine := c.verify(s, jane)
	c.Clock.Advance(time.Hour)
	s = c.openSession(s.Resume)
	c.say(s, "I am John.")
	john := jane
	john.GivenName, john.BirthDate.Year = "John", 1979
	got := c.verify(s, john)
	if got.Unlocked || got.Patient == mine.Patient {
		t.Errorf("%+v", got)
	}
	if e := c.endpoint(s); e.Patient != got.Patient || e.Level != chat.LevelVerified || e.VisibleAfter != 3 {
		t.Errorf("endpoint: %+v, want everything up to 3 hidden", e)
	}
	if owner := read[uuid.UUID](c, "select patient_id from conversation where id = $1", s.Conversation.ID); owner != mine.Patient {
		t.Errorf("the conversation moved to %s", owner)
	}
}

func TestVerificationErrorsTellNothing(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.begin(c.request(s, jane))
	c.exec("update verification set details = 'garbage'")
	_, err := c.checkAs(s, c.lastCode(), uuid.NewString())
	if err == nil {
		t.Fatal("garbage was read")
	}
	for _, secret := range []string{"Jane", "Doe", "2125550123", c.lastCode()} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q tells %q", err, secret)
		}
	}
}
