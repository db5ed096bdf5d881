package tools_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/tools"
)

// linked lets Jane book for John.
func (d desk) linked(t *testing.T) {
	t.Helper()
	_, err := d.env.Owner.Exec(t.Context(), `insert into patient_link (clinic_id, guardian_id, patient_id, relation) values ($1, $2, $3, 'parent')`,
		d.clinic.Clinic.ID, jane, john)
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoeverIsLinkedMayBeBookedFor(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	slot := d.skinCheck(t, caller)[0]
	hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: slot})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.ProposeBooking(t.Context(), caller, hold, john)
	refused(t, err, clinic.CodeNotAllowed)

	d.linked(t)
	proposal, err := d.ProposeBooking(t.Context(), caller, hold, john)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Confirm(t.Context(), d.caller(t).As(uuid.New()), option(t, proposal))
	refused(t, err, clinic.CodeNotAllowed)
	change, err := d.Confirm(t.Context(), caller, option(t, proposal))
	if err != nil || change.Appointment.Patient != john {
		t.Fatalf("booked %+v, %v, want it for whom it was proposed", change.Appointment, err)
	}
	list, err := d.MyAppointments(t.Context(), caller)
	if err != nil || len(list) != 1 || list[0].ID != change.Appointment.ID {
		t.Errorf("the guardian sees %v, %v", list, err)
	}
	cancel, err := d.ProposeCancel(t.Context(), caller, change.Appointment.ID)
	if err != nil || cancel.Patient != john {
		t.Errorf("cancelling is proposed as %+v, %v", cancel, err)
	}
	if list, err := d.MyAppointments(t.Context(), d.caller(t).As(john)); err != nil || len(list) != 1 {
		t.Errorf("the patient sees %v, %v", list, err)
	}
}

// TestGuardiansDoNotSeeWhatIsConfidential holds that what is between a dependant and the clinic stays there.
func TestGuardiansDoNotSeeWhatIsConfidential(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.linked(t)
	own := d.caller(t).As(john)
	change := d.book(t, own, d.skinCheck(t, own)[0])
	if _, err := d.env.Owner.Exec(t.Context(), `update service set confidential = true where code = 'skin-check'`); err != nil {
		t.Fatal(err)
	}
	d.env.Clock.Advance(time.Minute) // the directory may be some seconds old
	guardian := d.caller(t).As(jane)
	if list, err := d.MyAppointments(t.Context(), guardian); err != nil || len(list) != 0 {
		t.Errorf("the guardian sees %v, %v", list, err)
	}
	_, err := d.ProposeCancel(t.Context(), guardian, change.Appointment.ID)
	refused(t, err, clinic.CodeNotFound)
}

