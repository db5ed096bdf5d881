package guided_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/guided"
	"github.com/agentcare/agentcare/chat"
)

func TestNewNeedsADesk(t *testing.T) {
	t.Parallel()
	if _, err := guided.New(guided.Config{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("error is %v, want one that names Desk", err)
	}
}

// TestWanderingPatients plays patients who write and press anything at any time, and holds what must hold whatever they do:
// there is always an answer, nothing changes but by a confirmation that was offered, and nothing is said to have changed
// but what has.
func TestWanderingPatients(t *testing.T) {
	t.Parallel()
	sentences := readSentences(t)
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			c := begin(t)
			if seed%2 == 0 {
				c.happen([]string{"known"})
				c.happen([]string{"appointment", "chen", "skin-check", "2026-12-02", "10:00"})
			}
			random := rand.New(rand.NewPCG(seed, 1))
			for range 60 {
				c.wander(random, sentences)
			}
		})
	}
}

func readSentences(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/understanding/en.txt")
	if err != nil {
		t.Fatal(err)
	}
	var sentences []string
	for line := range strings.Lines(string(data)) {
		if text, _, ok := strings.Cut(line, " => "); ok && !strings.HasPrefix(text, "# ") {
			sentences = append(sentences, text)
		}
	}
	return sentences
}

// saysChanged is how the wording says that something was changed, in either language.
var saysChanged = regexp.MustCompile(`It's (booked|moved|cancelled)|Queda (reservada|cambiada|cancelada)`)

// wander does one thing at random and checks what came of it.
func (c *conversation) wander(random *rand.Rand, sentences []string) {
	c.t.Helper()
	before, offered := c.changes(), c.offersConfirmation()
	line := sentences[random.IntN(len(sentences))]
	switch n := random.IntN(10); {
	case n < 4 && len(c.shown) > 0:
		line = "[" + c.shown[random.IntN(len(c.shown))].Label + "]"
	case n < 6 && len(c.last) > 0 && len(c.last[len(c.last)-1].Body.Options) > 0:
		line = "[" + c.last[len(c.last)-1].Body.Options[0].Label + "]"
	case n < 8 && c.fields() != "":
		line = "{" + c.fields() + "}"
	}
	c.log("> %s", line)
	c.put(line)
	c.answer()
	var texts []string
	for _, m := range c.last {
		texts = append(texts, m.Body.Text)
	}
	said := strings.Join(texts, "\n")
	changed := c.changes() - before
	claims := saysChanged.MatchString(said)
	switch {
	case strings.TrimSpace(said) == "":
		c.t.Fatalf("no answer to %s\n%s", line, c.transcript.String())
	case changed > 1:
		c.t.Fatalf("%d changes at once\n%s", changed, c.transcript.String())
	case changed == 1 && !offered:
		c.t.Fatalf("a change that nobody was asked to confirm\n%s", c.transcript.String())
	case changed == 1 != claims:
		c.t.Fatalf("%d changes, but the answer was: %s\n%s", changed, said, c.transcript.String())
	}
}

