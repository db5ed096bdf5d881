package postgres_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

var morning = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func TestANewSession(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	greeting := chat.Body{Text: "Hello.", Options: []chat.Option{{Label: "Book", Kind: chat.OptionChoice}}}
	open := func() chat.Session {
		s, err := c.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: c.id, Language: "es", Idle: time.Hour, Greeting: greeting})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, other := open(), open()
	want := chat.Session{
		Conversation: chat.Conversation{Clinic: c.id, ID: s.Conversation.ID, Seq: 1, Answered: 1, Language: "es"},
		Endpoint:     chat.Endpoint{ID: s.Endpoint.ID, Conversation: s.Conversation.ID, Channel: chat.Web},
		Resume:       s.Resume,
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if s.Conversation.ID == other.Conversation.ID || s.Endpoint.ID == other.Endpoint.ID || s.Resume == other.Resume {
		t.Error("two new sessions share something")
	}
	if raw, err := base64.RawURLEncoding.DecodeString(s.Resume); err != nil || len(raw) != 32 {
		t.Errorf("the secret has %d bytes, %v", len(raw), err)
	}
	if hash := read[[]byte](c, "select resume_hash from endpoint where id = $1", s.Endpoint.ID); bytes.Contains(hash, []byte(s.Resume)) {
		t.Error("the secret itself is stored")
	}
	messages := c.messages(s)
	if len(messages) != 1 || messages[0].Role != chat.RoleAgent || messages[0].Body.Text != "Hello." {
		t.Fatalf("the conversation begins with %+v", messages)
	}
	in := c.inbound(s, "")
	in.Option = messages[0].Body.Options[0].ID
	if accepted := c.put(in); accepted.Seq != 2 {
		t.Errorf("an option of the greeting: %+v", accepted)
	}
	if due, err := c.DB.Due(context.Background(), lease, 10); err != nil || len(due) != 1 {
		t.Errorf("due is %v, %v: want the one that chose, for a greeting wants no answer", due, err)
	}
}

// TestWhereABrowserIs holds that whoever answers a turn knows the zone that the browser is in.
func TestWhereABrowserIs(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	request := chat.SessionRequest{Clinic: c.id, Zone: "Europe/Madrid", Idle: time.Hour}
	for _, step := range []struct{ said, want string }{{"Europe/Madrid", "Europe/Madrid"}, {"", "Europe/Madrid"}, {"Asia/Tokyo", "Asia/Tokyo"}} {
		request.Zone = step.said
		s, err := c.DB.OpenSession(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		request.Resume = s.Resume
		c.say(s, "Hello?")
		claim, err := c.DB.Claim(context.Background(), chat.TurnArgs{Clinic: c.id, Conversation: s.Conversation.ID}, c.worker(), lease)
		if err != nil {
			t.Fatal(err)
		}
		read, err := c.DB.Endpoint(context.Background(), c.id, s.Endpoint.ID)
		if err != nil {
			t.Fatal(err)
		}
		for what, endpoint := range map[string]chat.Endpoint{"opened": s.Endpoint, "claimed": claim.Endpoint, "read": read} {
			if endpoint.Zone == nil || endpoint.Zone.String() != step.want {
				t.Errorf("%s after saying %q: the zone is %v, want %s", what, step.said, endpoint.Zone, step.want)
			}
		}
		if err := c.DB.GiveBack(context.Background(), claim, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASessionWithoutAGreeting(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s, err := c.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: c.id})
	if err != nil || s.Conversation.Seq != 0 || s.Conversation.Language != "en" {
		t.Errorf("%+v, %v, want an empty conversation in the clinic's language", s, err)
	}
	if accepted := c.say(s, "Hello?"); accepted.Seq != 1 {
		t.Errorf("the first message is %d", accepted.Seq)
	}
	_, err = c.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: uuid.New()})
	if clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("a clinic that there is not: %v", err)
	}
}

