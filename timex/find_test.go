package timex

import (
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/localtime"
)

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// tuesdayMorning is a clinic in New York, open from 8 to 18, on Tuesday 1 December 2026 at 10:30.
func tuesdayMorning(tb testing.TB) Context {
	tb.Helper()
	zone := mustZone(tb, "America/New_York")
	return Context{Now: time.Date(2026, 12, 1, 10, 30, 0, 0, zone), Zone: zone}
}

// short writes what was found in a few characters:
//
//	12-03            a day, with its year unless that is 2026        12-03..12-05   from one to another    12-03..   open-ended
//	Tue,Thu          only these weekdays                             -Fri           not these
//	@15:00           at that time         ~15:00   about then        14:00-16:00    between these
//	soonest any past not or                                          a | b          two readings
func short(found []Expression) string {
	var all []string
	for _, e := range found {
		all = append(all, e.short())
	}
	return strings.Join(all, "; ")
}

func (e Expression) short() string {
	var parts []string
	if e.Or {
		parts = append(parts, "or")
	}
	if e.Negated {
		parts = append(parts, "not")
	}
	parts = append(parts, e.shortDays()...)
	switch {
	case e.At && e.About:
		parts = append(parts, "~"+e.DayFrom.String())
	case e.At:
		parts = append(parts, "@"+e.DayFrom.String())
	case e.HasClock():
		parts = append(parts, e.DayFrom.String()+"-"+e.DayUntil.String())
	}
	for name, set := range map[string]bool{"soonest": e.Soonest, "any": e.Any, "past": e.Past} {
		if set {
			parts = append(parts, name)
		}
	}
	if e.Ambiguous {
		parts = append(parts, "|", e.Other.short())
	}
	return strings.Join(parts, " ")
}

func (e Expression) shortDays() []string {
	var parts []string
	switch {
	case e.First.IsZero():
	case e.Last.IsZero():
		parts = append(parts, shortDate(e.First)+"..")
	case e.First == e.Last:
		parts = append(parts, shortDate(e.First))
	default:
		parts = append(parts, shortDate(e.First)+".."+shortDate(e.Last))
	}
	if names := shortNames(e.Weekdays); names != "" {
		parts = append(parts, names)
	}
	if names := shortNames(e.Excluded); names != "" {
		parts = append(parts, "-"+names)
	}
	return parts
}

func shortDate(d localtime.Date) string { return strings.TrimPrefix(d.String(), "2026-") }

func shortNames(days []time.Weekday) string {
	var names []string
	for _, d := range days {
		names = append(names, d.String()[:3])
	}
	return strings.Join(names, ",")
}

// meanings are texts and what they mean to [tuesdayMorning].
type meanings [][2]string

func (m meanings) check(t *testing.T, c Context) {
	t.Helper()
	for _, tt := range m {
		if got := short(Find(tt[0], c)); got != tt[1] {
			t.Errorf("%q means %q, want %q", tt[0], got, tt[1])
		}
	}
}

func TestRelativeDays(t *testing.T) {
	meanings{
		{"today", "12-01"},
		{"TODAY please", "12-01"},
		{"tomorrow", "12-02"},
		{"Tommorow?", "12-02"},
		{"tmrw", "12-02"},
		{"2morrow at 3", "12-02 @15:00"},
		{"the next day", "12-02"},
		{"the day after tomorrow", "12-03"},
		{"yesterday", "11-30 past"},
		{"the day before yesterday", "11-29 past"},
		{"tonight", "12-01 17:00-24:00"},
		{"in 3 days", "12-04"},
		{"in three days", "12-04"},
		{"in a week", "12-08..12-14"},
		{"in two weeks", "12-15..12-21"},
		{"in about 2 weeks", "12-15..12-21"},
		{"in a fortnight", "12-15..12-21"},
		{"in a month", "2027-01-01..2027-01-07"},
		{"in a couple of days", "12-03"},
		{"in a few days", "12-03..12-05"},
		{"3 days from now", "12-04"},
		{"two weeks from today", "12-15..12-21"},
		{"a week from Thursday", "12-10"},
		{"a week on Thursday", "12-10"},
		{"2 weeks after tomorrow", "12-16"},
		{"3 weeks later", "12-22..12-28"},
		{"the day after Thursday", "12-04"},
		{"the day before the 14th", "12-13"},
		{"within the next two weeks", "12-01..12-15"},
		{"in the next 3 days", "12-01..12-04"},
		{"in 20 minutes", "12-01 @10:50"},
		{"in half an hour", "12-01 @11:00"},
		{"in an hour and a half", "12-01 @12:00"},
		{"today in one hour", "12-01 @11:30"},
		{"within 2h", "12-01 10:30-12:30"},
		{"two days ago", "11-29 past"},
		{"2 weeks ago", "11-17..11-23 past"},
	}.check(t, tuesdayMorning(t))
}