// changes counts what the record says was done to appointments.
func (c *conversation) changes() (n int) {
	c.t.Helper()
	if err := c.env.Owner.QueryRow(c.t.Context(), "select count(*) from appointment_event").Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// offersConfirmation reports whether something has been offered for confirmation.
func (c *conversation) offersConfirmation() bool {
	for _, o := range c.shown {
		if o.Kind == chat.OptionConfirm {
			return true
		}
	}
	return false
}

// fields fills the last form that was shown, with the right code; "" when there is none.
func (c *conversation) fields() string {
	var form *chat.Form
	for _, m := range c.last {
		form = m.Body.Form
	}
	if form == nil {
		return ""
	}
	values := map[string]string{
		chat.FieldGivenName: "Jane", chat.FieldFamilyName: "Doe", chat.FieldBirthDate: "1980-05-01",
		chat.FieldPhoneName: "+12125550123", chat.FieldConsent: "true", chat.FieldCodeName: "$code",
	}
	var pairs []string
	for _, field := range form.Fields {
		pairs = append(pairs, field.Name+": "+values[field.Name])
	}
	return strings.Join(pairs, ", ")
}

func TestAnAddressThatHoldsEnoughIsTold(t *testing.T) {
	t.Parallel()
	c := begin(t)
	c.exec(`update endpoint set caller_index = 'here' where id = $1`, c.session.Endpoint.ID)
	c.exec(`insert into allocation (clinic_id, id, resource_id, state, starts_at, ends_at, expires_at, hold_token, held_at, caller_index)
		select r.clinic_id, gen_random_uuid(), r.id, 1, $1::timestamptz + n * interval '10 min', $1::timestamptz + (n + 1) * interval '10 min', 'infinity',
		  gen_random_uuid(), $1, 'here'
		from (select * from resource where kind = 'practitioner' limit 5) r cross join generate_series(0, 1) n`, c.env.Clock.Now())
	c.patient("a skin check please")
	var slot string
	for _, o := range c.shown {
		if o.Kind == chat.OptionSlot {
			slot = o.Label
			break
		}
	}
	c.patient("[" + slot + "]")
	said := c.last[len(c.last)-1].Body
	if !strings.Contains(said.Text, "try again in a few minutes") || len(said.Options) == 0 {
		t.Errorf("somebody at an address that holds enough is told %q with %d ways on\n%s", said.Text, len(said.Options), c.transcript.String())
	}
}

// TestStateIsBoundedAndReadable: what is remembered stays small however long a conversation gets, and what another version
// wrote is forgotten without harm.
func TestStateIsBoundedAndReadable(t *testing.T) {
	t.Parallel()
	c := begin(t)
	for range 12 {
		c.patient("I'd like a skin check")
		c.patient("other times please")
		c.patient("anything later?")
		c.patient("the first one")
	}
	c.put("hello")
	claim, turn := c.claim()
	if len(turn.State) == 0 || len(turn.State) > 16<<10 {
		t.Errorf("the state has %d bytes", len(turn.State))
	}
	for name, state := range map[string]json.RawMessage{"none": nil, "of another version": json.RawMessage(`{"v":99,"job":7}`), "of the past": json.RawMessage(`{"v":0,"job":"book"}`)} {
		turn.State = state
		reply, err := c.engine.Respond(t.Context(), turn, &stream{})
		if name == "of another version" {
			continue // its shape may be anything; what counts is that it does no harm
		}
		if err != nil || !strings.Contains(reply.Messages[0].Text, "Hello") {
			t.Errorf("a state %s: %v, %v", name, reply.Messages, err)
		}
	}
	turn.State = json.RawMessage(`{`)
	if _, err := c.engine.Respond(t.Context(), turn, &stream{}); err == nil {
		t.Error("a state that is no JSON was read")
	}
	if err := c.env.DB.GiveBack(t.Context(), claim, 0); err != nil {
		t.Fatal(err)
	}
}

func TestApology(t *testing.T) {
	t.Parallel()
	c := begin(t)
	for text, want := range map[string][]string{
		"hello":                  {"went wrong on our side", "Mon, Nov 30 at 10:00 AM", "(212) 555-0100"},
		"help, I can't breathe!": {"call 911", "went wrong on our side"},
	} {
		c.put(text)
		_, turn := c.claim()
		body := c.engine.Apology(t.Context(), turn)
		for _, part := range want {
			if !strings.Contains(body.Text, part) {
				t.Errorf("the apology for %q lacks %q: %q", text, part, body.Text)
			}
		}
		c.answer()
	}
}

func TestGreetingInEveryLanguage(t *testing.T) {
	t.Parallel()
	c := begin(t)
	for _, language := range c.engine.Languages() {
		c.clinic.Settings.PrivacyURL = "https://harborview.example/privacy"
		first, err := c.engine.Greeting(c.clinic, language)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"911", "https://harborview.example/privacy", "Harbor View Clinic"} {
			if !strings.Contains(first.Text, part) {
				t.Errorf("%s: the greeting lacks %q: %q", language, part, first.Text)
			}
		}
		second, err := c.engine.Greeting(c.clinic, language)
		if err != nil {
			t.Fatal(err)
		}
		if len(first.Options) != 4 || cmp.Equal(first.Options[0].ID, second.Options[0].ID) {
			t.Errorf("%s: options %v; want four with ids of their own", language, first.Options)
		}
	}
}

func TestATurnWithoutMessagesIsAnError(t *testing.T) {
	t.Parallel()
	c := begin(t)
	if _, err := c.engine.Respond(t.Context(), agent.Turn{Conversation: c.session.Conversation}, &stream{}); err == nil {
		t.Error("a turn without a message was answered")
	}
}