func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	first := c.openSession("")
	c.say(first, "Hello?")

	second := c.openSession(first.Resume)
	if !second.Resumed || second.Conversation.ID != first.Conversation.ID || second.Endpoint.ID != first.Endpoint.ID || second.Conversation.Seq != 2 {
		t.Fatalf("taken up again: %+v", second)
	}
	if second.Resume == first.Resume {
		t.Error("the secret did not change")
	}
	lost := c.openSession(first.Resume) // the answer above got lost
	if !lost.Resumed || lost.Resume != second.Resume {
		t.Errorf("once more with the same secret: resumed %v, the same next secret %v", lost.Resumed, lost.Resume == second.Resume)
	}
	third := c.openSession(second.Resume)
	if !third.Resumed || third.Conversation.ID != first.Conversation.ID {
		t.Fatalf("the new secret: %+v", third)
	}
	if stolen := c.openSession(first.Resume); stolen.Resumed || stolen.Conversation.ID == first.Conversation.ID {
		t.Error("a secret that was replaced and whose successor was used still opens the conversation")
	}
	if fourth := c.openSession(third.Resume); !fourth.Resumed {
		t.Error("an old secret that somebody tried voided the current one")
	}
}

func TestTwoTabsOpenAtOnce(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	first := c.openSession("")
	var tabs [8]chat.Session
	together(len(tabs), func(i int) { tabs[i] = c.openSession(first.Resume) })
	for i, tab := range tabs {
		if !tab.Resumed || tab.Resume != tabs[0].Resume {
			t.Errorf("tab %d: resumed %v, with the secret of the others %v", i, tab.Resumed, tab.Resume == tabs[0].Resume)
		}
	}
	if next := c.openSession(tabs[3].Resume); !next.Resumed {
		t.Error("whichever secret a browser keeps last must go on")
	}
}

func TestSecretsThatOpenNothing(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	other := anotherClinic(t, c.Env)
	s, theirs := c.openSession(""), other.openSession("")
	for name, secret := range map[string]string{
		"an invented one":      base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		"no base64":            "\x00'; --",
		"another clinic's":     theirs.Resume,
		"with one more letter": s.Resume + "A",
	} {
		if got := c.openSession(secret); got.Resumed || got.Conversation.ID == s.Conversation.ID {
			t.Errorf("%s resumes a session", name)
		}
	}
	if again := other.openSession(theirs.Resume); !again.Resumed {
		t.Error("a secret that was tried at another clinic is void")
	}
}

func TestComingBackAfterAWhile(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.say(s, "My knee hurts.")
	patient := c.chart("Jane", "Doe", "1980-02-03", "+12125550123")
	c.exec("update endpoint set level = 2, patient_id = $2, verified_at = now() where id = $1", s.Endpoint.ID, patient)
	c.exec("update conversation set patient_id = $2 where id = $1", s.Conversation.ID, patient)

	c.Clock.Advance(29 * time.Minute)
	soon := c.openSession(s.Resume)
	if soon.Endpoint.Level != chat.LevelVerified || soon.Endpoint.Patient != patient || soon.Endpoint.VisibleAfter != 0 {
		t.Errorf("after 29 minutes: %+v", soon.Endpoint)
	}
	c.Clock.Advance(20 * time.Minute)
	c.say(s, "Still there?") // a message is a sign of life, too
	c.Clock.Advance(20 * time.Minute)
	talking := c.openSession(soon.Resume)
	if talking.Endpoint.Level != chat.LevelVerified {
		t.Errorf("20 minutes after a message: %+v", talking.Endpoint)
	}
	c.Clock.Advance(31 * time.Minute)
	late := c.openSession(talking.Resume)
	want := chat.Endpoint{ID: s.Endpoint.ID, Conversation: s.Conversation.ID, Channel: chat.Web, VisibleAfter: 3}
	if diff := cmp.Diff(want, late.Endpoint); diff != "" || !late.Resumed {
		t.Errorf("after 31 minutes (-want +got):\n%s", diff)
	}
	stored, err := c.DB.Endpoint(context.Background(), c.id, s.Endpoint.ID)
	if diff := cmp.Diff(want, stored); err != nil || diff != "" {
		t.Errorf("stored, %v (-want +got):\n%s", err, diff)
	}
	if n := c.audited("session.lock"); n != 1 {
		t.Errorf("%d locks are audited, want 1", n)
	}
}

func TestComingBackToAGreetingHidesNothing(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.Clock.Advance(24 * time.Hour)
	if back := c.openSession(s.Resume); !back.Resumed || back.Endpoint.VisibleAfter != 0 {
		t.Errorf("nothing was said, and hidden is %+v", back.Endpoint)
	}
}

