package guided_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/tools/txtar"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/guided"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
	"github.com/agentcare/agentcare/tools"
)

var update = flag.Bool("update", false, "rewrite the scripts in testdata with what is said now")

// TestConversations plays whole conversations against the real record, through the inbox, as a worker does.
//
// A script's transcript is what the patient does and what is answered. Lines of the patient:
//
//	> words
//	> [label]                  a button of the last message that has it
//	> {given_name: Jane, ...}  the last form; $code is the code that was sent last
//
// Lines that begin with @ happen outside the conversation; see [conversation.happen]. Everything else is expected.
// The second file is what the record holds in the end.
func TestConversations(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/conversations/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			t.Parallel()
			play(t, script)
		})
	}
}

func play(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) == 0 {
		t.Fatalf("%s has no transcript", file)
	}
	c := begin(t)
	for line := range strings.Lines(string(archive.Files[0].Data)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "> "):
			c.log("%s", line)
			c.patient(line[2:])
		case strings.HasPrefix(line, "@ "):
			c.log("%s", line)
			c.happen(strings.Fields(line[2:]))
		}
	}
	got := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
		{Name: "transcript", Data: []byte(c.transcript.String())},
		{Name: "record", Data: []byte(c.record())},
	}})
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := txtar.Format(archive)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the conversation goes another way (-want +got; -update accepts it):\n%s", diff)
	}
}

// start is when conversations begin: a Monday morning at the clinic.
var start = time.Date(2026, time.November, 30, 14, 0, 0, 0, time.UTC)

// conversation is one that is being played.
type conversation struct {
	t          *testing.T
	env        *storetest.Env
	engine     *guided.Engine
	clinic     clinic.Clinic
	data       clinic.Dataset
	session    chat.Session
	channel    chat.Channel
	worker     uuid.UUID
	sent       int
	last       []chat.Message // the last answer
	shown      []chat.Option  // every option so far, latest last
	form       string         // id of the last form
	transcript strings.Builder
	lock       pgx.Tx // of an import
}

