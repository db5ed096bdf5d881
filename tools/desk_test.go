package tools_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/storetest"
	"github.com/agentcare/agentcare/tools"
)

// monday is when the tests happen: Monday, November 30, 2026, 9:00 at the demo clinic.
var monday = time.Date(2026, time.November, 30, 14, 0, 0, 0, time.UTC)

var (
	jane = uuid.MustParse("018f2d4e-0000-7000-8000-000000000001")
	john = uuid.MustParse("018f2d4e-0000-7000-8000-000000000002")
)

// desk is a front desk on a real record: the demo clinic without bookings, and two patients.
type desk struct {
	*tools.Desk
	env    *storetest.Env
	clinic clinic.Directory
}

func open(t *testing.T) desk {
	t.Helper()
	env := storetest.Open(t)
	env.Clock.Set(monday)
	data, err := demo.Dataset(monday)
	if err != nil {
		t.Fatal(err)
	}
	birth := localtime.Date{Year: 1980, Month: time.May, Day: 1}
	data.Appointments = nil
	data.Patients = []clinic.Patient{
		{ID: jane, GivenName: "Jane", FamilyName: "Doe", BirthDate: birth, Phone: "+12125550123", Language: "en"},
		{ID: john, GivenName: "John", FamilyName: "Roe", BirthDate: birth, Phone: "+12125550124", Language: "en"},
	}
	if _, err := env.DB.Seed(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	d, err := tools.New(tools.Config{
		Directories: env.DB, Closings: env.DB, Calendar: env.DB, Bookings: env.DB, Groups: env.DB, Family: env.DB, Waitlist: env.DB, Offers: env.DB, Verifier: env.DB, Tasks: env.DB, Regulars: env.DB,
	})
	if err != nil {
		t.Fatal(err)
	}
	return desk{Desk: d, env: env, clinic: data.Directory}
}

// caller is somebody at a browser of whom nothing is known.
func (d desk) caller(t *testing.T) tools.Caller {
	t.Helper()
	session, err := d.env.DB.OpenSession(t.Context(), chat.SessionRequest{Clinic: d.clinic.Clinic.ID, Language: "en", Idle: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	turn := agent.Turn{Conversation: session.Conversation, Endpoint: session.Endpoint, Now: d.env.Clock.Now()}
	return tools.CallerOf(turn, chat.Message{Seq: 1})
}

func (d desk) service(code string) uuid.UUID {
	i := slices.IndexFunc(d.clinic.Services, func(s clinic.Service) bool { return s.Code == code })
	return d.clinic.Services[i].ID
}

func (d desk) who(family string) uuid.UUID {
	i := slices.IndexFunc(d.clinic.Practitioners, func(p clinic.Practitioner) bool { return p.FamilyName == family })
	return d.clinic.Practitioners[i].ID
}

// skinCheck finds the earliest slots of a skin check.
func (d desk) skinCheck(t *testing.T, caller tools.Caller) []clinic.Slot {
	t.Helper()
	found, err := d.FindSlots(t.Context(), caller, tools.FindSlotsIn{Service: d.service("skin-check")})
	if err != nil {
		t.Fatal(err)
	}
	return found.Slots
}

// book books the slot for the caller, as a patient does.
func (d desk) book(t *testing.T, caller tools.Caller, slot clinic.Slot) tools.Change {
	t.Helper()
	hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slot})
	if err != nil {
		t.Fatal(err)
	}
	proposal, err := d.ProposeBooking(t.Context(), caller, hold, caller.Patient)
	if err != nil {
		t.Fatal(err)
	}
	change, err := d.Confirm(t.Context(), caller, option(t, proposal))
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func option(t *testing.T, p tools.Proposal) chat.Option {
	t.Helper()
	o, err := p.Option("Yes", true)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if clinic.CodeOf(err) != code {
		t.Errorf("error is %v (%q), want a refusal %q", err, clinic.CodeOf(err), code)
	}
}

func TestNewSaysAllThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := tools.New(tools.Config{HoldWeb: -1})
	if err == nil {
		t.Fatal("an empty configuration was accepted")
	}
	for _, name := range []string{"Directories", "Closings", "Calendar", "Bookings", "Groups", "Family", "Waitlist", "Offers", "Verifier", "Tasks", "negative"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
}

func TestFindSlots(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t)
	day := func(month time.Month, n int) localtime.Date {
		return localtime.Date{Year: 2026, Month: month, Day: n}
	}
	on := func(d localtime.Date) tools.When { return tools.When{From: d, Until: d} }
	at := func(d localtime.Date, clock localtime.Clock) tools.When {
		return tools.When{From: d, Until: d, Exact: true, At: clock}
	}
	for name, tc := range map[string]struct {
		in   tools.FindSlotsIn
		fit  tools.Fit
		more bool
		want []string
	}{
		"any time": {
			tools.FindSlotsIn{},
			tools.FitAsked, true,
			[]string{"Mon 30 11:00", "Mon 30 14:00", "Tue 1 13:00"},
		},
		"soonest": {
			tools.FindSlotsIn{When: tools.When{Soonest: true}},
			tools.FitAsked, true,
			[]string{"Mon 30 11:00", "Mon 30 11:15", "Mon 30 11:30"},
		},
		"a part of a day": {
			tools.FindSlotsIn{When: tools.When{From: day(12, 1), Until: day(12, 1), Opens: 13 * 60, Closes: 17 * 60}},
			tools.FitAsked, true,
			[]string{"Tue 1 13:00", "Tue 1 14:45", "Tue 1 16:30"},
		},
		"a weekday": {
			tools.FindSlotsIn{When: tools.When{Weekdays: []time.Weekday{time.Friday}}},
			tools.FitAsked, true,
			[]string{"Fri 4 08:00", "Fri 4 11:00", "Fri 11 12:00"},
		},
		"an exact time":  {tools.FindSlotsIn{When: at(day(12, 1), 14*60+30)}, tools.FitAsked, false, []string{"Tue 1 14:30"}},
		"in the lunch":   {tools.FindSlotsIn{When: at(day(12, 1), 12*60)}, tools.FitTime, false, []string{"Tue 1 11:15", "Tue 1 11:30", "Tue 1 13:00"}},
		"on a holiday":   {tools.FindSlotsIn{When: on(day(12, 25))}, tools.FitDay, false, []string{"Wed 23 16:30", "Mon 28 08:00", "Mon 28 11:00"}},
		"on a Sunday":    {tools.FindSlotsIn{When: on(day(12, 6))}, tools.FitDay, false, []string{"Fri 4 16:30", "Mon 7 08:00", "Mon 7 11:00"}},
		"today, earlier": {tools.FindSlotsIn{When: at(day(11, 30), 8*60)}, tools.FitTime, false, []string{"Mon 30 11:00", "Mon 30 11:15", "Mon 30 11:30"}},
		"last week":      {tools.FindSlotsIn{When: on(day(11, 23))}, tools.FitPast, false, []string{"Mon 30 11:00", "Mon 30 14:00", "Tue 1 13:00"}},
		"next summer": {
			tools.FindSlotsIn{When: on(localtime.Date{Year: 2027, Month: 7, Day: 1})},
			tools.FitTooFar, false,
			[]string{"Fri 26 08:00", "Fri 26 11:45", "Fri 26 16:30"},
		},
		"with one who is not there": {
			tools.FindSlotsIn{Practitioners: []uuid.UUID{d.who("Weiss")}, When: on(day(12, 1))},
			tools.FitDay, false,
			[]string{"Mon 30 16:30", "Wed 2 09:00", "Wed 2 12:00"},
		},
		"others": {
			tools.FindSlotsIn{More: true, Seen: []time.Time{monday.Add(2 * time.Hour)}, When: on(day(11, 30))},
			tools.FitAsked, true,
			[]string{"Mon 30 11:15", "Mon 30 12:00", "Mon 30 13:45", "Mon 30 14:30", "Mon 30 15:30", "Mon 30 16:30"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.Service = d.service("skin-check")
			found, err := d.FindSlots(t.Context(), caller, tc.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range found.Slots {
				got = append(got, s.Start.In(d.clinic.Clinic.Zone).Format("Mon 2 15:04"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
			if found.Fit != tc.fit || found.More != tc.more {
				t.Errorf("fit %q, more %v; want %q, %v", found.Fit, found.More, tc.fit, tc.more)
			}
		})
	}
	_, err := d.FindSlots(t.Context(), caller, tools.FindSlotsIn{Service: uuid.New()})
	refused(t, err, clinic.CodeNotFound)
}

func TestAConversationHoldsOneSlot(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller, other := d.caller(t), d.caller(t)
	slots := d.skinCheck(t, caller)
	for range 2 { // a turn that runs again does not meet its own hold
		if _, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slots[0]}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.Hold(t.Context(), other, tools.HoldIn{Slot: slots[0]})
	refused(t, err, clinic.CodeSlotTaken)
	if _, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slots[1]}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Hold(t.Context(), other, tools.HoldIn{Slot: slots[0]}); err != nil {
		t.Errorf("the first slot is still held by whoever took another one: %v", err)
	}
	if err := d.Release(t.Context(), caller); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Hold(t.Context(), other, tools.HoldIn{Slot: slots[1]}); err != nil {
		t.Errorf("a slot that was let go is still held: %v", err)
	}
}

func TestHoldsLastAsLongAsTheChannelNeeds(t *testing.T) {
	t.Parallel()
	d := open(t)
	web := d.caller(t)
	text := d.caller(t)
	text.Channel = chat.SMS
	slots := d.skinCheck(t, web)
	for caller, want := range map[tools.Caller]time.Duration{web: 5 * time.Minute, text: 30 * time.Minute} {
		hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slots[0]})
		if err != nil {
			t.Fatal(err)
		}
		if got := hold.Expires.Sub(caller.Now); got != want {
			t.Errorf("a hold by %s lasts %s, want %s", caller.Channel, got, want)
		}
		if err := d.Release(t.Context(), caller); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNothingIsShownOrChangedForWhoeverHasProvenNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	stranger := d.caller(t)
	hold, err := d.Hold(t.Context(), stranger, tools.HoldIn{Slot: d.skinCheck(t, stranger)[0]})
	if err != nil {
		t.Fatal(err)
	}
	half := stranger
	half.Patient, half.Level = jane, chat.LevelNumber
	for _, caller := range []tools.Caller{stranger, half} {
		_, err = d.MyAppointments(t.Context(), caller)
		refused(t, err, clinic.CodeNotAllowed)
		_, err = d.ProposeBooking(t.Context(), caller, hold, caller.Patient)
		refused(t, err, clinic.CodeNotAllowed)
		_, err = d.ProposeCancel(t.Context(), caller, uuid.New())
		refused(t, err, clinic.CodeNotAllowed)
		_, err = d.PatientName(t.Context(), caller)
		refused(t, err, clinic.CodeNotAllowed)
	}
	proposal, err := d.ProposeBooking(t.Context(), stranger.As(jane), hold, jane)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Confirm(t.Context(), stranger, option(t, proposal))
	refused(t, err, clinic.CodeNotAllowed)
	_, err = d.Confirm(t.Context(), stranger.As(john), option(t, proposal))
	refused(t, err, clinic.CodeNotAllowed)
	list, err := d.MyAppointments(t.Context(), stranger.As(jane))
	if err != nil || len(list) != 0 {
		t.Errorf("appointments: %v, %v; want none", list, err)
	}
}

func TestConfirmingTwiceChangesOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: d.skinCheck(t, caller)[0]})
	if err != nil {
		t.Fatal(err)
	}
	proposal, err := d.ProposeBooking(t.Context(), caller, hold, caller.Patient)
	if err != nil {
		t.Fatal(err)
	}
	again, err := proposal.Option("Yes", false)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == option(t, proposal).ID {
		t.Error("an option that is shown again has the id of the first")
	}
	first, err := d.Confirm(t.Context(), caller, option(t, proposal))
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Confirm(t.Context(), caller, again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Appointment.ID, second.Appointment.ID); diff != "" {
		t.Errorf("two appointments came of one proposal:\n%s", diff)
	}
	list, err := d.MyAppointments(t.Context(), caller)
	if err != nil || len(list) != 1 {
		t.Errorf("appointments: %d, %v; want one", len(list), err)
	}
}

