package postgres_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// What was loaded is what is read, to the last word.
func TestDirectoryIsWhatWasLoaded(t *testing.T) {
	p := open(t)
	got, err := p.DB.Directory(context.Background(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	sameZone := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	anyOrder := cmpopts.SortSlices(func(a, b uuid.UUID) bool { return a.String() < b.String() })
	byName := cmpopts.SortSlices(func(a, b clinic.Service) bool { return a.Name < b.Name })
	if diff := cmp.Diff(&p.data.Directory, got, sameZone, anyOrder, byName); diff != "" {
		t.Errorf("(-loaded +read):\n%s", diff)
	}
	if _, err := p.DB.Directory(context.Background(), uuid.New()); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("of no clinic: %v", err)
	}
}

func TestDirectoryIsReadAgainWhenItChanged(t *testing.T) {
	p := openWith(t, func(c *postgres.Config) { c.DirectoryTTL = time.Minute })
	ctx := context.Background()
	before, err := p.DB.Directory(ctx, p.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"update practitioner set about = 'new' where family_name = 'A'",
		"insert into location (clinic_id, id, name, zone) select clinic_id, gen_random_uuid(), 'There', zone from clinic",
		"delete from date_override",
	} {
		if _, err := p.Owner.Exec(ctx, change); err != nil {
			t.Fatal(err)
		}
	}
	if same, err := p.DB.Directory(ctx, p.id); err != nil || same != before {
		t.Errorf("within a minute it was read again, %v", err)
	}
	p.Clock.Advance(time.Minute)
	after, err := p.DB.Directory(ctx, p.id)
	if err != nil || after.Practitioners[0].About != "new" || len(after.Locations) != 2 {
		t.Errorf("after a minute: %+v, %v", after, err)
	}
	p.Clock.Advance(time.Minute)
	if same, err := p.DB.Directory(ctx, p.id); err != nil || same != after {
		t.Errorf("nothing changed, and it was read again, %v", err)
	}
	version := p.count("select version from directory_version where clinic_id = $1", p.id)
	if _, err := p.Owner.Exec(ctx, "insert into resource (clinic_id, id, kind) values ($1, gen_random_uuid(), 'patient')", p.id); err != nil {
		t.Fatal(err)
	}
	if after := p.count("select version from directory_version where clinic_id = $1", p.id); after != version {
		t.Error("a new patient made the directory look changed")
	}
}

func TestFindClinic(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	find := func(slug, origin, want string) {
		t.Helper()
		got, err := p.DB.FindClinic(ctx, slug, origin)
		if want == "" {
			wantCode(t, slug+" "+origin, err, clinic.CodeNotFound)
		} else if err != nil || got.Slug != want || got.Zone.String() != "America/New_York" {
			t.Errorf("slug %q, origin %q: %+v, %v, want %q", slug, origin, got, err, want)
		}
	}
	find("practice", "", "practice")
	find("", "", "practice") // the only one
	find("", "https://unknown.example", "practice")
	find("other", "", "")

	first := p.id
	p.load("other")
	add := "insert into clinic_address (clinic_id, id, kind, value) values ($1, gen_random_uuid(), 'origin', $2)"
	for value, id := range map[string]uuid.UUID{"https://practice.example": first, "https://other.example:8443": p.id, "http://[::1]": p.id} {
		if _, err := p.Owner.Exec(ctx, add, id, value); err != nil {
			t.Fatal(err)
		}
	}
	find("", "", "") // there are two
	find("", "https://unknown.example", "")
	find("", "https://practice.example", "practice")
	find("", "HTTPS://Practice.Example:443", "practice")
	find("", "https://other.example:8443", "other")
	find("", "https://other.example", "")
	find("", "http://[::1]:80", "other")
	find("practice", "https://other.example:8443", "practice") // the slug says more
	find("", "null", "")
}

func TestSeed(t *testing.T) {
	e := storetest.Open(t)
	e.Clock.Set(monday)
	ctx := context.Background()
	data, err := demo.Dataset(monday)
	if err != nil {
		t.Fatal(err)
	}
	first, err := e.DB.Seed(ctx, data)
	if err != nil || first.Patients != len(data.Patients) || first.Appointments != len(data.Appointments) || first.Skipped > 0 {
		t.Fatalf("added %+v, %v", first, err)
	}
	if _, err := e.Owner.Exec(ctx, "update clinic set name = 'Renamed'; update patient set given_name = 'Renamed'"); err != nil {
		t.Fatal(err)
	}
	if second, err := e.DB.Seed(ctx, data); err != nil || second != (postgres.Loaded{}) {
		t.Errorf("the second time added %+v, %v", second, err)
	}
	var renamed int
	if err := e.Owner.QueryRow(ctx, "select count(*) from patient where given_name <> 'Renamed'").Scan(&renamed); err != nil || renamed != 0 {
		t.Errorf("the second time changed %d patients, %v", renamed, err)
	}

	// A week later somebody has booked by hand in the days that are new.
	later := monday.AddDate(0, 0, 7)
	e.Clock.Set(later)
	free, err := e.DB.Search(ctx, demo.ClinicID, clinic.Query{Service: data.Directory.Services[0].ID, From: monday.AddDate(0, 0, 61), Limit: 1})
	if err != nil || len(free) != 1 {
		t.Fatalf("found %v, %v", free, err)
	}
	for i := range 5 {
		patient := data.Patients[i].ID
		r := clinic.BookRequest{Key: strconv.Itoa(i), Slot: free[0], Patient: patient, Actor: as(patient)}
		if _, err := e.DB.Book(ctx, demo.ClinicID, r); err != nil {
			t.Fatal(err)
		}
		if free, err = e.DB.Search(ctx, demo.ClinicID, clinic.Query{Service: free[0].Service, From: free[0].Start, Limit: 1}); err != nil {
			t.Fatal(err)
		}
	}
	data, err = demo.Dataset(later)
	if err != nil {
		t.Fatal(err)
	}
	third, err := e.DB.Seed(ctx, data)
	if err != nil || third.Appointments == 0 || third.Skipped == 0 || third.Patients != 0 {
		t.Errorf("a week later added %+v, %v", third, err)
	}
}

// Contact data is sealed, and the regular can be found by number and date of birth all the same.
func TestSeedSealsContactData(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	var readable bool
	const query = `select exists (select from patient where position('16465550111' in encode(phone, 'escape')) > 0
		or position('1980' in encode(birth_date, 'escape')) > 0 or position('ann@' in lower(encode(email, 'escape'))) > 0)`
	if err := p.Owner.QueryRow(ctx, query).Scan(&readable); err != nil || readable {
		t.Errorf("contact data is readable: %v, %v", readable, err)
	}
	found, err := p.DB.Queries(p.id).PatientsByPhoneAndBirthDate(ctx, p.id,
		p.Keys.Index("phone/"+p.id.String(), "+16465550111"), p.Keys.Index("birth_date/"+p.id.String(), "1980-05-06"))
	if err != nil || len(found) != 1 || found[0].ID != p.ann {
		t.Errorf("found %v, %v", found, err)
	}
}
