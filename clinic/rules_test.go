package clinic

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const rulesNow = "2026-12-01 08:00" // a Tuesday

var (
	asPatient = Actor{Kind: ActorPatient}
	asStaff   = Actor{Kind: ActorStaff}
)

// spoken is what a refusal says besides its sentence.
func spoken(err error) (span time.Duration, who string) {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Span, refusal.Who
	}
	return 0, ""
}

// wantRefusal checks code and sentence; code "" wants none.
func wantRefusal(t *testing.T, err error, code, says string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("error %v, want a %s", err, code)
		return
	}
	if !strings.Contains(refusal.Message, says) || !strings.HasSuffix(refusal.Message, ".") {
		t.Errorf("sentence %q, want one that says %q", refusal.Message, says)
	}
}

func TestCheckSlot(t *testing.T) {
	holiday := DateOverride{Day: mustDate(t, "2026-12-24"), Closed: true}
	s := testSchedule(t, holiday)
	now := instant(t, rulesNow)
	for _, tt := range []struct {
		name       string
		slot       Slot
		by         Actor
		code, says string
	}{
		{"fine", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30), asPatient, "", ""},
		{"the last before lunch, buffer reaching into it", slotAt(t, checkup, chen, mainStreet, "2026-12-01 11:30", 30), asPatient, "", ""},
		{"Saturday at the harbor", slotAt(t, checkup, chen, harbor, "2026-12-05 09:00", 30), asPatient, "", ""},
		{"in the past", slotAt(t, checkup, chen, mainStreet, "2026-11-30 10:00", 30), asPatient, CodeTooSoon, "already passed"},
		{"a minute ago", slotAt(t, checkup, chen, mainStreet, "2026-12-01 07:59", 30), asStaff, CodeTooSoon, "already passed"},
		{"inside notice", slotAt(t, checkup, chen, mainStreet, "2026-12-01 09:30", 30), asPatient, CodeTooSoon, "2 hours ahead"},
		{"inside notice, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 09:30", 30), asStaff, "", ""},
		{"the end of the window", slotAt(t, checkup, chen, mainStreet, "2027-01-29 16:30", 30), asPatient, "", ""},
		{"beyond the window", slotAt(t, checkup, chen, mainStreet, "2027-02-01 10:00", 30), asPatient, CodeTooFar, "60 days ahead"},
		{"beyond the window, for staff", slotAt(t, checkup, chen, mainStreet, "2027-02-01 10:00", 30), asStaff, "", ""},
		{"in the year 10000", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(8000), asPatient, CodeTooFar, "60 days ahead"},
		{"in the year 10000, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(8000), asStaff, CodeTooFar, "5 years ahead"},
		{"in the year 292 billion", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(290_000_000_000), asStaff, CodeTooFar, "5 years ahead"},
		{"in the year 1", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(-2025), asPatient, CodeTooSoon, "already passed"},
		{"in the year 1, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(-2025), asStaff, CodeTooSoon, "already passed"},
		{"just too far for staff", slotAt(t, checkup, chen, mainStreet, "2031-12-01 10:00", 30), asStaff, CodeTooFar, "5 years ahead"},
		{"almost too far for staff", slotAt(t, checkup, chen, mainStreet, "2031-11-28 10:00", 30), asStaff, "", ""},
		{"no times", Slot{Service: checkup, Practitioner: chen, Location: mainStreet}, asPatient, CodeInvalid, "missing"},
		{"no beginning", Slot{Service: checkup, Practitioner: chen, Location: mainStreet, End: now}, asStaff, CodeInvalid, "missing"},
		{"no end", Slot{Service: checkup, Practitioner: chen, Location: mainStreet, Start: now}, asStaff, CodeInvalid, "missing"},
		{"no length", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 0), asPatient, CodeInvalid, "before it starts"},
		{"said in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).in(time.FixedZone("", 20_700)), asPatient, "", ""},
		{"another day in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-01 16:30", 30).in(time.FixedZone("", 50_400)), asPatient, "", ""},
		{"ten o'clock in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30).later(-8 * time.Hour).in(time.FixedZone("", 10_800)), asPatient, CodeOutsideHours, "Chen"},
		{"outside hours", slotAt(t, checkup, chen, mainStreet, "2026-12-01 12:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"reaching into lunch", slotAt(t, treatment, chen, mainStreet, "2026-12-01 11:30", 45), asPatient, CodeOutsideHours, "takes 45 minutes, and Dr. Maya Chen is not there"},
		{"at night", slotAt(t, checkup, chen, mainStreet, "2026-12-02 03:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"on a holiday", slotAt(t, checkup, chen, mainStreet, "2026-12-24 10:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"at the other place", slotAt(t, checkup, chen, harbor, "2026-12-01 10:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"off the grid", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:15", 30), asPatient, CodeOffGrid, "every 30 minutes"},
		{"off the grid by a second", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(time.Second), asPatient, CodeOffGrid, "do not start"},
		{"off the grid by less", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(1), asPatient, CodeOffGrid, "do not start"},
		{"too long", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 60), asPatient, CodeWrongLength, "30 minutes"},
		{"ends before it starts", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", -30), asPatient, CodeInvalid, "ends before it starts"},
		{"not this practitioner's", slotAt(t, treatment, weiss, mainStreet, "2026-12-01 10:00", 45), asPatient, CodeNotOffered, "Dr. Hannah Weiss does not"},
		{"retired practitioner", slotAt(t, checkup, retired, mainStreet, "2026-12-01 10:00", 30), asPatient, CodeRetired, "no longer sees"},
		{"another clinic's practitioner", slotAt(t, checkup, testID(99), mainStreet, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such practitioner"},
		{"another clinic's service", slotAt(t, testID(99), chen, mainStreet, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "not offered"},
		{"at another clinic's place", slotAt(t, checkup, chen, testID(99), "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such place"},
		{"nowhere", slotAt(t, checkup, chen, uuid.Nil, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such place"},
		{"nothing at all", Slot{}, asPatient, CodeNotFound, "not offered here"},
		{"retired service", slotAt(t, oldService, chen, mainStreet, "2026-12-01 10:00", 60), asPatient, CodeNotOffered, "no longer offered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckSlot(tt.slot, tt.by, now), tt.code, tt.says)
		})
	}
}

func (s Slot) shifted(years int) Slot {
	s.Start, s.End = s.Start.AddDate(years, 0, 0), s.End.AddDate(years, 0, 0)
	return s
}

func (s Slot) in(zone *time.Location) Slot {
	s.Start, s.End = s.Start.In(zone), s.End.In(zone)
	return s
}

func (s Slot) later(d time.Duration) Slot {
	s.Start, s.End = s.Start.Add(d), s.End.Add(d)
	return s
}

func TestCheckSlotOnClockChangeNights(t *testing.T) {
	rows := []WeeklyHours{{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 0, Closes: 6 * 60}}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	utc := func(text string) Slot {
		start, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return Slot{checkup, chen, mainStreet, start, start.Add(30 * time.Minute)}
	}
	for _, tt := range []struct {
		name, start, now, code string
	}{
		{"last before the gap", "2026-03-08T01:30:00-05:00", "2026-03-07 12:00", ""},
		{"first after the gap", "2026-03-08T03:00:00-04:00", "2026-03-07 12:00", ""},
		{"01:30 for the first time", "2026-11-01T01:30:00-04:00", "2026-10-31 12:00", ""},
		{"01:30 for the second time", "2026-11-01T01:30:00-05:00", "2026-10-31 12:00", ""},
		{"01:15 for the second time", "2026-11-01T01:15:00-05:00", "2026-10-31 12:00", CodeOffGrid},
		{"closing is after the change", "2026-11-01T05:30:00-05:00", "2026-10-31 12:00", ""},
		{"and not an hour later", "2026-11-01T06:00:00-05:00", "2026-10-31 12:00", CodeOutsideHours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckSlot(utc(tt.start), asPatient, instant(t, tt.now)), tt.code, "")
		})
	}
}

func TestHumanDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 90 * time.Minute: "90 minutes", time.Hour: "1 hour", 24 * time.Hour: "24 hours",
		48 * time.Hour: "2 days", 49 * time.Hour: "49 hours", 60 * 24 * time.Hour: "60 days",
		365 * 24 * time.Hour: "365 days", 730 * 24 * time.Hour: "2 years", maxAhead: "5 years",
	} {
		if got := humanDuration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestRefusalsSayWhatTheySpeakOf is for those who say them in another language.
func TestRefusalsSayWhatTheySpeakOf(t *testing.T) {
	s := testSchedule(t)
	now := instant(t, rulesNow)
	for _, tt := range []struct {
		name string
		err  error
		code string
		span time.Duration
		who  string
	}{
		{"notice", s.CheckSlot(slotAt(t, checkup, chen, mainStreet, "2026-12-01 09:30", 30), asPatient, now), CodeTooSoon, 2 * time.Hour, ""},
		{"past", s.CheckSlot(slotAt(t, checkup, chen, mainStreet, "2026-12-01 07:30", 30), asPatient, now), CodeTooSoon, 0, ""},
		{"window", s.CheckSlot(slotAt(t, checkup, chen, mainStreet, "2027-02-01 10:00", 30), asPatient, now), CodeTooFar, 60 * 24 * time.Hour, ""},
		{"staff's window", s.CheckSlot(slotAt(t, checkup, chen, mainStreet, "2036-02-01 10:00", 30), asStaff, now), CodeTooFar, maxAhead, ""},
		{"length", s.CheckSlot(slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 60), asPatient, now), CodeWrongLength, 30 * time.Minute, ""},
		{"grid", s.CheckSlot(slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:10", 45), asPatient, now), CodeOffGrid, 15 * time.Minute, ""},
		{"hours", s.CheckSlot(slotAt(t, checkup, weiss, mainStreet, "2026-12-01 20:00", 30), asPatient, now), CodeOutsideHours, 0, "Dr. Hannah Weiss"},
		{"not for so long", s.CheckSlot(slotAt(t, treatment, chen, mainStreet, "2026-12-01 16:30", 45), asPatient, now), CodeOutsideHours, 45 * time.Minute, "Dr. Maya Chen"},
		{"as the doors close", s.CheckSlot(slotAt(t, treatment, chen, mainStreet, "2026-12-01 17:00", 45), asPatient, now), CodeOutsideHours, 0, "Dr. Maya Chen"},
		{"retired", s.CheckSlot(slotAt(t, checkup, retired, mainStreet, "2026-12-01 10:00", 30), asPatient, now), CodeRetired, 0, "Dr. Otto Gone"},
		{"not theirs", s.CheckSlot(slotAt(t, treatment, weiss, mainStreet, "2026-12-01 10:00", 45), asPatient, now), CodeNotOffered, 0, "Dr. Hannah Weiss"},
		{"late", Service{ChangeNotice: 24 * time.Hour}.CheckNotice(now.Add(time.Hour), asPatient, now), CodeLateChange, 24 * time.Hour, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, tt.err, tt.code, "")
			if span, who := spoken(tt.err); span != tt.span || who != tt.who {
				t.Errorf("speaks of %v and %q, want %v and %q: %v", span, who, tt.span, tt.who, tt.err)
			}
		})
	}
}

func TestCheckOverbook(t *testing.T) {
	s := testSchedule(t)
	for _, tt := range []struct {
		name       string
		slot       Slot
		by         Actor
		code, says string
	}{
		{"at night, off the grid", slotAt(t, checkup, chen, mainStreet, "2026-12-02 03:07", 30), asStaff, "", ""},
		{"inside the notice, beyond the window", slotAt(t, checkup, chen, mainStreet, "2027-12-02 03:07", 30), asStaff, "", ""},
		{"at the other place", slotAt(t, checkup, chen, harbor, "2026-12-02 10:00", 30), asStaff, "", ""},
		{"by a patient", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30), asPatient, CodeNotAllowed, "front desk"},
		{"by the system", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30), Actor{Kind: ActorSystem}, CodeNotAllowed, "front desk"},
		{"by nobody", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30), Actor{}, CodeNotAllowed, "front desk"},
		{"in the past", slotAt(t, checkup, chen, mainStreet, "2026-12-01 07:59", 30), asStaff, CodeTooSoon, "already passed"},
		{"years away", slotAt(t, checkup, chen, mainStreet, "2033-12-01 10:00", 30), asStaff, CodeTooFar, "5 years"},
		{"too long", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 45), asStaff, CodeWrongLength, "30 minutes"},
		{"no times", Slot{Service: checkup, Practitioner: chen, Location: mainStreet}, asStaff, CodeInvalid, "missing"},
		{"between two minutes", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(time.Second), asStaff, CodeOffGrid, "full minute"},
		{"between two seconds", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(1), asStaff, CodeOffGrid, "full minute"},
		{"not this practitioner's", slotAt(t, treatment, weiss, mainStreet, "2026-12-01 10:00", 45), asStaff, CodeNotOffered, "Weiss"},
		{"retired practitioner", slotAt(t, checkup, retired, mainStreet, "2026-12-01 10:00", 30), asStaff, CodeRetired, "Gone"},
		{"another clinic's place", slotAt(t, checkup, chen, testID(99), "2026-12-01 10:00", 30), asStaff, CodeNotFound, "no such place"},
		{"retired service", slotAt(t, oldService, chen, mainStreet, "2026-12-01 10:00", 60), asStaff, CodeNotOffered, "no longer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckOverbook(tt.slot, tt.by, instant(t, rulesNow)), tt.code, tt.says)
		})
	}
}

