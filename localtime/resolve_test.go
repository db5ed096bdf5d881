package localtime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones whose clocks do something that a shortcut gets wrong.
var zones = []string{
	"UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", // ordinary, and 5:45 ahead
	"America/Santiago", "Africa/Cairo", "Asia/Beirut", "America/Havana", // midnight that does not exist, or comes twice
	"America/Sao_Paulo",   // the same, until 2019
	"Australia/Lord_Howe", // half an hour
	"Africa/Casablanca",   // winter time during Ramadan
	"Pacific/Apia",        // skipped 30 December 2011
	"Pacific/Kiritimati", "Pacific/Pago_Pago", "Antarctica/Troll",
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func clock(t testing.TB, s string) Clock {
	t.Helper()
	c, err := ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpenAndClose(t *testing.T) {
	for _, tt := range []struct{ name, zone, day, clock, opens, closes string }{
		{"ordinary", "America/New_York", "2026-12-01", "09:00", "2026-12-01T09:00:00-05:00", ""},
		{"quarter hours off", "Asia/Kathmandu", "2026-12-01", "09:00", "2026-12-01T09:00:00+05:45", ""},
		{"before a gap", "America/New_York", "2026-03-08", "01:59", "2026-03-08T01:59:00-05:00", ""},
		{"in a gap", "America/New_York", "2026-03-08", "02:30", "2026-03-08T03:00:00-04:00", ""},
		{"at the end of a gap", "America/New_York", "2026-03-08", "03:00", "2026-03-08T03:00:00-04:00", ""},
		{"in an overlap", "America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"},
		{"after an overlap", "America/New_York", "2026-11-01", "02:00", "2026-11-01T02:00:00-05:00", ""},
		{"in Berlin's gap", "Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T03:00:00+02:00", ""},
		{"in Berlin's overlap", "Europe/Berlin", "2026-10-25", "02:59", "2026-10-25T02:59:00+02:00", "2026-10-25T02:59:00+01:00"},
		{"half an hour's gap", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30:00+11:00", ""},
		{"half an hour's overlap", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"},
		{"no overlap before it", "Australia/Lord_Howe", "2026-04-05", "01:29", "2026-04-05T01:29:00+11:00", ""},
		{"midnight that does not exist", "America/Santiago", "2026-09-06", "00:00", "2026-09-06T01:00:00-03:00", ""},
		{"hour before midnight twice", "America/Santiago", "2026-04-04", "23:30", "2026-04-04T23:30:00-03:00", "2026-04-04T23:30:00-04:00"},
		{"Cairo's missing midnight", "Africa/Cairo", "2026-04-24", "00:30", "2026-04-24T01:00:00+03:00", ""},
		{"Cairo's hour before midnight twice", "Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T23:30:00+03:00", "2026-10-29T23:30:00+02:00"},
		{"Beirut's missing midnight", "Asia/Beirut", "2026-03-29", "00:00", "2026-03-29T01:00:00+03:00", ""},
		{"Beirut's hour before midnight twice", "Asia/Beirut", "2026-10-24", "23:00", "2026-10-24T23:00:00+03:00", "2026-10-24T23:00:00+02:00"},
		{"Sao Paulo's missing midnight", "America/Sao_Paulo", "2018-11-04", "00:59", "2018-11-04T01:00:00-02:00", ""},
		{"Sao Paulo's hour before midnight twice", "America/Sao_Paulo", "2018-02-17", "23:59", "2018-02-17T23:59:00-02:00", "2018-02-17T23:59:00-03:00"},
		{"Sao Paulo since it keeps one time", "America/Sao_Paulo", "2026-11-01", "00:00", "2026-11-01T00:00:00-03:00", ""},
		{"end of the day where the last hour comes twice", "America/Sao_Paulo", "2018-02-17", "24:00", "2018-02-18T00:00:00-03:00", ""},
		{"Havana's missing midnight", "America/Havana", "2026-03-08", "00:00", "2026-03-08T01:00:00-04:00", ""},
		{"a quarter of an hour's gap", "Asia/Kathmandu", "1986-01-01", "00:05", "1986-01-01T00:15:00+05:45", ""},
		{"midnight twice", "America/Havana", "2026-11-01", "00:00", "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-05:00"},
		{"end of Ramadan", "Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T03:00:00+01:00", ""},
		{"beginning of Ramadan", "Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15T02:30:00+01:00", "2026-02-15T02:30:00Z"},
		{"skipped day", "Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00:00+14:00", ""},
		{"end of the day before", "Pacific/Apia", "2011-12-29", "24:00", "2011-12-31T00:00:00+14:00", ""},
		{"end of the day", "America/New_York", "2026-12-01", "24:00", "2026-12-02T00:00:00-05:00", ""},
		{"end of the day where the next midnight is missing", "America/Santiago", "2026-09-05", "24:00", "2026-09-06T01:00:00-03:00", ""},
		{"end of the day where the next midnight comes twice", "America/Havana", "2026-10-31", "24:00", "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-04:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z, d, c := zone(t, tt.zone), date(t, tt.day), clock(t, tt.clock)
			if got := Open(d, c, z).Format(time.RFC3339); got != tt.opens {
				t.Errorf("Open = %s, want %s", got, tt.opens)
			}
			want := tt.closes
			if want == "" {
				want = tt.opens
			}
			if got := Close(d, c, z).Format(time.RFC3339); got != want {
				t.Errorf("Close = %s, want %s", got, want)
			}
		})
	}
}

func TestIntervalLength(t *testing.T) {
	for _, tt := range []struct {
		name, zone, day, opens, closes string
		want                           time.Duration
	}{
		{"ordinary", "America/New_York", "2026-12-01", "09:00", "17:00", 8 * time.Hour},
		{"over a gap", "America/New_York", "2026-03-08", "01:00", "05:00", 3 * time.Hour},
		{"over an overlap", "America/New_York", "2026-11-01", "00:00", "05:00", 6 * time.Hour},
		{"opens in the gap", "America/New_York", "2026-03-08", "02:30", "05:00", 2 * time.Hour},
		{"closes in the gap", "America/New_York", "2026-03-08", "01:00", "02:30", time.Hour},
		{"all in the gap", "America/New_York", "2026-03-08", "02:00", "03:00", 0},
		{"all in the overlap", "America/New_York", "2026-11-01", "01:00", "01:30", 90 * time.Minute},
		{"the whole short day", "America/Santiago", "2026-09-06", "00:00", "24:00", 23 * time.Hour},
		{"the whole long day", "America/Havana", "2026-11-01", "00:00", "24:00", 25 * time.Hour},
		{"the whole skipped day", "Pacific/Apia", "2011-12-30", "00:00", "24:00", 0},
		{"closes before it opens", "America/New_York", "2026-12-01", "17:00", "09:00", 0},
		{"closes as it opens, twice", "America/New_York", "2026-11-01", "01:30", "01:30", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start, end, ok := Interval(date(t, tt.day), clock(t, tt.opens), clock(t, tt.closes), zone(t, tt.zone))
			if ok != (tt.want > 0) {
				t.Fatalf("ok = %v", ok)
			}
			if got := end.Sub(start); ok && got != tt.want {
				t.Errorf("%v long, want %v", got, tt.want)
			}
		})
	}
}

func TestExists(t *testing.T) {
	ny := zone(t, "America/New_York")
	if Exists(date(t, "2026-03-08"), 2*60+30, ny) {
		t.Error("02:30 exists on the night when clocks go forward")
	}
	if !Exists(date(t, "2026-11-01"), 60+30, ny) || !Exists(date(t, "2026-12-01"), Noon, ny) {
		t.Error("a wall time that comes round does not exist")
	}
}

// anyDay draws a zone and a day near one of its clock changes, or any day at all.
func anyDay(t *rapid.T) (*time.Location, Date) {
	z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(rapid.Int64Range(0, 2_150_000_000).Draw(t, "near"), 0).In(z)
	if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change") {
		at = change
	}
	return z, DateOf(at, z).AddDays(rapid.IntRange(-1, 1).Draw(t, "days off"))
}

// TestResolveAgainstEveryMinute holds the arithmetic against looking at each minute's wall clock.
func TestResolveAgainstEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := anyDay(t)
		c := Clock(rapid.IntRange(0, 23*60+59).Draw(t, "clock"))
		wantFirst, wantLast := lookUp(d, c, z)
		day := NewDay(d, z)
		if got := Open(d, c, z); !got.Equal(wantFirst) || !day.Open(c).Equal(got) {
			t.Fatalf("Open(%v %v %v) = %v, of the day %v, want %v", d, c, z, got, day.Open(c), wantFirst)
		}
		if got := Close(d, c, z); !got.Equal(wantLast) || !day.Close(c).Equal(got) {
			t.Fatalf("Close(%v %v %v) = %v, of the day %v, want %v", d, c, z, got, day.Close(c), wantLast)
		}
		if got, want := Exists(d, c, z), DateOf(wantFirst, z) == d && ClockOf(wantFirst, z) == c; got != want {
			t.Fatalf("Exists(%v %v %v) = %v", d, c, z, got)
		}
	})
}

