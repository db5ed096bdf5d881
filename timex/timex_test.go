package timex

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

func TestFindSaysWhereAndHowExactly(t *testing.T) {
	text := "¿Qué? Could I come next week — or on Dec 3, at 3pm?"
	found := Find(text, tuesdayMorning(t))
	var got []string
	for _, e := range found {
		if text[e.Start:e.End] != e.Text {
			t.Errorf("%q does not stand from %d to %d", e.Text, e.Start, e.End)
		}
		got = append(got, e.Text+" "+string(e.Grain))
	}
	if diff := cmp.Diff([]string{"next week week", "Dec 3, at 3pm minute"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestGrains(t *testing.T) {
	for text, want := range map[string]Grain{
		"at 3": GrainMinute, "in the morning": GrainPart, "after 4": GrainPart, "Thursday": GrainDay, "Thursdays": GrainDay,
		"next week": GrainWeek, "in two weeks": GrainWeek, "next month": GrainMonth, "in 5 minutes": GrainMinute,
	} {
		if found := Find(text, tuesdayMorning(t)); len(found) != 1 || found[0].Grain != want {
			t.Errorf("%q is %v, want one of grain %s", text, found, want)
		}
	}
}

func TestInstants(t *testing.T) {
	for _, tt := range []struct{ zone, now, text, from, until string }{
		{"America/New_York", "2026-12-01 10:30", "tomorrow", "2026-12-02T00:00:00-05:00", "2026-12-03T00:00:00-05:00"},
		{"America/New_York", "2026-12-01 10:30", "tomorrow at 3", "2026-12-02T15:00:00-05:00", "2026-12-02T15:01:00-05:00"},
		{"America/New_York", "2026-12-01 10:30", "tomorrow morning", "2026-12-02T06:00:00-05:00", "2026-12-02T12:00:00-05:00"},
		{"America/New_York", "2026-12-01 10:30", "from Thursday", "2026-12-03T00:00:00-05:00", ""},
		{"America/New_York", "2026-12-01 10:30", "at 3", "", ""},
		{"America/New_York", "2026-12-01 10:30", "Tuesdays", "", ""},
		// Both clock-change nights.
		{"America/New_York", "2026-03-07 12:00", "tomorrow", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
		{"America/New_York", "2026-03-07 12:00", "tomorrow at 2:30am", "2026-03-08T03:00:00-04:00", "2026-03-08T03:01:00-04:00"},
		{"America/New_York", "2026-03-07 12:00", "tomorrow between 1am and 4am", "2026-03-08T01:00:00-05:00", "2026-03-08T04:00:00-04:00"},
		{"America/New_York", "2026-10-31 12:00", "tomorrow at 1:30am", "2026-11-01T01:30:00-04:00", "2026-11-01T01:31:00-04:00"},
		{"America/New_York", "2026-10-31 12:00", "tomorrow", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"},
		{"America/New_York", "2026-10-31 23:30", "in 3 hours", "2026-11-01T01:30:00-04:00", "2026-11-01T01:31:00-04:00"},
		// Midnight that does not exist.
		{"America/Santiago", "2026-09-05 12:00", "tomorrow", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"},
		{"America/Santiago", "2026-09-05 12:00", "today", "2026-09-05T00:00:00-04:00", "2026-09-06T01:00:00-03:00"},
		{"Australia/Lord_Howe", "2026-10-03 12:00", "tomorrow at 2:15am", "2026-10-04T02:30:00+11:00", "2026-10-04T02:31:00+11:00"},
		// What day it is depends on where.
		{"Asia/Kathmandu", "2026-12-02 00:15", "today", "2026-12-02T00:00:00+05:45", "2026-12-03T00:00:00+05:45"},
	} {
		t.Run(tt.zone+" "+tt.now+" "+tt.text, func(t *testing.T) {
			zone := mustZone(t, tt.zone)
			now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, zone)
			if err != nil {
				t.Fatal(err)
			}
			found := Find(tt.text, Context{Now: now.UTC(), Zone: zone})
			if len(found) != 1 {
				t.Fatalf("found %v", found)
			}
			if got := instantText(found[0].From); got != tt.from {
				t.Errorf("from %s, want %s", got, tt.from)
			}
			if got := instantText(found[0].Until); got != tt.until {
				t.Errorf("until %s, want %s", got, tt.until)
			}
		})
	}
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func TestContextDefaults(t *testing.T) {
	found := Find("first thing tomorrow", Context{Now: time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC), Language: "xx"})
	if got := short(found); got != "12-02 08:00-10:00" {
		t.Errorf("without a zone and hours: %q", got)
	}
}

func TestHasDayAndHasClock(t *testing.T) {
	for text, want := range map[string][2]bool{
		"Thursday": {true, false}, "Thursdays": {true, false}, "at 3": {false, true}, "Thursday at 3": {true, true}, "asap": {false, false},
	} {
		e := Find(text, tuesdayMorning(t))[0]
		if got := [2]bool{e.HasDay(), e.HasClock()}; got != want {
			t.Errorf("%q has day and clock: %v, want %v", text, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct{ text, from, until string }{
		{"tomorrow", "12-02 00:00", "12-03 00:00"},
		{"at 3", "12-01 15:00", ""},
		{"at 9", "12-02 09:00", ""}, // today's is over
		{"after 4", "12-01 16:00", "12-02 00:00"},
		{"in the morning", "12-01 06:00", "12-01 12:00"}, // some of it is left
		{"before 9", "12-02 00:00", "12-02 09:00"},
		{"Tuesday or Thursday", "12-01 00:00", "12-02 00:00"},
		{"Thursdays", "12-03 00:00", "12-04 00:00"},
		{"Mondays or Fridays", "12-04 00:00", "12-05 00:00"},
		{"not tomorrow, but on Friday", "12-04 00:00", "12-05 00:00"},
		{"as soon as possible, on Friday", "12-04 00:00", "12-05 00:00"},
	} {
		from, until, _, ok := Resolve(tt.text, tuesdayMorning(t))
		if !ok || from.Format("01-02 15:04") != tt.from {
			t.Errorf("%q is from %v, %v, want %s", tt.text, from, ok, tt.from)
		}
		if got := until.Format("01-02 15:04"); got != tt.until && (tt.until != "" || !until.IsZero()) {
			t.Errorf("%q is until %s, want %q", tt.text, got, tt.until)
		}
	}
	for _, text := range []string{"", "hello", "asap", "not tomorrow", "at 7", "Thursday, Dec 1"} {
		if from, _, _, ok := Resolve(text, tuesdayMorning(t)); ok {
			t.Errorf("%q is sure to be %v", text, from)
		}
	}
}

func TestParseBirthDate(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"1985-04-23", "1985-04-23"},
		{"1985/04/23", "1985-04-23"},
		{"4/23/1985", "1985-04-23"},
		{"23/4/1985", "1985-04-23"}, // there is no 23rd month
		{"4/5/1985", "1985-04-05"},
		{"4-5-1985", "1985-04-05"},
		{"5.4.1985", "1985-04-05"}, // with dots the day comes first
		{"4 23 1985", "1985-04-23"},
		{"4/23/85", "1985-04-23"},
		{"4/23/12", "2012-04-23"},
		{"12/2/26", "1926-12-02"}, // tomorrow, otherwise
		{"12/1/26", "2026-12-01"}, // born today
		{"19850423", "1985-04-23"},
		{"04231985", "1985-04-23"},
		{"23041985", "1985-04-23"},
		{"April 23, 1985", "1985-04-23"},
		{"apr. 23rd 1985", "1985-04-23"},
		{"April the 23rd, '85", "1985-04-23"},
		{"23 April 1985", "1985-04-23"},
		{"the 23rd of April 1985", "1985-04-23"},
		{"My date of birth is 4/23/1985, thanks!", "1985-04-23"},
		{"I was born on 29 February 2000", "2000-02-29"},
		{"", ""},
		{"April 23", ""},
		{"4/23", ""},
		{"04051985", ""}, // the 5th of April or the 4th of May
		{"4/31/1985", ""},
		{"2/29/2001", ""},
		{"13/13/1985", ""},
		{"12/2/2026", ""}, // the future
		{"1/1/1850", ""},
		{"1985-04-23 or 1986-04-23", ""},
		{"212-555-0142", ""},
		{"123456", ""},
		{"4/23/198", ""},
		{"April 23 at 3", ""},
	} {
		d, ok := ParseBirthDate(tt.text, tuesdayMorning(t))
		got := ""
		if ok {
			got = d.String()
		}
		if got != tt.want {
			t.Errorf("%q is %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestParseBirthDateDayFirst(t *testing.T) {
	c := tuesdayMorning(t)
	c.DayFirst = true
	if d, ok := ParseBirthDate("4/5/1985", c); !ok || d.String() != "1985-05-04" {
		t.Errorf("got %v, %v", d, ok)
	}
	if d, ok := ParseBirthDate("4/23/1985", c); ok {
		t.Logf("read %v though the month cannot be 23", d)
	}
}

// TestBirthDatesReadBack writes dates in several ways and reads them.
func TestBirthDatesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := localtime.Date{Year: 1900, Month: time.January, Day: 1}.AddDays(rapid.IntRange(0, 46_000).Draw(t, "day"))
		layout := rapid.SampledFrom([]string{"2006-01-02", "1/2/2006", "January 2, 2006", "2 Jan 2006", "02.01.2006"}).Draw(t, "layout")
		text := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format(layout)
		got, ok := ParseBirthDate("born "+text, Context{Now: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)})
		if !ok || got != d {
			t.Fatalf("%s reads as %v, %v", text, got, ok)
		}
	})
}

// TestNoWordIsDefinedTwice holds the tables of words to one meaning each.
func TestNoWordIsDefinedTwice(t *testing.T) {
	for name, entries := range map[string][]entry{"english": englishWords, "spanish": spanishWords} {
		seen := map[string]bool{}
		for _, e := range entries {
			for phrase := range strings.SplitSeq(e.words, ",") {
				if seen[phrase] {
					t.Errorf("%s: %q is defined twice", name, phrase)
				}
				seen[phrase] = true
				if phrase != strings.ToLower(phrase) || len(phrase) > maxPhrase-utf8.UTFMax-1 || strings.TrimSpace(phrase) != phrase {
					t.Errorf("%s: %q can never be found", name, phrase)
				}
			}
		}
	}
}

// TestWordsAreFound reads each phrase of the tables as a text of its own: it must be one token.
func TestWordsAreFound(t *testing.T) {
	for entries, l := range map[*[]entry]*language{&englishWords: english, &spanishWords: spanish} {
		for _, e := range *entries {
			for phrase := range strings.SplitSeq(e.words, ",") {
				tokens := tokenize(phrase, l)
				if len(tokens) != 1 || tokens[0].word != (word{e.class, e.value, e.name}) {
					t.Errorf("%q is %d tokens", phrase, len(tokens))
				}
			}
		}
	}
}

// TestEveryDayIsWellFormed draws sentences and checks what holds of any expression.
func TestEveryDayIsWellFormed(t *testing.T) {
	zones := []string{"America/New_York", "America/Santiago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"}
	pieces := []string{
		"Tuesday", "next", "week", "at", "3", "pm", "after", "before", "in", "two", "days", "the", "14th", "of", "December", "or", "and",
		"morning", "not", "this", "weekend", "to", "-", ",", "between", "noon", "half past", "12/3", "2:30", "end of", "month", "tomorrow",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, "text"), " ")
		checkWellFormed(t, text, Context{Now: now, Zone: zone})
	})
}

func checkWellFormed(t interface{ Fatalf(string, ...any) }, text string, c Context) {
	last := 0
	for _, e := range Find(text, c) {
		switch {
		case e.Start < last || e.End <= e.Start || e.End > len(text) || text[e.Start:e.End] != e.Text:
			t.Fatalf("%q: %q from %d to %d after %d", text, e.Text, e.Start, e.End, last)
		case e.DayFrom < 0 || e.DayUntil > localtime.EndOfDay || e.HasClock() && e.DayUntil <= e.DayFrom:
			t.Fatalf("%q: time of day %v to %v", text, e.DayFrom, e.DayUntil)
		case !e.Last.IsZero() && e.Last.Before(e.First):
			t.Fatalf("%q: days %v to %v", text, e.First, e.Last)
		case e.Until.Before(e.From) && !e.Until.IsZero():
			t.Fatalf("%q: instants %v to %v", text, e.From, e.Until)
		case e.Ambiguous != (e.Other != nil):
			t.Fatalf("%q: ambiguous is %v, the other reading %v", text, e.Ambiguous, e.Other)
		case !e.HasDay() && !e.HasClock() && !e.Soonest && !e.Any && len(e.Excluded) == 0:
			t.Fatalf("%q: %q says nothing", text, e.Text)
		}
		last = e.End
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{
		"next Tuesday after lunch", "Dec 3-5 at 9:30am", "from 9 to 11 or at 2", "2026-12-03T10:30", "4/23/1985", "in half an hour",
		"not before 10", "a quarter to ten", "o'clock", "the 14th of next month", "Mon/Wed/Fri", "\xff\xfe at 3", "１２/３", "İ", "3\u00a0pm",
	} {
		f.Add(seed, int64(1_796_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, now int64) {
		c := Context{Now: time.Unix(now%4_000_000_000, 0), Zone: time.UTC}
		checkWellFormed(t, text, c)
		ParseBirthDate(text, c)
		Resolve(text, c)
	})
}

// TestTimeGrowsWithLengthAlone reads texts that invite a parser to look far ahead or back again and again.
func TestTimeGrowsWithLengthAlone(t *testing.T) {
	for _, piece := range []string{"Tuesday or ", "at 3 ", "the ", "12/", "9-", "next ", "between ", "not ", "in ", "Tuesday, ", "a", "1", "before Tuesday ", "this ", "a week from ", "Tuesday to "} {
		short, long := readingTime(t, piece, 2_000), readingTime(t, piece, 20_000)
		if long > 60*short+100*time.Millisecond {
			t.Errorf("%q: %v for 2 KB, %v for 20 KB", piece, short, long)
		}
	}
}

func readingTime(t *testing.T, piece string, size int) time.Duration {
	t.Helper()
	text, c := strings.Repeat(piece, size/len(piece)), tuesdayMorning(t)
	start := time.Now()
	Find(text, c)
	return time.Since(start)
}

func BenchmarkFind(b *testing.B) {
	c := tuesdayMorning(b)
	for _, text := range []string{
		"Do you have anything on Thursday, the 3rd, around 11?", "Hello, I have a rash on my arm and would like somebody to look at it.",
		"move my Tuesday appointment to Thursday at 2", "as soon as possible",
	} {
		b.Run(text[:20-1], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Find(text, c)
			}
		})
	}
}