func TestWeekdays(t *testing.T) {
	meanings{
		{"Tuesday", "12-01"},             // there is time left today
		{"Tuesday at 9", "12-08 @09:00"}, // that is over today
		{"Tuesday at 3", "12-01 @15:00"},
		{"tuesday morning", "12-01 06:00-12:00"},
		{"Wed", "12-02"},
		{"wendsday", "12-02"},
		{"on Monday", "12-07"},
		{"this Thursday", "12-03"},
		{"this coming Tuesday", "12-08"},
		{"next Tuesday", "12-08"},
		{"next Friday", "12-11"},
		{"nxt thurs", "12-10"},
		{"last Friday", "11-27 past"},
		{"Tuesday next week", "12-08"},
		{"next week Friday", "12-11"},
		{"next week on Wednesday or Friday", "12-09..12-11 Wed,Fri"},
		{"Tuesday or Thursday", "12-01..12-03 Tue,Thu"},
		{"Mon/Wed/Fri", "12-02..12-07 Mon,Wed,Fri"},
		{"Thursday, Friday or Monday", "12-03..12-07 Mon,Thu,Fri"},
		{"next Monday or Tuesday", "12-07..12-08 Mon,Tue"},
		{"Tuesday or Thursday morning", "12-01..12-03 Tue,Thu 06:00-12:00"},
		{"Thursday morning or Friday afternoon", "12-03 06:00-12:00; or 12-04 12:00-17:00"},
		{"Mondays", "Mon"},
		{"Tuesdays and Thursdays after 4", "Tue,Thu 16:00-24:00"},
		{"every Wednesday at 10", "Wed @10:00"},
		{"weekdays", "Mon,Tue,Wed,Thu,Fri"},
		{"on a weekday evening", "Mon,Tue,Wed,Thu,Fri 17:00-21:00"},
		{"weekends", "Sun,Sat"},
		{"Tuesdays in January", "2027-01-01..2027-01-31 Tue"},
		{"Tuesday the 8th", "12-08"},
		{"Thursday the 14th", "2027-01-14"}, // the 14th of December is a Monday
		{"Thursday 3 December", "12-03"},
		{"Monday 21", "12-21"},
		{"Thursday, Dec 1", "12-01 | 12-03"}, // that is a Tuesday
		{"Tuesday after next", "12-15"},
		{"Thursday after next", "12-10 | 12-17"},
		{"the first Monday in March", "2027-03-01"},
		{"3rd Friday of next month", "2027-01-15"},
		{"last Friday of the month", "12-25"},
	}.check(t, tuesdayMorning(t))
}

func TestWeekdayThatIsOverMeansNextWeek(t *testing.T) {
	c := tuesdayMorning(t)
	c.Now = c.Now.Add(8 * time.Hour) // 18:30
	meanings{
		{"Tuesday", "12-08"},
		{"Tuesday or Thursday", "12-03..12-08 Tue,Thu"},
		{"today", "12-01"},
	}.check(t, c)
}

func TestWeeksAndMonths(t *testing.T) {
	meanings{
		{"this week", "12-01..12-06"},
		{"the rest of the week", "12-01..12-06"},
		{"next week", "12-07..12-13"},
		{"the following week", "12-07..12-13"},
		{"the week after next", "12-14..12-20"},
		{"last week", "11-23..11-29 past"},
		{"early next week", "12-07..12-09"},
		{"later this week", "12-04..12-06"},
		{"end of next week", "12-11..12-13"},
		{"mid next week", "12-09..12-11"},
		{"this weekend", "12-05..12-06"},
		{"the weekend", "12-05..12-06"},
		{"next weekend", "12-12..12-13"},
		{"this month", "12-01..12-31"},
		{"next month", "2027-01-01..2027-01-31"},
		{"the end of the month", "12-21..12-31"},
		{"early January", "2027-01-01..2027-01-11"},
		{"in March", "2027-03-01..2027-03-31"},
		{"in March 2027", "2027-03-01..2027-03-31"},
		{"December", "12-01..12-31"},
		{"from January to March", "2027-01-01..2027-03-31"},
		{"march", ""}, // "march on"
		{"the week", ""},
	}.check(t, tuesdayMorning(t))
}

