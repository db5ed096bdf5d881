package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// Monday, 2 March 2026, 8:00 in New York. The clocks there go forward on Sunday, the 8th.
var monday = time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)

// practice is a small clinic in a private database: two practitioners, a room they share for one of two services, three patients.
type practice struct {
	*storetest.Env
	t         testing.TB
	data      clinic.Dataset
	id        uuid.UUID
	zone      *time.Location
	visit     uuid.UUID // 30 min, 10 min after, grid 30 min, 2 h notice
	treatment uuid.UUID // 60 min in the room
	ada, ben  uuid.UUID // practitioners
	room      uuid.UUID
	place     uuid.UUID
	ann       uuid.UUID // patients; kid is Ann's child
	bob, kid  uuid.UUID
}

func open(t testing.TB) *practice {
	t.Helper()
	return openWith(t, func(*postgres.Config) {})
}

func openWith(t testing.TB, change func(*postgres.Config)) *practice {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	p := &practice{Env: storetest.OpenWith(t, change), t: t, zone: zone}
	p.Clock.Set(monday)
	p.load("practice")
	return p
}

// load fills the practice's ids for a clinic of this slug and seeds it.
func (p *practice) load(slug string) {
	p.t.Helper()
	p.id = uuid.NewSHA1(uuid.Nil, []byte(slug))
	for i, id := range []*uuid.UUID{&p.visit, &p.treatment, &p.ada, &p.ben, &p.room, &p.place, &p.ann, &p.bob, &p.kid} {
		*id = uuid.NewSHA1(p.id, []byte{byte(i)})
	}
	p.data = clinic.Dataset{
		Directory: clinic.Directory{
			Clinic:      clinic.Clinic{ID: p.id, Slug: slug, Name: "Practice", Zone: p.zone, Language: "en", Region: "US", Phone: "+12125550199"},
			Locations:   []clinic.Location{{ID: p.place, Name: "Here", Zone: p.zone}},
			Specialties: []clinic.Specialty{{Code: "general", Name: "General", Title: "doctor", Words: []string{"doc"}}},
			Practitioners: []clinic.Practitioner{
				{ID: p.ada, Title: "Dr.", GivenName: "Ada", FamilyName: "A", Specialties: []string{"general"}, Languages: []string{"en"}, Services: []uuid.UUID{p.visit, p.treatment}, Lanes: 1},
				{ID: p.ben, Title: "Dr.", GivenName: "Ben", FamilyName: "B", Specialties: []string{"general"}, Languages: []string{"en", "es"}, Services: []uuid.UUID{p.visit, p.treatment}, Lanes: 1},
			},
			Services: []clinic.Service{
				{
					ID: p.visit, Code: "visit", Name: "Visit", Specialty: "general", Mode: clinic.ModeInPerson, For: clinic.ForAny, Duration: 30 * time.Minute, BufferAfter: 10 * time.Minute, Grid: 30 * time.Minute,
					Notice: 2 * time.Hour, Window: 90 * 24 * time.Hour, ChangeNotice: 2 * time.Hour, Default: true, Words: []string{"check"},
				},
				{
					ID: p.treatment, Code: "treatment", Name: "Treatment", NeutralName: "Visit", Specialty: "general", Mode: clinic.ModeInPerson, For: clinic.ForAny, Duration: time.Hour, BufferBefore: 5 * time.Minute, Grid: 30 * time.Minute,
					Notice: 2 * time.Hour, Window: 90 * 24 * time.Hour, ChangeNotice: 2 * time.Hour, Needs: []clinic.Need{{Name: "treatment room", Resources: []uuid.UUID{p.room}}}, Words: []string{},
				},
			},
			Resources: []clinic.Resource{{ID: p.room, Kind: "room", Name: "Room 1", Location: p.place, Lanes: 1}},
		},
		Overrides: []clinic.DateOverride{{Day: localtime.Date{Year: 2026, Month: 3, Day: 6}, Closed: true, Reason: "spring cleaning"}},
		Patients: []clinic.Patient{
			{ID: p.ann, GivenName: "Ann", FamilyName: "Abel", BirthDate: localtime.Date{Year: 1980, Month: 5, Day: 6}, Phone: "+16465550111", Email: "Ann@example.com", Language: "en"},
			{ID: p.bob, GivenName: "Bob", FamilyName: "Bell", BirthDate: localtime.Date{Year: 1990, Month: 7, Day: 8}, Phone: "+16465550112", Language: "es"},
			{ID: p.kid, GivenName: "Kid", FamilyName: "Abel", BirthDate: localtime.Date{Year: 2018, Month: 9, Day: 10}, Language: "en", Guardian: p.ann},
		},
	}
	for weekday := time.Monday; weekday <= time.Friday; weekday++ {
		for _, who := range []uuid.UUID{p.ada, p.ben} {
			for _, s := range [][2]localtime.Clock{{9 * 60, 12 * 60}, {13 * 60, 17 * 60}} {
				p.data.Weekly = append(p.data.Weekly, clinic.WeeklyHours{Resource: who, Location: p.place, Weekday: weekday, Opens: s[0], Closes: s[1]})
			}
		}
	}
	p.seed()
}