// begin makes a clinic without bookings and opens a browser's session with it.
func begin(t *testing.T) *conversation {
	t.Helper()
	env := storetest.OpenWith(t, func(c *postgres.Config) { c.LockTimeout = time.Second })
	env.Clock.Set(start)
	data, err := demo.Dataset(start)
	if err != nil {
		t.Fatal(err)
	}
	data.Patients, data.Appointments = patients, nil
	if _, err := env.DB.Seed(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	desk, err := tools.New(tools.Config{
		Directories: env.DB, Closings: env.DB, Calendar: env.DB, Bookings: env.DB, Groups: env.DB, Family: env.DB, Waitlist: env.DB, Offers: env.DB, Verifier: env.DB, Tasks: env.DB,
	})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := guided.New(guided.Config{Desk: desk})
	if err != nil {
		t.Fatal(err)
	}
	c := &conversation{
		t: t, env: env, engine: engine, clinic: data.Directory.Clinic, data: data, channel: chat.Web, worker: uuid.Must(uuid.NewV7()),
	}
	if err := env.DB.Beat(t.Context(), c.worker); err != nil {
		t.Fatal(err)
	}
	c.open("en", "")
	return c
}

// patients are the charts that there are in every script.
var patients = []clinic.Patient{
	{
		ID: uuid.MustParse("018f2d4e-0000-7000-8000-000000000001"), GivenName: "Jane", FamilyName: "Doe", Language: "en",
		BirthDate: localtime.Date{Year: 1980, Month: time.May, Day: 1}, Phone: "+12125550123",
	},
	{
		ID: uuid.MustParse("018f2d4e-0000-7000-8000-000000000002"), GivenName: "John", FamilyName: "Roe", Language: "en",
		BirthDate: localtime.Date{Year: 1975, Month: time.June, Day: 2}, Phone: "+12125550124",
	},
	{
		ID: uuid.MustParse("018f2d4e-0000-7000-8000-000000000003"), GivenName: "Leo", FamilyName: "Doe", Language: "en",
		BirthDate: localtime.Date{Year: 2017, Month: time.March, Day: 4},
	},
	{
		ID: uuid.MustParse("018f2d4e-0000-7000-8000-000000000004"), GivenName: "Nora", FamilyName: "Doe", Language: "en",
		BirthDate: localtime.Date{Year: 2019, Month: time.April, Day: 5},
	},
}

func (c *conversation) log(format string, args ...any) {
	fmt.Fprintf(&c.transcript, format+"\n", args...)
}

// open begins a new session, of a browser in a zone.
func (c *conversation) open(language, zone string) {
	c.t.Helper()
	greeting, err := c.engine.Greeting(c.clinic, language)
	if err != nil {
		c.t.Fatal(err)
	}
	c.session, err = c.env.DB.OpenSession(c.t.Context(), chat.SessionRequest{
		Clinic: c.clinic.ID, Language: language, Zone: zone, Idle: time.Hour, Greeting: greeting,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.show(c.history(100))
}

func (c *conversation) history(upTo int64) []chat.Message {
	c.t.Helper()
	messages, err := c.env.DB.History(c.t.Context(), c.clinic.ID, c.session.Conversation.ID, upTo, 40)
	if err != nil {
		c.t.Fatal(err)
	}
	return messages
}

// patient sends what a line of a script says, and has it answered.
func (c *conversation) patient(line string) {
	c.t.Helper()
	c.put(line)
	c.answer()
}

// put sends what a line of a script says; several texts stand on one line with | between them.
func (c *conversation) put(line string) {
	c.t.Helper()
	for text := range strings.SplitSeq(line, " | ") {
		c.sent++
		in := chat.Inbound{
			Clinic: c.clinic.ID, Conversation: c.session.Conversation.ID, Endpoint: c.session.Endpoint.ID,
			Channel: c.channel, ExternalID: fmt.Sprintf("%s-%d", c.session.Conversation.ID, c.sent),
		}
		switch {
		case strings.HasPrefix(text, "["):
			in.Option = c.option(strings.Trim(text, "[]"))
		case strings.HasPrefix(text, "{"):
			in.Form, in.Values = c.form, c.values(strings.Trim(text, "{}"))
		default:
			in.Text = text
		}
		if _, err := c.env.DB.Put(c.t.Context(), in); err != nil {
			c.t.Fatalf("sending %q: %v", text, err)
		}
	}
}

// option is the id of the latest option with a label.
func (c *conversation) option(label string) string {
	c.t.Helper()
	for _, option := range slices.Backward(c.shown) {
		if option.Label == label {
			return option.ID
		}
	}
	c.t.Fatalf("there was no option %q", label)
	return ""
}

func (c *conversation) values(line string) map[string]string {
	c.t.Helper()
	values := map[string]string{}
	for pair := range strings.SplitSeq(line, ", ") {
		name, value, ok := strings.Cut(pair, ": ")
		if !ok {
			c.t.Fatalf("the form's %q is not name: value", pair)
		}
		if value == "$code" {
			value = c.code()
		}
		values[name] = value
	}
	return values
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the one-time code that was sent last.
func (c *conversation) code() string {
	c.t.Helper()
	var id uuid.UUID
	err := c.env.Owner.QueryRow(c.t.Context(), "select id from delivery where channel = 'sms' order by id desc limit 1").Scan(&id)
	if err != nil {
		c.t.Fatalf("reading the last text: %v", err)
	}
	delivery, err := c.env.DB.Delivery(c.t.Context(), chat.DeliverArgs{Clinic: c.clinic.ID, Delivery: id})
	if err != nil {
		c.t.Fatal(err)
	}
	return sixDigits.FindString(delivery.Text)
}

// stream collects what is shown before the answer is there.
type stream struct{ said []string }

func (s *stream) Delta(text string) { s.said = append(s.said, text) }

// claim leases the conversation, as a worker does.
func (c *conversation) claim() (chat.Claim, agent.Turn) {
	c.t.Helper()
	claim, err := c.env.DB.Claim(c.t.Context(), chat.TurnArgs{Clinic: c.clinic.ID, Conversation: c.session.Conversation.ID}, c.worker, time.Hour)
	if err != nil {
		c.t.Fatal(err)
	}
	turn := agent.Turn{
		ID: uuid.Must(uuid.NewV7()), Conversation: claim.Conversation, Endpoint: claim.Endpoint, State: claim.State,
		History: c.history(claim.Conversation.Answered), Now: c.env.Clock.Now(),
	}
	for _, m := range claim.Since {
		if m.Role == chat.RolePatient {
			turn.New = append(turn.New, m)
		} else {
			turn.History = append(turn.History, m)
		}
	}
	return claim, turn
}

// answer answers what is unanswered.
func (c *conversation) answer() {
	c.t.Helper()
	claim, turn := c.claim()
	out := &stream{}
	reply, err := c.engine.Respond(c.t.Context(), turn, out)
	if err != nil {
		c.t.Fatalf("answering: %v\n%s", err, c.transcript.String())
	}
	checkStream(c.t, out)
	messages, err := c.env.DB.Complete(c.t.Context(), chat.Completion{
		Claim: claim, Turn: turn.ID, Answered: claim.Conversation.Seq, Messages: reply.Messages, State: reply.State,
		Language: reply.Language, Deliveries: reply.Deliveries, Engine: "guided", Outcome: chat.OutcomeDone, Started: turn.Now,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.last = messages
	c.show(messages)
}

var claims = regexp.MustCompile(`(?i)\d|day\b|dr\.|book|cancel|moved|confirm`)

// checkStream holds that nothing is claimed before it is known.
func checkStream(t *testing.T, out *stream) {
	t.Helper()
	for _, text := range out.said {
		if claims.MatchString(text) && !strings.Contains(text, "911") { // the emergency's text is the clinic's own
			t.Errorf("streamed %q before the answer was known", text)
		}
	}
}

// show writes what the patient sees.
func (c *conversation) show(messages []chat.Message) {
	for _, m := range messages {
		if m.Role != chat.RoleAgent {
			continue
		}
		for line := range strings.SplitSeq(m.Body.Text, "\n") {
			c.log("%s", strings.TrimRight("  "+line, " "))
		}
		for _, o := range m.Body.Options {
			c.log("    (%s) %s", o.Kind, o.Label)
		}
		if f := m.Body.Form; f != nil {
			var names []string
			for _, field := range f.Fields {
				names = append(names, field.Name)
			}
			c.log("    form: %s", strings.Join(names, ", "))
			c.form = f.ID
		}
		if a := m.Body.Appointment; a != nil {
			c.log("    card: %s %s, %s, %s", a.State, a.StartsAt.Format("2006-01-02 15:04 -07:00"), a.Practitioner, a.Service)
		}
		c.shown = append(c.shown, m.Body.Options...)
	}
}

// record is what the record holds of appointments, holds and tasks.
func (c *conversation) record() string {
	c.t.Helper()
	var out strings.Builder
	for _, query := range []string{
		`select 'appointment: ' || a.state || ' ' || to_char(a.local_start, 'YYYY-MM-DD HH24:MI') || ', ' || p.family_name || ', ' || s.name || ', for ' || c.given_name
		   from appointment a join practitioner p on p.id = a.practitioner_id join service s on s.id = a.service_id join patient c on c.id = a.patient_id
		  order by a.created_at, a.id`,
		`select 'held: ' || to_char(starts_at at time zone 'America/New_York', 'YYYY-MM-DD HH24:MI') from allocation a
		   join practitioner p on p.id = a.resource_id where a.state = 1 order by starts_at`,
		`select 'task: ' || kind || ', ' || state from task order by created_at, kind`,
		`select 'new patient: ' || given_name || ' ' || family_name from patient where id::text not like '018f2d4e-0000-7000-8000-%' order by created_at`,
		`select 'waiting: ' || w.state || ', ' || s.name || ', for ' || p.given_name
		   from waitlist_entry w join service s on s.id = w.service_id join patient p on p.id = w.patient_id order by w.created_at, w.id`,
		`select 'offer: ' || state from waitlist_offer order by created_at, id`,
		`select 'consent: ' || source from consent order by at`,
	} {
		rows, err := c.env.Owner.Query(c.t.Context(), query)
		if err != nil {
			c.t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				c.t.Fatal(err)
			}
			fmt.Fprintln(&out, line)
		}
		if err := rows.Err(); err != nil {
			c.t.Fatal(err)
		}
	}
	return out.String()
}

// importing locks all practitioners, as an import does while it writes.
func (c *conversation) importing() {
	c.t.Helper()
	var err error
	if c.lock, err = c.env.Owner.Begin(c.t.Context()); err == nil {
		_, err = c.lock.Exec(c.t.Context(), `select from resource where kind = 'practitioner' order by id for no key update`)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// happen is what happens outside the conversation:
//
//	@ now 2026-12-04 16:30                        the clinic's wall clock
//	@ advance 11m
//	@ taken chen skin-check 2026-12-01 14:00      somebody else books that
//	@ appointment chen skin-check 2026-12-01 14:00  Jane Doe has that
//	@ known                                       the browser has proven to be Jane Doe's
//	@ unknown                                     and has proven nothing any more
//	@ family                                      Jane Doe may book for Leo and Nora
//	@ unlinked                                    and for nobody any more
//	@ new skin-check                              that service is for new patients only from now on
//	@ seen                                        Jane Doe has been at the clinic before
//	@ retired chen                                she sees nobody any more
//	@ closed 2026-12-01                           the clinic is, that day
//	@ full chen 2026-12-01                        she has no time left that day
//	@ import                                      an import has all calendars
//	@ imported                                    and is done
//	@ freed chen 2026-12-01 14:00 14:30           a cancellation is offered to whoever waits
//	@ lapsed                                      nobody answered that in time
//	@ session es Europe/Madrid                    another browser, in another language and zone
//	@ sms                                         the conversation goes on by text
//	@ crash > words                               a worker answers, and is killed before it could commit
func (c *conversation) happen(args []string) {
	c.t.Helper()
	switch args[0] {
	case "now":
		at, err := time.ParseInLocation("2006-01-02 15:04", args[1]+" "+args[2], c.clinic.Zone)
		if err != nil {
			c.t.Fatal(err)
		}
		c.env.Clock.Set(at)
	case "advance":
		by, err := time.ParseDuration(args[1])
		if err != nil {
			c.t.Fatal(err)
		}
		c.env.Clock.Advance(by)
	case "taken":
		c.book(patients[1].ID, args[1:])
	case "appointment":
		c.book(patients[0].ID, args[1:])
	case "known":
		c.exec(`update endpoint set level = 2, patient_id = $1, verified_at = now() where id = $2`, patients[0].ID, c.session.Endpoint.ID)
	case "unknown":
		c.exec(`update endpoint set level = 0, patient_id = null where id = $1`, c.session.Endpoint.ID)
	case "session":
		c.open(args[1], strings.Join(args[2:], ""))
	case "family":
		for _, child := range patients[2:] {
			c.exec(`insert into patient_link (clinic_id, guardian_id, patient_id, relation) values ($1, $2, $3, 'parent')`, c.clinic.ID, patients[0].ID, child.ID)
		}
	case "unlinked":
		c.exec(`delete from patient_link`)
	case "new":
		c.exec(`update service set new_patients = 'only' where code = $1`, args[1])
	case "seen":
		c.exec(`update patient set seen_at = now() - interval '1 year' where id = $1`, patients[0].ID)
	case "retired":
		c.exec(`update resource set retired_at = now() where id = (select id from practitioner where lower(family_name) = $1)`, args[1])
	case "closed":
		c.exec(`insert into date_override (clinic_id, id, day, closed, reason) values ($1, gen_random_uuid(), $2, true, 'Founders'' Day')`, c.clinic.ID, args[1])
	case "full":
		c.exec(`insert into date_override (clinic_id, id, resource_id, day, closed) select $1, gen_random_uuid(), id, $2, true from practitioner where lower(family_name) = $3`,
			c.clinic.ID, args[2], args[1])
	case "import":
		c.importing()
	case "imported":
		if err := c.lock.Rollback(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	case "lapsed":
		if n, err := c.env.DB.LapseOffers(c.t.Context()); err != nil || n != 1 {
			c.t.Fatalf("%d offers lapsed, %v", n, err)
		}
	case "freed":
		c.freed(args[1:])
	case "sms":
		c.text()
	case "crash":
		c.put(strings.Join(args[2:], " "))
		claim, turn := c.claim()
		if _, err := c.engine.Respond(c.t.Context(), turn, &stream{}); err != nil {
			c.t.Fatal(err)
		}
		if err := c.env.DB.GiveBack(c.t.Context(), claim, 0); err != nil {
			c.t.Fatal(err)
		}
	default:
		c.t.Fatalf("unknown: @ %s", args[0])
	}
}

func (c *conversation) exec(sql string, args ...any) {
	c.t.Helper()
	if _, err := c.env.Owner.Exec(c.t.Context(), sql, args...); err != nil {
		c.t.Fatal(err)
	}
}

// book books for somebody: practitioner's family name, service's code, day and time.
func (c *conversation) book(patient uuid.UUID, args []string) {
	c.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", args[2]+" "+args[3], c.clinic.Zone)
	if err != nil {
		c.t.Fatal(err)
	}
	slot := clinic.Slot{Location: c.data.Directory.Locations[0].ID, Start: at}
	for _, p := range c.data.Directory.Practitioners {
		if strings.EqualFold(p.FamilyName, args[0]) {
			slot.Practitioner = p.ID
		}
	}
	for _, s := range c.data.Directory.Services {
		if s.Code == args[1] {
			slot.Service, slot.End = s.ID, at.Add(s.Duration)
		}
	}
	_, err = c.env.DB.Book(context.Background(), c.clinic.ID, clinic.BookRequest{
		Key: "script/" + at.String(), Slot: slot, Patient: patient, Actor: clinic.Actor{Kind: "staff", Channel: "console"},
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// freed offers freed time to whoever waits for it, as a worker does: a practitioner's family name, a day and from when to when.
func (c *conversation) freed(args []string) {
	c.t.Helper()
	freed := chat.FreedArgs{Clinic: c.clinic.ID}
	for _, p := range c.data.Directory.Practitioners {
		if strings.EqualFold(p.FamilyName, args[0]) {
			freed.Practitioner = p.ID
		}
	}
	for i, at := range []*time.Time{&freed.From, &freed.Until} {
		parsed, err := time.ParseInLocation("2006-01-02 15:04", args[1]+" "+args[2+i], c.clinic.Zone)
		if err != nil {
			c.t.Fatal(err)
		}
		*at = parsed
	}
	offered, found, err := c.env.DB.OfferFreed(c.t.Context(), freed, 30*time.Minute, c.engine.Offer)
	if err != nil {
		c.t.Fatal(err)
	}
	if !found || offered.Message == nil {
		c.log("  (nobody is told)")
		return
	}
	c.show([]chat.Message{*offered.Message})
}

// text begins a conversation by SMS.
func (c *conversation) text() {
	c.t.Helper()
	conversation, endpoint := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	c.exec(`insert into conversation (clinic_id, id) values ($1, $2)`, c.clinic.ID, conversation)
	c.exec(`insert into endpoint (clinic_id, id, conversation_id, channel) values ($1, $2, $3, 'sms')`, c.clinic.ID, endpoint, conversation)
	c.session.Conversation = chat.Conversation{Clinic: c.clinic.ID, ID: conversation, Language: "en"}
	c.session.Endpoint = chat.Endpoint{ID: endpoint, Conversation: conversation, Channel: chat.SMS}
	c.channel = chat.SMS
}