func TestSundayFirst(t *testing.T) {
	c := tuesdayMorning(t)
	c.SundayFirst = true
	meanings{{"next week", "12-06..12-12"}, {"next Sunday", "12-06"}, {"this weekend", "12-05..12-06"}}.check(t, c)
	c.Now = time.Date(2026, 12, 6, 10, 0, 0, 0, c.Zone) // a Sunday
	meanings{{"next week", "12-13..12-19"}, {"this weekend", "12-06"}}.check(t, c)
}

func TestDates(t *testing.T) {
	meanings{
		{"Dec 3", "12-03"},
		{"dec. 3rd", "12-03"},
		{"December the third", "12-03"},
		{"3 December", "12-03"},
		{"the 3rd of December", "12-03"},
		{"December 3, 2027", "2027-12-03"},
		{"3 Dec 2027", "2027-12-03"},
		{"Nov 3", "2027-11-03"}, // the next one
		{"may 5", "2027-05-05"},
		{"May 5th at 2", "2027-05-05 @14:00"},
		{"may I come in?", ""},
		{"Dec/3", "12-03"},
		{"10-December", "12-10"},
		{"2026-12-03", "12-03"},
		{"2026/12/03", "12-03"},
		{"2026-Dec-03", "12-03"},
		{"2026-12-03T10:30", "12-03 @10:30"},
		{"2026-12-03 10:30:00", "12-03 @10:30"},
		{"12/3", "12-03"},
		{"13/12", "12-13"}, // there is no 13th month
		{"12/3/26", "12-03"},
		{"12/3/2026", "12-03"},
		{"12-3-2026", "12-03"},
		{"3.12.2026", "12-03"},
		{"12-15", "12-15"},
		{"the 14th", "12-14"},
		{"on the 14th", "12-14"},
		{"14th", "12-14"},
		{"on the 17", "12-17"},
		{"the 31st", "12-31"},
		{"the fourteenth", "12-14"},
		{"the 14th of next month", "2027-01-14"},
		{"20 of this month", "12-20"},
		{"Dec 3 to 5", "12-03..12-05"},
		{"Dec 3-5", "12-03..12-05"},
		{"3rd to 5th of December", "12-03..12-05"},
		{"from 3rd to 5th of December", "12-03..12-05"},
		{"from December 3 to 5", "12-03..12-05"},
		{"from 3 to 5 December", "12-03..12-05"},
		{"from Dec 28 to Jan 5", "12-28..2027-01-05"},
		{"Feb 29", "2028-02-29"},
		{"Feb 30", ""},
		{"2/30", ""},
		{"99/99", ""},
		{"2026-13-01", ""},
		{"2026-02-29", ""},
		{"the 32nd", ""},
	}.check(t, tuesdayMorning(t))
}

func TestDayFirst(t *testing.T) {
	c := tuesdayMorning(t)
	c.DayFirst = true
	meanings{{"3/12", "12-03"}, {"12/3", "2027-03-12"}, {"12/25", "12-25"}, {"3/12/26", "12-03"}}.check(t, c)
}

func TestClock(t *testing.T) {
	meanings{
		{"at 3", "@15:00"},
		{"at 9", "@09:00"},
		{"at 12", "@12:00"},
		{"at 8", "@08:00"},
		{"at 6", "@18:00"}, // closing time, and never 6 in the morning
		{"at 7", "@07:00 | @19:00"},
		{"3pm", "@15:00"},
		{"3 p.m.", "@15:00"},
		{"3p", "@15:00"},
		{"9a", "@09:00"},
		{"12am", "@00:00"},
		{"12pm", "@12:00"},
		{"3:30", "@15:30"},
		{"9:15", "@09:15"},
		{"15:00", "@15:00"},
		{"09:30", "@09:30"},
		{"3.30pm", "@15:30"},
		{"at 3.30", "@15:30"},
		{"330pm", "@15:30"},
		{"at 1530", "@15:30"},
		{"15h30", "@15:30"},
		{"three o'clock", "@15:00"},
		{"3 o'clock", "@15:00"},
		{"at three", "@15:00"},
		{"at one", "@13:00"},
		{"at three thirty", "@15:30"},
		{"ten forty-five am", "@10:45"},
		{"half past two", "@14:30"},
		{"half 3", "@15:30"},
		{"quarter past ten", "@10:15"},
		{"a quarter to ten", "@09:45"},
		{"quarter to one", "@12:45"},
		{"ten past three", "@15:10"},
		{"20 minutes to four", "@15:40"},
		{"quarter past noon", "@12:15"},
		{"noon", "@12:00"},
		{"12 noon", "@12:00"},
		{"midnight", "@00:00"},
		{"around 3", "~15:00"},
		{"about 3:30", "~15:30"},
		{"3ish", "~15:00"},
		{"3-ish", "~15:00"},
		{"noonish", "~12:00"},
		{"3 in the afternoon", "@15:00"},
		{"10 in the morning", "@10:00"},
		{"8 in the evening", "@20:00"},
		{"morning 10:30", "@10:30"},
		{"evening 7", "@19:00"},
		{"10am or 2pm", "@10:00; or @14:00"},
		{"at 10 or 11", "@10:00; or @11:00"},
		{"25:00", ""},
		{"at 25", ""},
		{"3:75", ""},
		{"3", ""},
	}.check(t, tuesdayMorning(t))
}