func (p *practice) seed() postgres.Loaded {
	p.t.Helper()
	added, err := p.DB.Seed(context.Background(), p.data)
	if err != nil {
		p.t.Fatal(err)
	}
	return added
}

// at is a time of day in the week of [monday]: at(1, 9, 30) is Tuesday, 9:30.
func (p *practice) at(day, hour, minute int) time.Time {
	return time.Date(2026, 3, 2+day, hour, minute, 0, 0, p.zone)
}

func (p *practice) slot(who uuid.UUID, start time.Time) clinic.Slot {
	return clinic.Slot{Service: p.visit, Practitioner: who, Location: p.place, Start: start, End: start.Add(30 * time.Minute)}
}

func (p *practice) roomSlot(who uuid.UUID, start time.Time) clinic.Slot {
	return clinic.Slot{Service: p.treatment, Practitioner: who, Location: p.place, Start: start, End: start.Add(time.Hour)}
}

// as is a patient who writes on the web.
func as(patient uuid.UUID) clinic.Actor {
	return clinic.Actor{Kind: clinic.ActorPatient, ID: patient, Channel: "web", Conversation: uuid.NewSHA1(patient, []byte("conversation"))}
}

func (p *practice) book(key string, patient uuid.UUID, slot clinic.Slot) (clinic.Appointment, error) {
	return p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: key, Slot: slot, Patient: patient, Actor: as(patient)})
}

func (p *practice) mustBook(key string, patient uuid.UUID, slot clinic.Slot) clinic.Appointment {
	p.t.Helper()
	a, err := p.book(key, patient, slot)
	if err != nil {
		p.t.Fatalf("booking: %v", err)
	}
	return a
}

func (p *practice) mustHold(r clinic.HoldRequest) clinic.Hold {
	p.t.Helper()
	if r.Expires.IsZero() {
		r.Expires = p.Clock.Now().Add(5 * time.Minute)
	}
	h, err := p.DB.Hold(context.Background(), p.id, r)
	if err != nil {
		p.t.Fatalf("holding: %v", err)
	}
	return h
}

// starts are the free times of a practitioner on one day of the week.
func (p *practice) starts(service, who uuid.UUID, day int) []string {
	p.t.Helper()
	slots, err := p.DB.Search(context.Background(), p.id, clinic.Query{
		Service: service, Practitioners: []uuid.UUID{who}, From: p.at(day, 0, 0), Until: p.at(day+1, 0, 0), Limit: 100,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	times := []string{}
	for _, s := range slots {
		times = append(times, s.Start.In(p.zone).Format("15:04"))
	}
	return times
}

// count is the first column of the only row, as the owner sees it.
func (p *practice) count(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.Owner.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wantCode checks the code of a refusal; "" wants success.
func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if code == "" && err != nil || clinic.CodeOf(err) != code {
		t.Errorf("%s: %v, want code %q", what, err, code)
	}
}
