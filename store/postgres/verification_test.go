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

// ask asks for a code as a session and returns the code of the refusal, "" for none.
func (c *chatClinic) ask(s chat.Session, number string) string {
	c.t.Helper()
	claim := jane
	claim.Phone = number
	_, err := c.DB.BeginVerification(context.Background(), c.id, c.request(s, claim))
	if err != nil && clinic.CodeOf(err) == "" {
		c.t.Fatal(err)
	}
	return clinic.CodeOf(err)
}

// openFrom begins a conversation from an address.
func (c *chatClinic) openFrom(address, resume string) chat.Session {
	c.t.Helper()
	s, err := c.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: c.id, Address: address, Resume: resume})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func TestHowManyCodesGoToANumber(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	steps := []struct {
		wait time.Duration
		sent int
	}{
		{0, 1},
		{0, 1},
		{0, 1},
		{0, 1},
		{0, 1},
		{0, 0},
		{14 * time.Minute, 0},
		{time.Minute, 1},
		{0, 1},
		{0, 1},
		{0, 1},
		{0, 1},
		{15 * time.Minute, 0},
		{23*time.Hour + 29*time.Minute, 0},
		{time.Minute, 1},
	}
	for i, step := range steps {
		c.Clock.Advance(step.wait)
		before := read[int](c, "select count(*) from delivery")
		s := c.openSession("")
		sent := c.begin(c.request(s, jane)) // never refused: a stranger is not told that the number was used here
		if sent.ID == uuid.Nil || sent.LastDigits != "23" || !sent.Expires.Equal(c.Clock.Now().Add(10*time.Minute)) {
			t.Errorf("step %d: announced %+v", i, sent)
		}
		if got := read[int](c, "select count(*) from delivery") - before; got != step.sent {
			t.Errorf("step %d: %d texts went out, want %d", i, got, step.sent)
		}
	}
	if withheld, rows := c.audited("code.withheld"), read[int](c, "select count(*) from verification where not sent"); withheld != 4 || rows != 4 {
		t.Errorf("%d audit rows and %d rows of what was withheld, want 4 and 4", withheld, rows)
	}
}

func TestAWithheldCodeLeavesTheLastOneWorking(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s, stranger := c.openSession(""), c.openSession("")
	for range 4 {
		c.begin(c.request(s, jane))
	}
	code := c.lastCode()
	c.begin(c.request(stranger, jane))
	if _, err := c.checkAs(stranger, code, uuid.NewString()); clinic.CodeOf(err) != clinic.CodeWrongCode {
		t.Errorf("another endpoint's code: %v", err)
	}
	for range clinic.CodeTries - 1 {
		_, _ = c.checkAs(s, otherCode(code), uuid.NewString())
	}
	c.begin(c.request(s, jane))
	if n := read[int](c, "select cardinality(wrong_keys) from verification where endpoint_id = $1 and not sent", s.Endpoint.ID); n != clinic.CodeTries-1 {
		t.Errorf("%d tries are counted, want those of the code that still works", n)
	}
	if got := c.check(s, code); !got.New {
		t.Errorf("the last code that was sent: %+v", got)
	}
}

func TestWhoeverHadAllTheCodesOfANumberIsToldSo(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	for i := range 6 {
		want := ""
		if i == 5 {
			want = clinic.CodeRateLimited
		}
		if got := c.ask(s, phone); got != want {
			t.Errorf("code %d to one number by one browser: %q, want %q", i, got, want)
		}
	}
}

func TestHowManyCodesABrowserAsksFor(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	for i := range 17 {
		want := ""
		if i >= 15 {
			want = clinic.CodeRateLimited
		}
		if got := c.ask(s, fmt.Sprintf("+121255501%02d", i)); got != want {
			t.Errorf("number %d of one browser: %q, want %q", i, got, want)
		}
	}
}

func TestHowManyCodesAnAddressAsksFor(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	next := 0
	ask := func(address string) string {
		next++
		return c.ask(c.openFrom(address, ""), fmt.Sprintf("+1212555%04d", next))
	}
	for round := range 10 {
		for i := range 20 {
			if got := ask("192.0.2.7"); got != "" {
				t.Fatalf("code %d of round %d: %q", i, round, got)
			}
		}
		if got := ask("192.0.2.7"); got != clinic.CodeRateLimited {
			t.Errorf("one more in round %d: %q", round, got)
		}
		c.Clock.Advance(15 * time.Minute)
	}
	if got := ask("192.0.2.7"); got != clinic.CodeRateLimited {
		t.Errorf("the 201st in a day: %q", got)
	}
	if got := ask("192.0.2.8"); got != "" {
		t.Errorf("another address: %q", got)
	}
	moved := c.openFrom("192.0.2.9", "")
	moved = c.openFrom("192.0.2.7", moved.Resume)
	if got := c.ask(moved, phone); got != clinic.CodeRateLimited {
		t.Errorf("a browser that moved to the address: %q", got)
	}
	if got := ask(""); got != "" {
		t.Errorf("an address that is not known: %q", got)
	}
	c.Clock.Advance(24 * time.Hour)
	if got := ask("192.0.2.7"); got != "" {
		t.Errorf("the day after: %q", got)
	}
	if row := read[string](c, "select endpoint::text from endpoint where caller_index is not null limit 1"); strings.Contains(row, "192.0.2") {
		t.Errorf("the address can be read in the database: %s", row)
	}
}

func TestHowManyTextsAClinicSends(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	other := anotherClinic(t, c.Env)
	for i := range 120 {
		if got := c.ask(c.openSession(""), fmt.Sprintf("+1212555%04d", i)); got != "" {
			t.Fatalf("text %d: %q", i, got)
		}
	}
	if got := c.ask(c.openSession(""), phone); got != clinic.CodeRateLimited {
		t.Errorf("the 121st text in a minute: %q", got)
	}
	if got := other.ask(other.openSession(""), phone); got != "" {
		t.Errorf("another clinic: %q", got)
	}
	c.Clock.Advance(time.Minute)
	if got := c.ask(c.openSession(""), phone); got != "" {
		t.Errorf("a minute later: %q", got)
	}
}

func TestCodesAskedForAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	var sessions [40]chat.Session
	for i := range sessions {
		sessions[i] = c.openFrom([]string{"", "192.0.2.7"}[min(i/12, 1)], "")
	}
	together(len(sessions), func(i int) {
		claim := jane
		if i >= 12 {
			claim.Phone = fmt.Sprintf("+1212555%04d", i)
		}
		_, _ = c.DB.BeginVerification(context.Background(), c.id, c.request(sessions[i], claim))
	})
	if n := read[int](c, "select count(*) from verification where sent and caller_index is null"); n != 5 {
		t.Errorf("%d codes went to one number, want 5", n)
	}
	if n := read[int](c, "select count(*) from verification where caller_index is not null"); n != 20 {
		t.Errorf("%d codes went out for one address, want 20", n)
	}
}