// lookUp finds first and last minute with this wall time, or the first minute after it that exists.
func lookUp(d Date, c Clock, z *time.Location) (first, last time.Time) {
	wall := d.utc().Add(time.Duration(c-Noon) * time.Minute)
	for t := wall.Add(-30 * time.Hour); t.Before(wall.Add(40 * time.Hour)); t = t.Add(time.Minute) {
		if DateOf(t, z) == d && ClockOf(t, z) == c {
			if first.IsZero() {
				first = t
			}
			last = t
		}
	}
	for t := wall.Add(-30 * time.Hour); first.IsZero(); t = t.Add(time.Minute) {
		if day := DateOf(t, z); day.After(d) || day == d && ClockOf(t, z) > c {
			return t, t
		}
	}
	return first, last
}

func TestDaysTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := anyDay(t)
		today, tomorrow := NewDay(d, z), NewDay(d.AddDays(1), z)
		if got, want := today.Close(EndOfDay), tomorrow.Open(Midnight); !got.Equal(want) {
			t.Fatalf("%v in %v ends at %v, the next begins at %v", d, z, got, want)
		}
		if today.Date() != d || today.Zone() != z {
			t.Fatalf("the day says that it is %v in %v", today.Date(), today.Zone())
		}
		change := today.Close(EndOfDay).Sub(today.Open(Midnight)) != 24*time.Hour
		if today.Steady() && change {
			t.Fatalf("%v in %v is steady and not 24 hours long", d, z)
		}
	})
}