func TestMoveAndCancel(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	slots := d.skinCheck(t, caller)
	booked := d.book(t, caller, slots[1]).Appointment
	hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slots[2], Exclude: booked.ID})
	if err != nil {
		t.Fatal(err)
	}
	move, err := d.ProposeReschedule(t.Context(), caller, booked.ID, hold)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := d.ProposeCancel(t.Context(), caller, booked.ID)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := d.Confirm(t.Context(), caller, option(t, move))
	if err != nil {
		t.Fatal(err)
	}
	if !moved.Appointment.Slot.Start.Equal(slots[2].Start) || moved.Appointment.ID != booked.ID {
		t.Errorf("moved to %s, want %s", moved.Appointment.Slot.Start, slots[2].Start)
	}
	_, err = d.Confirm(t.Context(), caller, option(t, stale))
	refused(t, err, clinic.CodeWrongState) // it was proposed before the move
	_, err = d.ProposeCancel(t.Context(), d.caller(t).As(john), booked.ID)
	refused(t, err, clinic.CodeNotFound)
	cancel, err := d.ProposeCancel(t.Context(), caller, booked.ID)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := d.Confirm(t.Context(), caller, option(t, cancel))
	if err != nil || cancelled.Appointment.State != clinic.StateCancelled {
		t.Errorf("cancelling: %s, %v", cancelled.Appointment.State, err)
	}
}

