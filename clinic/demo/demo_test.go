package demo_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/localtime"
)

var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// onMonday is made once: nobody changes it.
var onMonday = sync.OnceValues(func() (clinic.Dataset, error) { return demo.Dataset(monday) })

func load(t *testing.T) (clinic.Dataset, *clinic.Schedule) {
	t.Helper()
	data, err := onMonday()
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := clinic.NewSchedule(&data.Directory, data.Weekly, data.Overrides)
	if err != nil {
		t.Fatal(err)
	}
	return data, schedule
}

func TestTheClinicIsAsPromised(t *testing.T) {
	data, _ := load(t)
	d := data.Directory
	if len(d.Practitioners) < 8 || len(d.Specialties) < 5 || len(d.Services) < 6 {
		t.Errorf("%d practitioners, %d specialties, %d services", len(d.Practitioners), len(d.Specialties), len(d.Services))
	}
	durations, defaults := map[time.Duration]bool{}, map[string]int{}
	for _, s := range d.Services {
		durations[s.Duration] = true
		if s.Default {
			defaults[s.Specialty]++
		}
	}
	if len(durations) < 4 {
		t.Errorf("only %d different durations", len(durations))
	}
	for _, s := range d.Specialties {
		if defaults[s.Code] != 1 {
			t.Errorf("%s has %d default services, want 1", s.Code, defaults[s.Code])
		}
	}
}

// Every service can be had from somebody: a search over the whole window finds times.
func TestEveryServiceCanBeFound(t *testing.T) {
	data, schedule := load(t)
	for _, service := range data.Directory.Services {
		search, err := schedule.NewSearch(clinic.Query{Service: service.ID}, monday)
		if err != nil {
			t.Errorf("%s: %v", service.Code, err)
			continue
		}
		var slots []clinic.Slot
		for stage := range search.Stages() {
			slots = search.Free(slots, stage, nil)
		}
		if !search.Enough(slots) {
			t.Errorf("%s: found %d slots", service.Code, len(slots))
		}
	}
}

func TestBookingsFollowTheRules(t *testing.T) {
	data, schedule := load(t)
	busy := map[localtime.Date][]clinic.Busy{}
	ids := map[uuid.UUID]bool{}
	for _, a := range data.Appointments {
		day := localtime.DateOf(a.Slot.Start, data.Directory.Clinic.Zone)
		if err := schedule.CheckSlot(a.Slot, clinic.Actor{Kind: clinic.ActorStaff}, monday); err != nil {
			t.Fatalf("%v: %v", a.Slot, err)
		}
		takes, err := schedule.Assign(a.Slot, a.Patient, busy[day])
		if err != nil {
			t.Fatalf("%v: %v", a.Slot, err)
		}
		busy[day] = append(busy[day], takes...)
		ids[a.ID] = true
	}
	if len(ids) != len(data.Appointments) {
		t.Errorf("%d appointments have %d ids", len(data.Appointments), len(ids))
	}
}

func TestAboutThreeFifthsAreBooked(t *testing.T) {
	data, schedule := load(t)
	var open, booked time.Duration
	first := localtime.DateOf(monday, data.Directory.Clinic.Zone).AddDays(1)
	for _, p := range data.Directory.Practitioners {
		for _, o := range schedule.Openings(p.ID, first, first.AddDays(58)) {
			open += o.End.Sub(o.Start)
		}
	}
	for _, a := range data.Appointments {
		service, _ := schedule.Service(a.Slot.Service)
		booked += service.Duration + service.BufferAfter
	}
	if share := booked.Hours() / open.Hours(); share < 0.5 || share > 0.7 {
		t.Errorf("%.0f %% of the time is booked", 100*share)
	}
}

// A later run makes the same bookings for the days that both cover, so that seeding again only adds days.
func TestALaterRunAgrees(t *testing.T) {
	before, _ := load(t)
	later := monday.AddDate(0, 0, 7)
	after, err := demo.Dataset(later)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.Patients, after.Patients); diff != "" {
		t.Error(diff)
	}
	end := monday.AddDate(0, 0, 59)
	common := func(all []clinic.Appointment) map[uuid.UUID]clinic.Appointment {
		some := map[uuid.UUID]clinic.Appointment{}
		for _, a := range all {
			if a.Slot.Start.After(later) && a.Slot.Start.Before(end) {
				some[a.ID] = a
			}
		}
		return some
	}
	if diff := cmp.Diff(common(before.Appointments), common(after.Appointments), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyInItExists(t *testing.T) {
	data, _ := load(t)
	fictitious := regexp.MustCompile(`^\+1\d{3}55501\d\d$`)
	numbers := map[string]uuid.UUID{}
	for _, p := range data.Patients {
		if !fictitious.MatchString(p.Phone) || p.Phone == data.Directory.Clinic.Phone {
			t.Errorf("number %s", p.Phone)
		}
		if owner, taken := numbers[p.Phone]; taken && p.Guardian != owner {
			t.Errorf("%s belongs to two", p.Phone)
		}
		if p.Guardian == uuid.Nil {
			numbers[p.Phone] = p.ID
		}
	}
}

func TestTheRegularComesAgain(t *testing.T) {
	data, _ := load(t)
	visits := 0
	for _, a := range data.Appointments {
		if a.Patient == demo.Regular().ID {
			visits++
		}
	}
	if visits == 0 {
		t.Error("the regular has no visit")
	}
}

func TestHolidays(t *testing.T) {
	data, schedule := load(t)
	for _, day := range []localtime.Date{{Year: 2026, Month: 11, Day: 26}, {Year: 2026, Month: 12, Day: 25}, {Year: 2027, Month: 5, Day: 31}, {Year: 2027, Month: 9, Day: 6}} {
		for _, p := range data.Directory.Practitioners {
			if open := schedule.Openings(p.ID, day, day); len(open) > 0 {
				t.Errorf("%s works on %s", p.DisplayName(), day)
			}
		}
	}
}

func BenchmarkDataset(b *testing.B) {
	for b.Loop() {
		data, err := demo.Dataset(monday)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(data.Appointments)), "appointments")
	}
}