func TestHoursOfAnotherClinic(t *testing.T) {
	c := tuesdayMorning(t)
	c.Opens, c.Closes = 6*60, 22*60
	meanings{{"at 7", "@07:00 | @19:00"}, {"at 7 tonight", "12-01 @19:00"}, {"at 3", "@15:00"}, {"at 11", "@11:00"}}.check(t, c)
	c.PartsOfDay = map[string]Window{Morning: {7 * 60, 11 * 60}}
	meanings{{"in the morning", "07:00-11:00"}, {"in the afternoon", "12:00-17:00"}}.check(t, c)
}

func TestBoundsAndRanges(t *testing.T) {
	meanings{
		{"after 4", "16:00-24:00"},
		{"after 4pm", "16:00-24:00"},
		{"any time after 3:30", "15:30-24:00 any"},
		{"from 9", "09:00-24:00"},
		{"before 10", "00:00-10:00"},
		{"by 5", "00:00-17:00"},
		{"until noon", "00:00-12:00"},
		{"no later than 11", "00:00-11:00"},
		{"not before 10", "10:00-24:00"},
		{"2 pm at the earliest", "14:00-24:00"},
		{"11 at the latest", ""},
		{"11am at the latest", "00:00-11:00"},
		{"4 or later", "16:00-24:00"},
		{"10am or earlier", "00:00-10:00"},
		{"between 2 and 4", "14:00-16:00"},
		{"from 9 to 11", "09:00-11:00"},
		{"9-11am", "09:00-11:00"},
		{"10-2pm", "10:00-14:00"},
		{"11 to 2pm", "11:00-14:00"},
		{"between 11 and 2", "11:00-14:00"},
		{"8:30-10", "08:30-10:00"},
		{"Monday 11-4", "12-07 11:00-16:00"},
		{"2-4 tomorrow", "12-02 14:00-16:00"},
		{"after 2 but before 5", "14:00-24:00; 00:00-17:00"},
		{"after 2, before 5", "14:00-17:00"},
		{"after Tuesday", "12-02.."},
		{"from Thursday on", "12-03.."},
		{"from Thursday", "12-03.."},
		{"starting Monday", "12-07.."},
		{"not before Thursday", "12-03.."},
		{"not until next week", "12-07.."},
		{"Thursday or later", "12-03.."},
		{"before Friday", "12-01..12-03"},
		{"by Friday", "12-01..12-04"},
		{"Friday at the latest", "12-01..12-04"},
		{"before the 14th", "12-01..12-13"},
		{"by the end of the week", "12-01..12-06"},
		{"after the 14th", "12-15.."},
		{"between Monday and Wednesday", "12-07..12-09"},
		{"Thursday to Monday", "12-03..12-07"},
		{"Mon-Wed", "12-07..12-09"},
		{"since Monday", "11-30..12-01 past"},
		{"before yesterday", "11-30 past"},
		{"after 4 days", ""},
	}.check(t, tuesdayMorning(t))
}