func TestLateChangesAreForPeople(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	slot := d.skinCheck(t, caller)[0]
	booked := d.book(t, caller, slot).Appointment
	d.env.Clock.Set(slot.Start.Add(-time.Hour))
	caller.Now = d.env.Clock.Now()
	_, err := d.ProposeCancel(t.Context(), caller, booked.ID)
	refused(t, err, clinic.CodeLateChange)
	_, err = d.Movable(t.Context(), caller, booked.ID)
	refused(t, err, clinic.CodeLateChange)
}

func TestProposalsAreReadFromConfirmOptionsAlone(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]chat.Option{
		"another kind": {Kind: chat.OptionChoice, Ref: json.RawMessage(`{"id":"018f2d4e-0000-7000-8000-000000000001"}`)},
		"no meaning":   {Kind: chat.OptionConfirm},
		"no id":        {Kind: chat.OptionConfirm, Ref: json.RawMessage(`{"kind":"book"}`)},
		"no JSON":      {Kind: chat.OptionConfirm, Ref: json.RawMessage(`{`)},
	} {
		if _, err := tools.ParseProposal(o); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func TestHandOffOncePerMessage(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t)
	var times []time.Time
	for range 2 {
		expected, err := d.HandOff(t.Context(), caller, tools.HandOffIn{Kind: tools.CallBack, Details: "asks for a person"})
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, expected)
	}
	if !times[0].Equal(times[1]) || !times[0].After(caller.Now) {
		t.Errorf("expected at %v, want twice the same later time", times)
	}
	var tasks int
	if err := d.env.Owner.QueryRow(t.Context(), "select count(*) from task").Scan(&tasks); err != nil || tasks != 1 {
		t.Errorf("%d tasks, %v; want one", tasks, err)
	}
}

