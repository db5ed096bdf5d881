package tools_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/tools"
)

// written are slots as "Mon 30 11:00 Chen".
func (d desk) written(slots []clinic.Slot) []string {
	var out []string
	for _, s := range slots {
		i := slices.IndexFunc(d.clinic.Practitioners, func(p clinic.Practitioner) bool { return p.ID == s.Practitioner })
		out = append(out, s.Start.In(d.clinic.Clinic.Zone).Format("Mon 2 15:04 ")+d.clinic.Practitioners[i].FamilyName)
	}
	return out
}

func tuesday() tools.When {
	first := localtime.Date{Year: 2026, Month: time.December, Day: 1}
	return tools.When{From: first, Until: first}
}

func TestFindSlotsByMoreThanAService(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t)
	harbor := d.clinic.Locations[0].ID
	for name, tc := range map[string]struct {
		in   tools.FindSlotsIn
		want []string
	}{
		"a specialty": {
			tools.FindSlotsIn{Specialty: "dermatology", When: tools.When{Soonest: true}},
			[]string{"Mon 30 11:00 Chen", "Mon 30 11:15 Weiss", "Mon 30 11:30 Chen"},
		},
		"a language": {
			tools.FindSlotsIn{Specialty: "family-medicine", Language: "es", When: tools.When{Soonest: true}, Location: harbor},
			[]string{"Mon 30 11:00 Ortega", "Mon 30 11:20 Ortega", "Mon 30 13:00 Ortega"},
		},
		"who was asked for comes first": {
			tools.FindSlotsIn{Specialty: "dermatology", Usual: d.who("Weiss"), When: tools.When{Soonest: true}},
			[]string{"Mon 30 11:00 Weiss", "Mon 30 11:15 Weiss", "Mon 30 11:30 Weiss"},
		},
		"the best at a time": {
			tools.FindSlotsIn{Specialty: "dermatology", Best: true, When: tools.When{From: tuesday().From, Until: tuesday().Until, Opens: 9 * 60, Closes: 12 * 60}},
			[]string{"Tue 1 09:00 Chen", "Tue 1 09:30 Chen", "Tue 1 10:00 Chen"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := d.FindSlots(t.Context(), caller, tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, d.written(found.Slots)); diff != "" || found.Fit != tools.FitAsked {
				t.Errorf("%s (-want +got):\n%s", found.Fit, diff)
			}
		})
	}
	_, err := d.FindSlots(t.Context(), caller, tools.FindSlotsIn{Specialty: "astrology"})
	refused(t, err, clinic.CodeNotFound)
}

// TestTheUsualPractitionerComesFirst, but only for whoever has proven who they are.
func TestTheUsualPractitionerComesFirst(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	found, err := d.FindSlots(t.Context(), caller, tools.FindSlotsIn{
		Service: d.service("skin-check"), Practitioners: []uuid.UUID{d.who("Weiss")}, When: tools.When{Soonest: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.book(t, caller, found.Slots[0])
	unproven := d.caller(t)
	unproven.Patient = jane
	for name, tc := range map[string]struct {
		caller tools.Caller
		want   string
	}{
		"who has seen her":   {caller, "Weiss"},
		"who has not":        {d.caller(t).As(john), "Chen"},
		"who says she is it": {unproven, "Chen"},
	} {
		found, err := d.FindSlots(t.Context(), tc.caller, tools.FindSlotsIn{
			Specialty: "dermatology", When: tools.When{Opens: 14 * 60, Soonest: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.written(found.Slots[:1])[0]; got != "Mon 30 14:00 "+tc.want {
			t.Errorf("%s: the first is %s, want %s", name, got, tc.want)
		}
	}
}

func TestNearSlots(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller, other := d.caller(t), d.caller(t)
	found, err := d.FindSlots(t.Context(), caller, tools.FindSlotsIn{
		Service: d.service("skin-check"), Practitioners: []uuid.UUID{d.who("Chen")}, When: tools.When{From: tuesday().From, Until: tuesday().Until, Exact: true, At: 10 * 60},
	})
	if err != nil {
		t.Fatal(err)
	}
	lost := found.Slots[0]
	if _, err := d.Hold(t.Context(), other, tools.HoldIn{Slot: lost}); err != nil {
		t.Fatal(err)
	}
	near, err := d.NearSlots(t.Context(), caller, lost, tools.FindSlotsIn{Practitioners: []uuid.UUID{d.who("Chen")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Tue 1 09:15 Chen", "Tue 1 09:30 Chen", "Tue 1 10:30 Chen"}
	if diff := cmp.Diff(want, d.written(near.Slots)); diff != "" || near.Fit != tools.FitTime {
		t.Errorf("%s (-want +got):\n%s", near.Fit, diff)
	}
}

func TestFindRow(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	check := d.service("skin-check")
	visits := []clinic.RowVisit{{Service: check, Patient: jane}, {Service: check}}
	rows, err := d.FindRow(t.Context(), caller, tools.FindRowIn{Visits: visits, When: tuesday()})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows, want 3", len(rows))
	}
	want := []string{"Tue 1 08:00 Chen", "Tue 1 08:30 Chen"}
	if diff := cmp.Diff(want, d.written(rows[0])); diff != "" {
		t.Error(diff)
	}
	for i, row := range rows { // what was found can be booked
		booked, err := d.env.DB.BookAll(t.Context(), d.clinic.Clinic.ID, clinic.BookAllRequest{
			Key: row[0].Start.String(), Visits: []clinic.Visit{{Slot: row[0], Patient: jane}, {Slot: row[1], Patient: john}},
			Actor: clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.New(), Channel: "console"},
		})
		if err != nil || len(booked) != 2 {
			t.Errorf("row %d: %d booked, %v", i, len(booked), err)
		}
	}
	visits[1].Patient = john
	_, err = d.FindRow(t.Context(), caller, tools.FindRowIn{Visits: visits})
	refused(t, err, clinic.CodeNotAllowed)
	_, err = d.FindRow(t.Context(), caller, tools.FindRowIn{})
	refused(t, err, clinic.CodeInvalid)
}