func TestOpeningAPageIsNoSignOfLife(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(morning)
	s := c.openSession("")
	c.say(s, "Hello?")
	for range 3 { // a page that is open reconnects, and is loaded again when the browser starts
		c.Clock.Advance(10 * time.Minute)
		c.endpoint(s)
		if s = c.openSession(s.Resume); s.Endpoint.VisibleAfter != 0 {
			t.Errorf("hidden within half an hour of the last message: %+v", s.Endpoint)
		}
	}
	c.Clock.Advance(time.Second)
	if s = c.openSession(s.Resume); s.Endpoint.VisibleAfter != 2 {
		t.Errorf("more than half an hour after the last message: %+v", s.Endpoint)
	}
	c.Clock.Advance(20 * time.Minute)
	if s = c.openSession(s.Resume); s.Endpoint.VisibleAfter != 2 || c.audited("session.lock") != 1 {
		t.Errorf("20 minutes after it was locked: %+v, locked %d times", s.Endpoint, c.audited("session.lock"))
	}
}

func TestEndingASession(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	ctx := context.Background()
	s := c.openSession("")
	c.say(s, "Forget me.")
	claim := c.claim(s, c.worker())
	for range 2 { // the second time changes nothing
		if err := c.DB.EndSession(ctx, c.id, s.Endpoint.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.DB.Endpoint(ctx, c.id, s.Endpoint.ID); refusedAs(err) != chat.CodeEnded {
		t.Errorf("the endpoint: %v", err)
	}
	if _, err := c.DB.Put(ctx, c.inbound(s, "One more thing")); refusedAs(err) != chat.CodeEnded {
		t.Errorf("a message: %v", err)
	}
	if again := c.openSession(s.Resume); again.Resumed {
		t.Error("the secret still resumes")
	}
	if _, err := c.DB.Complete(ctx, completion(claim, chat.Body{Text: "Too late."})); err == nil {
		t.Error("a turn that was under way wrote its answer")
	}
	if due, err := c.DB.Due(ctx, lease, 10); err != nil || len(due) != 0 {
		t.Errorf("due is %v, %v", due, err)
	}
	if n := c.audited("session.end"); n != 1 {
		t.Errorf("%d ends are audited, want 1", n)
	}
}

func TestEndingASessionForgetsWhatFormsHeld(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Book it.")
	form := c.reply(s, chat.Body{Text: "Who are you?", Form: &chat.Form{Ref: json.RawMessage(`"who"`)}})[0].Body.Form
	in := c.inbound(s, "")
	in.Form, in.Values = form.ID, map[string]string{chat.FieldGivenName: "Jane", chat.FieldBirthDate: "1980-02-03"}
	filled := c.put(in)
	said := c.say(s, "No, forget it.")
	if err := c.DB.EndSession(context.Background(), c.id, s.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	messages := c.messages(s)
	want := chat.Body{Text: "Details sent", Filled: &chat.Filled{Form: form.ID, Ref: form.Ref}}
	if diff := cmp.Diff(want, messages[filled.Seq-1].Body); diff != "" {
		t.Errorf("the form that was never answered (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(said.Message.Body, messages[said.Seq-1].Body); diff != "" {
		t.Errorf("what was said besides (-want +got):\n%s", diff)
	}
}

func TestEndingASessionReleasesItsHold(t *testing.T) {
	t.Parallel()
	p := open(t)
	session := func() chat.Session {
		s, err := p.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: p.id})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, other := session(), session()
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 10, 0)), Token: clinic.HoldToken(s.Conversation.ID), Actor: as(p.ann)})
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ben, p.at(1, 10, 0)), Token: clinic.HoldToken(other.Conversation.ID), Actor: as(p.bob)})
	if err := p.DB.EndSession(context.Background(), p.id, s.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := p.book("now free", p.bob, p.slot(p.ada, p.at(1, 10, 0))); err != nil {
		t.Errorf("what the ended conversation held: %v", err)
	}
	_, err := p.book("still held", p.ann, p.slot(p.ben, p.at(1, 10, 0)))
	wantCode(t, "what another conversation holds", err, clinic.CodeSlotTaken)
}

func TestEndpointsOfAnotherClinic(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	other := anotherClinic(t, c.Env)
	s := c.openSession("")
	if _, err := c.DB.Endpoint(context.Background(), other.id, s.Endpoint.ID); refusedAs(err) != chat.CodeEnded {
		t.Errorf("another clinic reads the endpoint: %v", err)
	}
	if err := c.DB.EndSession(context.Background(), other.id, s.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DB.Endpoint(context.Background(), c.id, s.Endpoint.ID); err != nil {
		t.Errorf("another clinic ended the session: %v", err)
	}
}