func TestClinicAndPractitionerInfo(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t)
	facts, err := d.ClinicInfo(t.Context(), caller)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Name != "Harbor View Clinic" || len(facts.Locations) != 1 || len(facts.Services) != 9 {
		t.Errorf("facts: %+v", facts)
	}
	thursday := tools.DayHours{Weekday: time.Thursday, Stretches: []tools.Stretch{{Opens: 8 * 60, Closes: 20 * 60}}}
	if len(facts.Hours) != 5 || facts.Hours[0].Weekday != time.Monday || !cmp.Equal(facts.Hours[3], thursday) {
		t.Errorf("hours: %+v", facts.Hours)
	}
	for name, tc := range map[string]struct {
		in   tools.PractitionerInfoIn
		want []string
	}{
		"a language":        {tools.PractitionerInfoIn{Language: "es"}, []string{"Ortega"}},
		"a specialty":       {tools.PractitionerInfoIn{Specialty: "dermatology"}, []string{"Chen", "Weiss"}},
		"a service":         {tools.PractitionerInfoIn{Service: d.service("physiotherapy-session")}, []string{"Becker"}},
		"one":               {tools.PractitionerInfoIn{Practitioners: []uuid.UUID{d.who("Kim")}}, []string{"Kim"}},
		"nobody fits":       {tools.PractitionerInfoIn{Specialty: "dermatology", Language: "es"}, nil},
		"language and care": {tools.PractitionerInfoIn{Specialty: "paediatrics", Language: "it"}, []string{"Rossi"}},
	} {
		found, err := d.PractitionerInfo(t.Context(), caller, tc.in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range found {
			got = append(got, p.FamilyName)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