// TestGridAgainstEveryMinute holds the grid against looking at each minute's wall clock.
func TestGridAgainstEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := anyDay(t)
		first := Clock(rapid.IntRange(0, 20*60).Draw(t, "first"))
		step := rapid.IntRange(1, 200).Draw(t, "step")
		day := NewDay(d, z)
		grid := day.Grid(first, time.Duration(step)*time.Minute)
		start, end, ok := day.Interval(first, EndOfDay)
		if !ok {
			return
		}
		next := grid.Next(start.Unix())
		for at := start; at.Before(end); at = at.Add(time.Minute) {
			onGrid := DateOf(at, z) == d && ClockOf(at, z) >= first && int(ClockOf(at, z)-first)%step == 0
			if onGrid != (next == at.Unix()) {
				t.Fatalf("on the grid from %v by %d: %v is %v, next is %v", first, step, at, onGrid, time.Unix(next, 0).In(z))
			}
			if onGrid {
				next = grid.Next(at.Unix() + 1)
			}
		}
	})
}

func TestGridStepIsAtLeastAMinute(t *testing.T) {
	grid := NewDay(date(t, "2026-12-01"), time.UTC).Grid(Noon, time.Second)
	noon := Open(date(t, "2026-12-01"), Noon, time.UTC).Unix()
	if got := grid.Next(noon + 1); got != noon+60 {
		t.Errorf("after noon comes %d seconds later", got-noon)
	}
}

func BenchmarkOpen(b *testing.B) {
	z, d := zone(b, "America/New_York"), date(b, "2026-12-01")
	b.ReportAllocs()
	for b.Loop() {
		Open(d, Noon, z)
	}
}

func BenchmarkDayOpen(b *testing.B) {
	day := NewDay(date(b, "2026-12-01"), zone(b, "America/New_York"))
	b.ReportAllocs()
	for b.Loop() {
		day.Open(Noon)
	}
}
