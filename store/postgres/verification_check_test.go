package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

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

func TestATwinWithoutAChartDoesNotGetTheOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given, family string
		same          bool
	}{
		"the same name":                      {" MARIA-jose ", "Nunez", true},
		"a short form":                       {"Mar", "Other", true},
		"a longer form":                      {"María José Ana", "", true},
		"begins alike in the same family":    {"Mariela", "NÚÑEZ", true},
		"begins alike in another family":     {"Mariela", "Roe", false},
		"begins alike in no family":          {"Mariela", "", false},
		"two letters are no short form":      {"Ma", "Núñez", false},
		"another name":                       {"Ana", "Núñez", false},
		"no given name":                      {"", "Núñez", true},
		"another name in letters beyond a-z": {"Ñandú", "Núñez", false},
		"no names at all":                    {"", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChatClinic(t)
			known := c.chart("María José", "Núñez", "2020-01-02", phone)
			claim := clinic.Claim{GivenName: test.given, FamilyName: test.family, BirthDate: localtime.Date{Year: 2020, Month: 1, Day: 2}, Phone: phone}
			s := c.openSession("")
			r := c.request(s, claim)
			r.Enrol = false
			c.begin(r)
			want := clinic.Verified{}
			if test.same {
				want = clinic.Verified{Patient: known, GivenName: "María José"}
			}
			if got := c.check(s, c.lastCode()); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestATwinIsEnrolledForStaffToSee(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	known := c.chart("Joan", "Doe", "1980-02-03", phone)
	got := c.verify(c.openSession(""), jane)
	if !got.New || got.Patient == known || got.GivenName != "Jane" {
		t.Fatalf("%+v, want a chart of her own", got)
	}
	if !read[bool](c, "select possible_duplicate from patient where id = $1", got.Patient) {
		t.Error("the chart does not say that it may double another")
	}
	if n := read[int](c, "select count(*) from task where kind = 'duplicate' and patient_id = $1", got.Patient); n != 1 {
		t.Errorf("%d tasks, want 1", n)
	}
	if back := c.verify(c.openSession(""), jane); back.Patient != got.Patient || back.New {
		t.Errorf("coming back: %+v, want the chart of her own", back)
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

func TestWhoComesBackSeesNothingOfTheOthers(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	john := jane
	john.GivenName, john.BirthDate.Year, john.Phone = "John", 1979, "+12125550124"
	var s chat.Session
	visit := func(claim clinic.Claim) (clinic.Verified, int64) {
		s = c.openSession(s.Resume)
		c.say(s, "Hello, it is "+claim.GivenName) // said before it is proven
		verified := c.verify(s, claim)
		visible := c.endpoint(s).VisibleAfter
		c.say(s, "Only for "+claim.GivenName)
		c.Clock.Advance(time.Hour)
		return verified, visible
	}
	for i, step := range []struct {
		who      clinic.Claim
		visible  int64 // after so many messages, the greeting being the first
		unlocked bool
	}{
		{jane, 0, false}, // says 2 and 3
		{john, 4, false}, // says 4 and 5
		{john, 4, true},  // says 6 and 7
		{jane, 8, false}, // says 8 and 9
		{jane, 8, true},  // says 10 and 11
		{john, 12, false},
	} {
		verified, visible := visit(step.who)
		if visible != step.visible || verified.Unlocked != step.unlocked {
			t.Errorf("step %d: sees what comes after %d, unlocked %v, want %d, %v", i, visible, verified.Unlocked, step.visible, step.unlocked)
		}
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