func TestCheckPatient(t *testing.T) {
	for _, tt := range []struct {
		whom       Patients
		seen       bool
		code, says string
	}{
		{"", true, "", ""},
		{"", false, "", ""},
		{ForAny, true, "", ""},
		{ForAny, false, "", ""},
		{ForNew, true, CodeNotForPatient, "new patients only"},
		{ForNew, false, "", ""},
		{ForKnown, true, "", ""},
		{ForKnown, false, CodeNotForPatient, "who have been here before"},
	} {
		d := testDirectory(t)
		d.Services[0].For = tt.whom
		s, err := NewSchedule(d, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, s.CheckPatient(checkup, tt.seen), tt.code, tt.says)
	}
	s := testSchedule(t)
	wantRefusal(t, s.CheckPatient(testID(99), true), CodeNotFound, "not offered")
	wantRefusal(t, s.CheckPatient(oldService, true), CodeNotOffered, "no longer")
}

// FuzzCheckSlot is every time there is, in any zone, by anybody: allowed, or refused with a code and a sentence.
func FuzzCheckSlot(f *testing.F) {
	s := testSchedule(f)
	now := instant(f, rulesNow)
	f.Add(now.Unix()+7200, int64(0), int64(1800), 0, uint8(0))
	f.Add(int64(0), int64(-1), int64(-1800), 14*3600, uint8(1))
	f.Add(int64(math.MaxInt64), int64(999_999_999), int64(math.MaxInt64), 20_700, uint8(2))
	f.Add(int64(math.MinInt64), int64(1), int64(math.MinInt64), -12*3600, uint8(3))
	f.Add(time.Time{}.Unix(), int64(0), int64(0), 0, uint8(0))
	f.Fuzz(func(t *testing.T, start, nanos, length int64, offset int, who uint8) {
		zone := time.FixedZone("", offset%(24*3600))
		at := time.Unix(start, nanos).In(zone)
		slot := Slot{checkup, chen, mainStreet, at, at.Add(time.Duration(length) * time.Second)}
		by := []Actor{asPatient, asStaff, {Kind: ActorSystem}, {}}[who%4]
		wantRefusalOrNothing(t, s.CheckSlot(slot, by, now))
		wantRefusalOrNothing(t, s.CheckOverbook(slot, by, now))
		if s.CheckSlot(slot, by, now) == nil {
			if got := slot.Start.In(newYork(t)); got.Minute()%30 != 0 || got.Hour() < 9 || got.Hour() > 16 || got.Before(now) {
				t.Errorf("%v can be booked", got)
			}
			if _, err := s.Assign(slot, patientAna, nil); err != nil {
				t.Errorf("%v can be booked and is taken: %v", slot.Start, err)
			}
		}
	})
}

func wantRefusalOrNothing(t *testing.T, err error) {
	t.Helper()
	if refusal, ok := errors.AsType[*Error](err); err != nil && (!ok || refusal.Code == "" || !strings.HasSuffix(refusal.Message, ".")) {
		t.Errorf("error %v is no refusal with a code and a sentence", err)
	}
}
