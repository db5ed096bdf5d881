package localtime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDateOfAndClockOf(t *testing.T) {
	at := time.Date(2026, 12, 1, 3, 59, 59, 0, time.UTC)
	if got := DateOf(at, zone(t, "America/New_York")); got != date(t, "2026-11-30") {
		t.Errorf("DateOf = %v", got)
	}
	if got := ClockOf(at, zone(t, "America/New_York")); got != 22*60+59 {
		t.Errorf("ClockOf = %v", got)
	}
}

func TestDiffers(t *testing.T) {
	for _, tt := range []struct {
		name, at, a, b string
		want           bool
	}{
		{"one zone", "2026-12-01T15:00:00Z", "America/New_York", "America/New_York", false},
		{"two names of one time", "2026-12-01T15:00:00Z", "America/New_York", "America/Toronto", false},
		{"an hour apart", "2026-12-01T15:00:00Z", "America/New_York", "America/Chicago", true},
		{"a quarter of an hour apart", "2026-12-01T15:00:00Z", "Asia/Kathmandu", "Asia/Kolkata", true},
		{"the same in winter", "2026-12-01T15:00:00Z", "America/New_York", "America/Panama", false},
		{"not in summer", "2026-07-01T15:00:00Z", "America/New_York", "America/Panama", true},
		{"a second before one clock goes back", "2026-11-01T05:59:59Z", "America/New_York", "America/Panama", true},
		{"as it goes back", "2026-11-01T06:00:00Z", "America/New_York", "America/Panama", false},
		{"half the day is the same, and the date is not", "2026-12-01T15:00:00Z", "Pacific/Kiritimati", "Pacific/Honolulu", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			a, b := zone(t, tt.a), zone(t, tt.b)
			if got := Differs(at, a, b); got != tt.want || Differs(at, b, a) != got {
				t.Errorf("Differs = %v", got)
			}
			if Differs(at, nil, a) || Differs(at, a, nil) || Differs(at, nil, nil) {
				t.Error("a zone that is not known differs")
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	if got, err := ParseDate("2024-02-29"); err != nil || got != (Date{2024, time.February, 29}) {
		t.Errorf("ParseDate = %v, %v", got, err)
	}
	for _, s := range []string{"", "2026-02-29", "2026-13-01", "2026-1-1", "01/02/2026", "2026-01-01T00:00", "２０２６-01-01"} {
		if got, err := ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) = %v", s, got)
		}
	}
}

func TestParseClock(t *testing.T) {
	for s, want := range map[string]Clock{"00:00": Midnight, "12:00": Noon, "23:59": 23*60 + 59, "24:00": EndOfDay} {
		if got, err := ParseClock(s); err != nil || got != want || got.String() != s {
			t.Errorf("ParseClock(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "24:01", "25:00", "12:60", "noon", "12"} {
		if got, err := ParseClock(s); err == nil {
			t.Errorf("ParseClock(%q) = %v", s, got)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date{1900, time.January, 1}.AddDays(rapid.IntRange(0, 100_000).Draw(t, "day"))
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		other := d.AddDays(n)
		if got := d.DaysUntil(other); got != n {
			t.Fatalf("%v until %v are %d days, want %d", d, other, got, n)
		}
		if d.Before(other) != (n > 0) || d.After(other) != (n < 0) {
			t.Fatalf("order of %v and %v", d, other)
		}
		if got := int(d.Weekday()+time.Weekday(n%7+7)) % 7; got != int(other.Weekday()) {
			t.Fatalf("%v is a %v", other, other.Weekday())
		}
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%v read back is %v, %v", d, back, err)
		}
	})
}

func TestZeroDate(t *testing.T) {
	if !(Date{}).IsZero() || date(t, "2026-12-01").IsZero() {
		t.Error("only the zero Date is zero")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2026-12-01")
	f.Add("24:00")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s); err == nil && d.String() != s {
			t.Errorf("date %q reads as %v", s, d)
		}
		if c, err := ParseClock(s); err == nil && (c < Midnight || c > EndOfDay) {
			t.Errorf("clock %q reads as %d", s, c)
		}
	})
}