func TestPartsOfDay(t *testing.T) {
	meanings{
		{"in the morning", "06:00-12:00"},
		{"mornings", "06:00-12:00"},
		{"this afternoon", "12-01 12:00-17:00"},
		{"tomorrow morning", "12-02 06:00-12:00"},
		{"Thursday AM", "12-03 06:00-12:00"},
		{"friday pm", "12-04 12:00-17:00"},
		{"Monday evening", "12-07 17:00-21:00"},
		{"last night", "11-30 20:00-24:00 past"},
		{"early morning", "06:00-09:00"},
		{"late afternoon", "14:30-17:00"},
		{"late-afternoon on Wed", "12-02 14:30-17:00"},
		{"mid-morning", "07:30-10:30"},
		{"at lunchtime", "12:00-14:00"},
		{"after lunch", "14:00-24:00"},
		{"before lunch", "00:00-12:00"},
		{"after work", "17:00-24:00"},
		{"after school", "15:00-24:00"},
		{"at work", ""},
		{"first thing", "08:00-10:00"},
		{"first thing Monday", "12-07 08:00-10:00"},
		{"first thing tomorrow morning", "12-02 08:00-10:00"},
		{"end of the day tomorrow", "12-02 16:00-18:00"},
		{"next week in the afternoon", "12-07..12-13 12:00-17:00"},
		{"not in the morning", "12:00-24:00"},
		{"not in the evening", "00:00-17:00"},
		{"not in the afternoon", "not 12:00-17:00"},
	}.check(t, tuesdayMorning(t))
}

func TestWhatSuitsAndWhatDoesNot(t *testing.T) {
	meanings{
		{"as soon as possible", "soonest"},
		{"ASAP", "soonest"},
		{"a.s.a.p.", "soonest"},
		{"the earliest you have", "soonest"},
		{"first available on Thursday", "12-03 soonest"},
		{"any time", "any"},
		{"anytime Thursday", "12-03 any"},
		{"whenever", "any"},
		{"not Friday", "-Fri"},
		{"except on Mondays and Fridays", "-Mon,Fri"},
		{"any time but Friday", "-Fri"},
		{"any day except Monday", "-Mon"},
		{"next week but not Wednesday", "12-07..12-13 -Wed"},
		{"next week in the afternoon, but not on Wednesday", "12-07..12-13 -Wed 12:00-17:00"},
		{"I can't do Monday", "-Mon"},
		{"I can’t make it on Monday", "-Mon"},
		{"can't come Friday mornings", "not Fri 06:00-12:00"},
		{"Friday doesn't work", "-Fri"},
		{"Friday doesn't work, how about Monday?", "-Fri; 12-07"},
		{"not tomorrow", "not 12-02"},
		{"not at 3", "not @15:00"},
		{"tomorrow, not before 10", "12-02 10:00-24:00"},
		{"I can't wait until Friday", "12-01..12-04"},
		{"not good", ""},
	}.check(t, tuesdayMorning(t))
}

func TestSentences(t *testing.T) {
	meanings{
		{"Do you have anything on Thursday, the 3rd, around 11?", "12-03 ~11:00"},
		{"I'd like Wednesday 2 Dec, 9:15", "12-02 @09:15"},
		{"December 3rd, 2026 at 9:30am please", "12-03 @09:30"},
		{"next Tuesday after lunch", "12-08 14:00-24:00"},
		{"can i get in tmrw morning b4 10?", "12-02 06:00-10:00"},
		{"Fri 4th 2.30pm", "12-04 @14:30"},
		{"3 in the afternoon on the 14th works for me", "12-14 @15:00"},
		{"move my Tuesday appointment to Thursday at 2", "12-01; 12-03 @14:00"},
		{"please reschedule me from Tuesday to Thursday", "12-01; 12-03"},
		{"can we change it from 3 to 4pm", "@15:00; @16:00"},
		{"cancel my appointment on the 14th at 3", "12-14 @15:00"},
		{"my tooth has hurt since Monday, anything today?", "11-30..12-01 past; 12-01"},
		{"It has hurt for two days now", ""},
		{"I need it for two weeks starting Monday", "12-07.."},
	}.check(t, tuesdayMorning(t))
}

func TestWhatIsNoTime(t *testing.T) {
	meanings{
		{"", ""},
		{"Hello, I have a rash", ""},
		{"call me at 212-555-0142", ""},
		{"(212) 555-0142", ""},
		{"I am 34 years old", ""},
		{"I live at 12 Main Street", ""},
		{"3 people", ""},
		{"about 3 children", ""},
		{"it costs $12", ""},
		{"the 2nd one", ""},
		{"the second option please", ""},
		{"the first one", ""},
		{"I sat in the sun", ""},
		{"they sat down", ""},
		{"room 5", ""},
		{"1/2 hour", ""},
		{"1.5 tablets", ""},
		{"123456789012", ""},
		{"my code is 123456", ""},
		{"12345", ""},
	}.check(t, tuesdayMorning(t))
}
