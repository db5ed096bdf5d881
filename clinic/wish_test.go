package clinic

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

func TestCheckWish(t *testing.T) {
	s, now := testSchedule(t), instant(t, rulesNow)
	day := func(text string) localtime.Date { return mustDate(t, text) }
	for _, tt := range []struct {
		name       string
		service    uuid.UUID
		wish       WaitlistWish
		code, says string
	}{
		{"any time", checkup, WaitlistWish{}, "", ""},
		{"all that can be said", checkup, WaitlistWish{
			Practitioners: []uuid.UUID{chen, weiss}, Location: mainStreet, From: day("2026-12-01"), Until: day("2026-12-08"),
			DayFrom: 9 * 60, DayUntil: localtime.Noon, Weekdays: []time.Weekday{time.Monday, time.Friday},
		}, "", ""},
		{"today alone", checkup, WaitlistWish{From: day("2026-12-01"), Until: day("2026-12-01")}, "", ""},
		{"until after the window", checkup, WaitlistWish{Until: day("2030-01-01")}, "", ""},
		{"on the last day of the window", checkup, WaitlistWish{From: day("2027-01-30")}, "", ""},
		{"no such service", testID(99), WaitlistWish{}, CodeNotFound, "not offered"},
		{"a service of the past", oldService, WaitlistWish{}, CodeNotOffered, "no longer offered"},
		{"no such practitioner", checkup, WaitlistWish{Practitioners: []uuid.UUID{chen, testID(99)}}, CodeNotFound, "no such practitioner"},
		{"not this practitioner's", treatment, WaitlistWish{Practitioners: []uuid.UUID{weiss}}, CodeNotOffered, "does not"},
		{"no such place", checkup, WaitlistWish{Location: testID(99)}, CodeNotFound, "no such place"},
		{"ends before it starts", checkup, WaitlistWish{From: day("2026-12-08"), Until: day("2026-12-07")}, CodeInvalid, "ends before"},
		{"in the past", checkup, WaitlistWish{Until: day("2026-11-30")}, CodeTooSoon, "already passed"},
		{"beyond the window", checkup, WaitlistWish{From: day("2027-01-31")}, CodeTooFar, "60 days"},
		{"in the year 10000", checkup, WaitlistWish{Until: localtime.Date{Year: 10000, Month: 1, Day: 1}}, CodeInvalid, "no such day"},
		{"on 31 February", checkup, WaitlistWish{From: localtime.Date{Year: 2027, Month: 2, Day: 31}}, CodeInvalid, "no such day"},
		{"the part of the day ends before it starts", checkup, WaitlistWish{DayFrom: 10 * 60, DayUntil: 9 * 60}, CodeInvalid, "part of the day"},
		{"an empty part of the day", checkup, WaitlistWish{DayFrom: 10 * 60, DayUntil: 10 * 60}, CodeInvalid, "part of the day"},
		{"at 25 o'clock", checkup, WaitlistWish{DayUntil: 25 * 60}, CodeInvalid, "time of day"},
		{"before midnight", checkup, WaitlistWish{DayFrom: -1}, CodeInvalid, "time of day"},
		{"from the end of the day", checkup, WaitlistWish{DayFrom: localtime.EndOfDay}, CodeInvalid, "time of day"},
		{"on the eighth weekday", checkup, WaitlistWish{Weekdays: []time.Weekday{7}}, CodeInvalid, "day of the week"},
		{"weekdays that are not in the range", checkup, WaitlistWish{From: day("2026-12-01"), Until: day("2026-12-03"), Weekdays: []time.Weekday{time.Friday}}, CodeInvalid, "range of days"},
		{"a weekday at the end of the range", checkup, WaitlistWish{From: day("2026-12-01"), Until: day("2026-12-04"), Weekdays: []time.Weekday{time.Friday}}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckWish(tt.service, tt.wish, now), tt.code, tt.says)
		})
	}
}

func TestNormal(t *testing.T) {
	a := WaitlistWish{Practitioners: []uuid.UUID{weiss, chen, weiss}, Weekdays: []time.Weekday{5, 1, 5}, DayUntil: localtime.EndOfDay}
	b := WaitlistWish{Practitioners: []uuid.UUID{chen, weiss}, Weekdays: []time.Weekday{1, 5}}
	if diff := cmp.Diff(a.Normal(), b.Normal()); diff != "" {
		t.Errorf("equal wishes differ:\n%s", diff)
	}
	if a.Practitioners[0] != weiss || a.Weekdays[0] != 5 {
		t.Error("it changed the wish itself")
	}
}

// The record keeps wishes as JSON.
func TestWishIsReadAsItWasWritten(t *testing.T) {
	wish := WaitlistWish{
		Practitioners: []uuid.UUID{chen}, Location: harbor, From: mustDate(t, "2026-12-01"), Until: mustDate(t, "2026-12-08"),
		DayFrom: 9 * 60, DayUntil: localtime.Noon, Weekdays: []time.Weekday{time.Monday},
	}
	for _, w := range []WaitlistWish{wish, {}} {
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		var got WaitlistWish
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}
