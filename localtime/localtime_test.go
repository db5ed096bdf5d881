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