func TestSeveralVisitsAreBookedByOneYes(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.linked(t)
	caller := d.caller(t).As(jane)
	rows, err := d.FindRow(t.Context(), caller, tools.FindRowIn{Visits: []clinic.RowVisit{
		{Service: d.service("skin-check"), Patient: jane}, {Service: d.service("skin-check"), Patient: john},
	}})
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v, %v", rows, err)
	}
	row := rows[0]
	hold, err := d.Hold(t.Context(), caller, tools.HoldIn{Slot: row[0], Also: row[1:]})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.ProposeAll(t.Context(), caller, hold, []clinic.Visit{{Slot: row[0], Patient: uuid.New()}})
	refused(t, err, clinic.CodeNotAllowed)
	proposal, err := d.ProposeAll(t.Context(), caller, hold, []clinic.Visit{{Slot: row[0], Patient: jane}, {Slot: row[1], Patient: john}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is the same
		change, err := d.Confirm(t.Context(), caller, option(t, proposal))
		if err != nil || len(change.All) != 2 || change.All[0].Patient != jane || change.All[1].Patient != john {
			t.Fatalf("booked %+v, %v", change.All, err)
		}
	}
	if list, err := d.MyAppointments(t.Context(), caller); err != nil || len(list) != 2 {
		t.Errorf("the guardian sees %v, %v", list, err)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	d := open(t)
	stranger := d.caller(t)
	in := tools.WaitIn{Patient: jane, Service: d.service("skin-check"), Practitioners: []uuid.UUID{d.who("Chen")}}
	_, err := d.Wait(t.Context(), stranger, in)
	refused(t, err, clinic.CodeNotAllowed)
	_, err = d.Waiting(t.Context(), stranger)
	refused(t, err, clinic.CodeNotAllowed)
	refused(t, d.StopWaiting(t.Context(), stranger, uuid.New()), clinic.CodeNotAllowed)
	refused(t, d.DeclineOffer(t.Context(), stranger, uuid.New()), clinic.CodeNotAllowed)

	caller := d.caller(t).As(jane)
	_, err = d.Wait(t.Context(), caller, tools.WaitIn{Patient: john, Service: in.Service})
	refused(t, err, clinic.CodeNotAllowed)
	entry, err := d.Wait(t.Context(), caller, in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Wait(t.Context(), caller, in); err != nil || again.ID != entry.ID {
		t.Errorf("the same message made %v, %v", again.ID, err)
	}
	if list, err := d.Waiting(t.Context(), caller); err != nil || len(list) != 1 || list[0].ID != entry.ID {
		t.Errorf("waiting for %v, %v", list, err)
	}
	if err := d.StopWaiting(t.Context(), caller, entry.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Waiting(t.Context(), caller); err != nil || len(list) != 0 {
		t.Errorf("waiting for %v, %v after leaving", list, err)
	}
}

// TestAlternativesAreWaitedForTogether holds that nothing that was named is missed.
func TestAlternativesAreWaitedForTogether(t *testing.T) {
	t.Parallel()
	d := open(t)
	day := func(n int) localtime.Date { return localtime.Date{Year: 2026, Month: time.December, Day: n} }
	for name, tc := range map[string]struct {
		whens []tools.When
		want  clinic.WaitlistWish
	}{
		"any time":   {nil, clinic.WaitlistWish{}},
		"exactly":    {[]tools.When{{From: day(2), Until: day(2), Exact: true, At: 600}}, clinic.WaitlistWish{From: day(2), Until: day(2), DayFrom: 600, DayUntil: 601}},
		"two days":   {[]tools.When{{From: day(2), Until: day(2), Opens: 720}, {From: day(4), Until: day(4), Opens: 540}}, clinic.WaitlistWish{From: day(2), Until: day(4), DayFrom: 540}},
		"two times":  {[]tools.When{{Opens: 840, Closes: 900}, {Opens: 480, Closes: 600}}, clinic.WaitlistWish{DayFrom: 480, DayUntil: 900}},
		"or anytime": {[]tools.When{{From: day(2), Closes: 600, Weekdays: []time.Weekday{time.Monday}}, {}}, clinic.WaitlistWish{}},
		"weekdays": {
			[]tools.When{{Weekdays: []time.Weekday{time.Monday}}, {Weekdays: []time.Weekday{time.Friday}}},
			clinic.WaitlistWish{Weekdays: []time.Weekday{time.Monday, time.Friday}},
		},
	} {
		caller := d.caller(t).As(jane)
		entry, err := d.Wait(t.Context(), caller, tools.WaitIn{Patient: jane, Service: d.service("skin-check"), Whens: tc.whens})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, entry.Wish); diff != "" {
			t.Errorf("%s waits for (-want +got):\n%s", name, diff)
		}
		if err := d.StopWaiting(t.Context(), caller, entry.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOfferIsTakenOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	caller := d.caller(t).As(jane)
	had := d.book(t, caller, d.skinCheck(t, caller)[2]).Appointment
	caller.Seq++
	entry, err := d.Wait(t.Context(), caller, tools.WaitIn{Patient: jane, Service: had.Slot.Service, Instead: had.ID})
	if err != nil {
		t.Fatal(err)
	}
	free := d.skinCheck(t, caller)[0]
	var proposal tools.Proposal
	announce := func(ctx context.Context, clinicID uuid.UUID, o clinic.WaitlistOffer, _ string, _ *time.Location) (chat.Body, error) {
		proposal, err = d.ProposeOffer(ctx, clinicID, o)
		return chat.Body{Text: "A time has become free."}, err
	}
	freed := chat.FreedArgs{Clinic: caller.Clinic, Practitioner: free.Practitioner, From: free.Start, Until: free.End}
	if _, found, err := d.env.DB.OfferFreed(t.Context(), freed, time.Hour, announce); err != nil || !found {
		t.Fatalf("offered: %v, %v", found, err)
	}
	if proposal.Kind != tools.ProposeAccept || proposal.Appointment != had.ID || !proposal.Was.Start.Equal(had.Slot.Start) || proposal.Patient != entry.Patient {
		t.Errorf("the offer is %+v", proposal)
	}
	_, err = d.Confirm(t.Context(), d.caller(t), option(t, proposal))
	refused(t, err, clinic.CodeNotAllowed)
	for range 2 {
		change, err := d.Confirm(t.Context(), caller, option(t, proposal))
		if err != nil || change.Appointment.ID != had.ID || !change.Appointment.Slot.Start.Equal(proposal.Slot.Start) {
			t.Fatalf("taken as %+v, %v, want the appointment moved", change.Appointment, err)
		}
	}
}
