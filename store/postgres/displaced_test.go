package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

func (p *practice) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.Owner.Exec(context.Background(), sql, args...); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}

func (p *practice) displaced(filter clinic.DisplacedFilter) []clinic.Displaced {
	p.t.Helper()
	found, err := p.DB.Displaced(context.Background(), p.id, filter, operator)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// proposed are the displaced appointments with proposals.
func (p *practice) proposed() []clinic.Displaced {
	p.t.Helper()
	found := p.displaced(clinic.DisplacedFilter{})
	if err := p.DB.Propose(context.Background(), p.id, found); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// agree makes a patient's consent to texts, or takes it back.
func (p *practice) agree(patient uuid.UUID, given bool) {
	p.t.Helper()
	p.exec(`insert into consent (clinic_id, id, patient_id, phone_index, purpose, wording, source, given, at)
		select clinic_id, $2, id, phone_index, 'appointment_texts', 'You may text me.', 'web_form', $3, clock_timestamp() from patient where id = $1`,
		patient, uuid.New(), given)
}

// texts are what was queued to a number since the start, as its channel will send it.
func (p *practice) texts() []string {
	p.t.Helper()
	rows, err := p.Owner.Query(context.Background(), "select id from delivery where clinic_id = $1 order by created_at, id", p.id)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			p.t.Fatal(err)
		}
		d, err := p.DB.Delivery(context.Background(), chat.DeliverArgs{Clinic: p.id, Delivery: id})
		if err != nil {
			p.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s %s: %s", d.Channel, d.Purpose, d.To, d.Text))
	}
	return out
}

func (p *practice) settle(d clinic.Displaced, way clinic.SettleWay) (clinic.Settled, error) {
	return p.DB.Settle(context.Background(), p.id, clinic.SettleRequest{Displaced: d, Way: way, Texts: true, Actor: operator})
}

func (p *practice) mustSettle(d clinic.Displaced, way clinic.SettleWay) clinic.Settled {
	p.t.Helper()
	settled, err := p.settle(d, way)
	if err != nil {
		p.t.Fatal(err)
	}
	return settled
}

func TestWhatDisplaces(t *testing.T) {
	t.Parallel()
	p := open(t)
	visit := p.mustBook("visit", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	treatment := p.mustBook("treatment", p.bob, p.roomSlot(p.ben, p.at(1, 14, 0)))
	squeezed := p.mustBook("squeezed", p.kid, p.slot(p.ada, p.at(2, 16, 30)))
	p.exec("update allocation set lane = -1, starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' where appointment_id = $1 and resource_id = $2", squeezed.ID, p.ada)
	p.exec("update appointment set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' where id = $1", squeezed.ID) // 17:30, after hours
	why := func() map[uuid.UUID]clinic.DisplacedWhy {
		out := map[uuid.UUID]clinic.DisplacedWhy{}
		for _, d := range p.displaced(clinic.DisplacedFilter{}) {
			out[d.Appointment.ID] = d.Why
		}
		return out
	}
	check := func(what string, want map[uuid.UUID]clinic.DisplacedWhy) {
		t.Helper()
		if diff := cmp.Diff(want, why()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("nothing has changed", map[uuid.UUID]clinic.DisplacedWhy{})
	p.exec("update weekly_hours set opens_min = 570 where resource_id = $1 and weekday = 2 and opens_min = 540", p.ada)
	check("Tuesdays begin at 9:30", map[uuid.UUID]clinic.DisplacedWhy{visit.ID: clinic.WhyAway})
	p.exec("update weekly_hours set opens_min = 540 where resource_id = $1 and weekday = 2 and opens_min = 570", p.ada)
	room, _ := p.closeHours(clinic.Closure{Resource: p.room, From: p.day(1), Until: p.day(1)})
	check("the room is closed", map[uuid.UUID]clinic.DisplacedWhy{treatment.ID: clinic.WhyRoom})
	p.reopen(room.ID)
	evening, displaced := p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(2), Until: p.day(2), DayFrom: 17 * 60, DayUntil: 19 * 60})
	if diff := cmp.Diff([]uuid.UUID{squeezed.ID}, ids(displaced)); diff != "" {
		t.Errorf("a closed evening displaces (-want +got):\n%s", diff)
	}
	p.reopen(evening.ID)
	p.exec("update resource set retired_at = now() where id = $1", p.ada)
	check("retired", map[uuid.UUID]clinic.DisplacedWhy{visit.ID: clinic.WhyRetired, squeezed.ID: clinic.WhyRetired})
	for name, tt := range map[string]struct {
		filter clinic.DisplacedFilter
		want   []uuid.UUID
	}{
		"by practitioner": {clinic.DisplacedFilter{Practitioner: p.ada}, []uuid.UUID{visit.ID, squeezed.ID}},
		"by another":      {clinic.DisplacedFilter{Practitioner: p.ben}, []uuid.UUID{}},
		"from a day":      {clinic.DisplacedFilter{From: p.day(2)}, []uuid.UUID{squeezed.ID}},
		"until a day":     {clinic.DisplacedFilter{Until: p.day(1)}, []uuid.UUID{visit.ID}},
		"elsewhere":       {clinic.DisplacedFilter{Location: p.room}, []uuid.UUID{}},
	} {
		if diff := cmp.Diff(tt.want, ids(p.displaced(tt.filter))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	p.Clock.Set(p.at(1, 9, 15))
	check("the visit has begun", map[uuid.UUID]clinic.DisplacedWhy{squeezed.ID: clinic.WhyRetired})
}

func TestProposalsDoNotCollide(t *testing.T) {
	t.Parallel()
	p := open(t)
	for i, who := range []uuid.UUID{p.ann, p.bob, p.kid} {
		p.mustBook(fmt.Sprint("ada", i), who, p.slot(p.ada, p.at(2, 9+i, 0)))
		p.mustBook(fmt.Sprint("ben", i), []uuid.UUID{p.bob, p.kid, p.ann}[i], p.slot(p.ben, p.at(2, 9+i, 0)))
	}
	p.mustBook("busy", p.ann, p.slot(p.ben, p.at(3, 9, 0))) // Ann cannot come to Ada then
	p.closeHours(clinic.Closure{From: p.day(2), Until: p.day(2)})
	displaced := p.proposed()
	if len(displaced) != 6 {
		t.Fatalf("%d displaced, want 6", len(displaced))
	}
	for _, d := range displaced {
		if d.Proposal == nil {
			t.Fatalf("no proposal for the visit at %v", d.Appointment.Slot.Start)
		}
		if d.Proposal.Practitioner != d.Appointment.Slot.Practitioner {
			t.Errorf("%v with somebody else, although the same practitioner is there the day after", d.Proposal.Start)
		}
		if _, err := p.settle(d, clinic.SettleMove); err != nil {
			t.Errorf("moving to %v: %v", d.Proposal.Start, err)
		}
	}
	if left := p.displaced(clinic.DisplacedFilter{}); len(left) != 0 {
		t.Errorf("still displaced: %+v", left)
	}
}

func TestProposalsAreTheNearestEqualSlot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		until  int // Ada is away from Tuesday to this day
		want   string
		byAda  bool
		fullBy bool // Ben is away too
	}{
		{"back on Wednesday: the same time then", 1, "2026-03-04 10:00", true, false},
		{"away for weeks: somebody else at the agreed time", 18, "2026-03-03 10:00", false, false},
		{"all away: the first day after", 18, "2026-03-23 10:00", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			p.mustBook("visit", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
			p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(tt.until)})
			if tt.fullBy {
				p.closeHours(clinic.Closure{Resource: p.ben, From: p.day(1), Until: p.day(60)})
			}
			got := p.proposed()[0].Proposal
			if got == nil || got.Start.In(p.zone).Format("2006-01-02 15:04") != tt.want || (got.Practitioner == p.ada) != tt.byAda {
				t.Errorf("proposed %+v, want %s, by the same: %v", got, tt.want, tt.byAda)
			}
		})
	}
}

func TestTryingAClosureChangesNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	visit := p.mustBook("visit", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
	before := p.starts(p.visit, p.ada, 1)
	got, err := p.DB.WouldDisplace(t.Context(), p.id, clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)}, operator)
	if err != nil || len(got) != 1 || got[0].Appointment.ID != visit.ID || got[0].Proposal == nil || got[0].Proposal.Start.Before(p.at(2, 0, 0)) {
		t.Errorf("would displace %+v, %v", got, err)
	}
	if diff := cmp.Diff(before, p.starts(p.visit, p.ada, 1)); diff != "" || p.count("select count(*) from closure") != 0 {
		t.Errorf("something was written:\n%s", diff)
	}
}

func TestNobodyIsMovedSilently(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.exec("update service set confidential = true where id = $1", p.treatment)
	p.agree(p.ann, true)
	p.agree(p.bob, true)
	p.agree(p.bob, false) // the last word counts
	p.mustBook("ann", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.mustBook("bob", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
	p.mustBook("kid", p.kid, p.slot(p.ada, p.at(1, 11, 0)))
	p.mustBook("kid's treatment", p.kid, p.roomSlot(p.ada, p.at(1, 14, 0)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	displaced := p.proposed()
	told := []clinic.Told{
		p.mustSettle(displaced[0], clinic.SettleMove).Told,
		p.mustSettle(displaced[1], clinic.SettleMove).Told,
		p.mustSettle(displaced[2], clinic.SettleCancel).Told,
		p.mustSettle(displaced[3], clinic.SettleMove).Told,
	}
	if diff := cmp.Diff([]clinic.Told{clinic.ToldByText, clinic.ToldByTask, clinic.ToldByText, clinic.ToldByTask}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	want := []string{
		"sms appointment_change +16465550111: Practice: your appointment (Visit) of Tue, Mar 3 at 9:00 AM had to be moved to Wed, Mar 4 at 9:00 AM, " +
			"with Dr. Ada A, Here. If that does not suit you, please call +12125550199.",
		"sms appointment_change +16465550111: Practice: we are sorry, your appointment (Visit) on Tue, Mar 3 at 11:00 AM cannot take place. " +
			"For another time please call +12125550199.",
	}
	if diff := cmp.Diff(want, p.texts()); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if n := p.count("select count(*) from river_job where kind = 'deliver'"); n != 2 {
		t.Errorf("%d jobs to deliver, want 2", n)
	}
	if n := p.count("select count(*) from task where kind = 'callback' and patient_id in ($1, $2) and expected_at > $3", p.bob, p.kid, monday); n != 2 {
		t.Errorf("%d tasks to call, want 2", n)
	}
	if n := p.count("select count(*) from appointment_event where actor_kind = 'staff' and channel = 'cli' and kind in ('moved', 'cancelled')"); n != 4 {
		t.Errorf("%d events by the operator, want 4", n)
	}
}

func TestTextsInSpanish(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.agree(p.bob, true)
	p.mustBook("moved", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	p.mustBook("cancelled", p.bob, p.slot(p.ada, p.at(1, 13, 30)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	displaced := p.proposed()
	p.mustSettle(displaced[0], clinic.SettleMove)
	p.mustSettle(displaced[1], clinic.SettleCancel)
	got := strings.Join(p.texts(), "\n")
	for _, want := range []string{"Nueva hora: mié 4 mar a las 9:00, con Dr. Ada A", "su cita (Visit) del mar 3 mar a las 13:30 no puede tener lugar"} {
		if !strings.Contains(got, want) {
			t.Errorf("the texts lack %q:\n%s", want, got)
		}
	}
}

func TestWithoutTextsStaffCall(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.agree(p.ann, true)
	p.mustBook("ann", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	settled, err := p.DB.Settle(t.Context(), p.id, clinic.SettleRequest{Displaced: p.proposed()[0], Way: clinic.SettleMove, Actor: operator})
	if err != nil || settled.Told != clinic.ToldByTask || len(p.texts()) != 0 {
		t.Errorf("settled %+v, %v", settled, err)
	}
}

func TestAnInterruptedRunIsFinished(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.agree(p.ann, true)
	first := p.mustBook("first", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	second := p.mustBook("second", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
	third := p.mustBook("third", p.kid, p.slot(p.ada, p.at(1, 11, 0)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	displaced := p.proposed()
	for i, a := range []clinic.Appointment{first, second, third} { // the run ends after the second was moved, before anybody was told
		key := fmt.Sprintf("displaced/move/%s/%d", a.ID, a.Version)
		p.exec("insert into settlement (clinic_id, appointment_id, version, way, created_at) values ($1, $2, $3, 'move', now())", p.id, a.ID, a.Version)
		if i == 2 {
			break
		}
		_, err := p.DB.Move(t.Context(), p.id, clinic.MoveRequest{Key: key, Appointment: a.ID, Version: a.Version, Slot: *displaced[i].Proposal, Actor: operator})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.DB.Cancel(t.Context(), p.id, clinic.CancelRequest{Key: "bob himself", Appointment: second.ID, Version: second.Version + 1, Actor: as(p.bob)}); err != nil {
		t.Fatal(err)
	}
	finished, err := p.DB.FinishSettling(t.Context(), p.id, true, operator)
	if err != nil || len(finished) != 2 || finished[0].Told != clinic.ToldByText || finished[1].Told != clinic.ToldOvertaken {
		t.Errorf("finished %+v, %v", finished, err)
	}
	if again, err := p.DB.FinishSettling(t.Context(), p.id, true, operator); err != nil || len(again) != 0 {
		t.Errorf("finished again: %+v, %v", again, err)
	}
	if settled := p.mustSettle(displaced[0], clinic.SettleMove); settled.Told != clinic.ToldByText {
		t.Errorf("asked again: %+v", settled)
	}
	if got := p.texts(); len(got) != 1 || !strings.Contains(got[0], "had to be moved to Wed, Mar 4 at 9:00 AM") {
		t.Errorf("texts: %v", got)
	}
	if left := p.proposed(); len(left) != 1 || left[0].Appointment.ID != third.ID {
		t.Errorf("left to settle: %+v", left)
	}
}

func TestRefusalsLeaveTheAppointment(t *testing.T) {
	t.Parallel()
	p := open(t)
	a := p.mustBook("ann", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	d := p.proposed()[0]
	p.mustBook("faster", p.bob, *d.Proposal)
	_, err := p.settle(d, clinic.SettleMove)
	wantCode(t, "somebody was faster", err, clinic.CodeSlotTaken)
	stale := d
	stale.Appointment.Version++
	_, err = p.settle(stale, clinic.SettleCancel)
	wantCode(t, "another version", err, clinic.CodeWrongState)
	_, err = p.settle(d, "shrug")
	if err == nil {
		t.Error("settled by a shrug")
	}
	d.Proposal = nil
	_, err = p.settle(d, clinic.SettleMove)
	wantCode(t, "no proposal", err, clinic.CodeNotOffered)
	if n := p.count("select count(*) from appointment where id = $1 and version = 1 and state = 'booked'", a.ID); n != 1 {
		t.Error("the appointment was changed")
	}
	if len(p.texts()) != 0 || p.count("select count(*) from task") != 0 {
		t.Error("somebody was told of what did not happen")
	}
	again := p.proposed()[0] // the next run goes on
	if settled := p.mustSettle(again, clinic.SettleMove); !settled.Appointment.Slot.Start.Equal(again.Proposal.Start) {
		t.Errorf("settled %+v", settled)
	}
}

func TestSettledAppointmentsAreNotMovedToTheSameDay(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustBook("ann", p.ann, p.slot(p.ada, p.at(0, 15, 0)))
	p.Clock.Set(p.at(0, 14, 0)) // an hour before
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(0), Until: p.day(0), DayFrom: 14 * 60})
	got := p.proposed()[0].Proposal
	if got == nil || got.Start.Before(p.at(1, 0, 0)) || got.Start.Sub(p.Clock.Now()) > 5*24*time.Hour {
		t.Errorf("proposed %+v", got)
	}
}
