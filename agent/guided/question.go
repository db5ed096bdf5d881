package guided

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/timex"
	"github.com/agentcare/agentcare/tools"
)

// heardQuestion answers a question about the clinic and goes back to what was being done. When something to be done
// was said as well, that is done next.
func (t *talk) heardQuestion(ctx context.Context, r reading) (bool, error) {
	if len(r.topics) == 0 || r.has(signBot) && !r.isQuestion() && r.want == wantHuman {
		return false, nil
	}
	if r.sure && r.want != wantNothing && !r.topicIs(signAdvice) {
		if !r.isQuestion() {
			return false, nil
		}
		if err := t.answerTopics(ctx, r); err != nil {
			return true, err
		}
		return t.heardWish(ctx, r)
	}
	if err := t.answerTopics(ctx, r); err != nil {
		return true, err
	}
	return true, t.resume(ctx)
}

// resume asks again what was asked before a question.
func (t *talk) resume(ctx context.Context) error {
	if t.state.Job == jobNone {
		return nil
	}
	t.body.Options, t.menu = nil, nil
	t.say("back-to-booking", prompts.Values{})
	return t.again(ctx)
}

// answerTopics answers what was asked, the weightiest first; small ones that come with it are left.
func (t *talk) answerTopics(ctx context.Context, r reading) error {
	if len(r.topics) == 0 {
		return nil
	}
	switch r.topics[0] {
	case signAdvice:
		t.say("advice", prompts.Values{})
		t.offer(t.bookingFor(r.care), t.plain(doHuman))
	case signBot:
		t.say("bot", prompts.Values{})
		t.mainMenu()
	case signWontSay:
		t.say("why-details", prompts.Values{PrivacyURL: t.clinic.Clinic.Settings.PrivacyURL})
	case signHours:
		if told, err := t.tellDay(ctx, r); told || err != nil {
			return err
		}
		return t.tellHours(ctx)
	case signAddress:
		return t.tellAddress(ctx)
	case signPhone:
		t.say("phone", prompts.Values{})
	case signWho:
		return t.tellWho(ctx, r)
	case signServices:
		return t.tellServices(ctx, r)
	case signLanguages:
		return t.tellLanguages(ctx, r)
	case signDuration:
		t.tellDuration(r)
	default:
		t.say("unknown", prompts.Values{})
		t.offer(t.plain(doHuman))
	}
	return nil
}

// bookingFor is the option to book what was spoken of.
func (t *talk) bookingFor(c care) choice {
	book := t.plain(doBook)
	if c.specialty != "" {
		book.Action = action{Do: doCare, Specialty: c.specialty, Service: c.service}
	}
	return book
}

// tellDay says that the clinic is closed, or has other hours, on the day that was named by its date or by what it is
// ("Thanksgiving"); false when it is a day like others.
func (t *talk) tellDay(ctx context.Context, r reading) (bool, error) {
	closings, err := t.desk.Closings(ctx, t.caller)
	if err != nil {
		return false, err
	}
	i := r.namedDay(closings)
	if i < 0 || !r.hasDay() && !t.vocab.isNamed(r.u, closings[i].Reason) {
		return false, nil
	}
	day := closings[i].Day
	v := prompts.Values{Day: t.words.DateDay(day)}
	if closings[i].Closed {
		v.List = closings[i].Reason
		t.say("day-closed", v)
		return true, nil
	}
	var stretches []string
	for _, o := range closings[i:] {
		if o.Day == day && !o.Closed {
			stretches = append(stretches, t.text("hours-from-to", prompts.Values{When: t.words.Clock(o.Opens), Was: t.words.Clock(o.Closes)}))
		}
	}
	v.List = t.words.List(stretches)
	t.say("day-hours", v)
	return true, nil
}

// spotDay takes a day on which the clinic is closed, or has other hours, as said by its date where it was said by its name:
// "a skin check on Christmas Eve". Alone it asks whether the clinic is open.
func (t *talk) spotDay(ctx context.Context, r *reading) error {
	if r.hasDay() {
		return nil
	}
	closings, err := t.desk.Closings(ctx, t.caller)
	if err != nil {
		return err
	}
	i := r.namedDay(closings)
	if i < 0 || !t.vocab.isNamed(r.u, closings[i].Reason) {
		return nil
	}
	day := timex.Expression{First: closings[i].Day, Last: closings[i].Day, Grain: timex.GrainDay}
	side := r.sideOf(closings[i].Reason)
	switch side {
	case "after", "since":
		day.First, day.Last = day.First.AddDays(1), localtime.Date{}
	case "before", "until", "till":
		day.First, day.Last = localtime.Date{}, day.Last.AddDays(-1)
	}
	r.times = append(r.times, day)
	switch {
	case len(r.topics) > 0:
	case side != "":
		r.want = cmp.Or(r.want, wantBook)
	case r.want == wantNothing && t.state.Job == jobNone:
		r.topics = []sign{signHours}
	case r.want == wantNothing && r.care != (care{}):
		r.want = wantBook
	}
	return nil
}

// sideOf is the word that stands before the name of a day and says that another is meant: "after Thanksgiving"; "" for none.
// What stands in the name itself is no such word: "the day after Thanksgiving".
func (r *reading) sideOf(reason string) string {
	words := wordsOf(reason)
	first := slices.IndexFunc(r.u.tokens, func(t token) bool { return slices.Contains(words, t.text) && !slices.Contains(connecting, t.text) })
	if first < 1 {
		return ""
	}
	before := r.u.tokens[first-1].text
	if slices.Contains(words, before) || !slices.Contains([]string{"after", "since", "before", "until", "till"}, before) {
		return ""
	}
	return before
}

// hasDay reports whether a day was said.
func (r *reading) hasDay() bool { return slices.ContainsFunc(r.times, timex.Expression.HasDay) }

// connecting are words that stand in the names of many days.
var connecting = []string{"the", "day", "after", "before", "of", "and", "el", "la", "dia", "de", "despues", "y"}

// isNamed reports whether a reason to be closed was named, and not only an everyday word that stands in it ("the day after
// Thanksgiving"): all of it was said, or a word that has no other meaning here.
func (v *vocabulary) isNamed(u *utterance, reason string) bool {
	words := slices.DeleteFunc(wordsOf(reason), func(word string) bool { return slices.Contains(connecting, word) })
	missing := 0
	for _, word := range words {
		said := slices.ContainsFunc(u.tokens, func(t token) bool { return t.text == word })
		if said && !v.spelling.knows(word) {
			return true
		}
		if !said {
			missing++
		}
	}
	return missing == 0 && len(words) > 0
}

// namedDay is which of some days was named, by its date or by words of its reason; -1 for none. Of several that share a
// word ("Christmas") it is the one that shares most, and rather one that is closed.
func (r *reading) namedDay(days []clinic.DateOverride) int {
	w := firstOf(whensOf(r.times))
	if !w.AnyDay() && w.From != w.Until { // "this year"
		return -1
	}
	if !w.From.IsZero() {
		return slices.IndexFunc(days, func(o clinic.DateOverride) bool { return o.Day == w.From })
	}
	best, most := -1, 0
	for i, o := range days {
		shared, telling := 0, false
		for _, word := range wordsOf(o.Reason) {
			if slices.ContainsFunc(r.u.tokens, func(t token) bool { return t.text == word }) {
				shared += 2
				telling = telling || len(word) > len("day")
			}
		}
		if o.Closed {
			shared++
		}
		if telling && shared > most {
			best, most = i, shared
		}
	}
	return best
}

// tellHours says when the front desk is staffed, days with the same hours together.
func (t *talk) tellHours(ctx context.Context) error {
	facts, err := t.desk.ClinicInfo(ctx, t.caller)
	if err != nil {
		return err
	}
	if len(facts.Hours) == 0 {
		t.say("hours-unknown", prompts.Values{})
		return nil
	}
	var v prompts.Values
	for i := 0; i < len(facts.Hours); {
		j := i + 1
		for j < len(facts.Hours) && slices.Equal(facts.Hours[j].Stretches, facts.Hours[i].Stretches) && facts.Hours[j].Weekday == facts.Hours[j-1].Weekday+1 {
			j++
		}
		v.Lines = append(v.Lines, t.hoursLine(facts.Hours[i:j]))
		i = j
	}
	t.say("hours", v)
	return nil
}

func (t *talk) hoursLine(days []tools.DayHours) string {
	name := t.words.Weekday(days[0].Weekday)
	if len(days) > 1 {
		name += " – " + t.words.Weekday(days[len(days)-1].Weekday)
	}
	var stretches []string
	for _, s := range days[0].Stretches {
		stretches = append(stretches, t.text("hours-from-to", prompts.Values{When: t.words.Clock(s.Opens), Was: t.words.Clock(s.Closes)}))
	}
	return t.text("hours-line", prompts.Values{Day: name, List: t.words.List(stretches)})
}

func (t *talk) tellAddress(ctx context.Context) error {
	facts, err := t.desk.ClinicInfo(ctx, t.caller)
	if err != nil {
		return err
	}
	var v prompts.Values
	for _, l := range facts.Locations {
		v.Lines = append(v.Lines, l.Name+": "+l.Address)
	}
	if len(facts.Locations) == 1 {
		v.Address = facts.Locations[0].Address
		if name := facts.Locations[0].Name; name != facts.Name {
			v.Location = name
		}
	}
	t.say("address", v)
	return nil
}

// tellWho says who practises: one who was named, those of a specialty, or all.
func (t *talk) tellWho(ctx context.Context, r reading) error {
	if r.nobody && len(r.who) == 0 {
		t.say("no-such-person", prompts.Values{})
	}
	found, err := t.desk.PractitionerInfo(ctx, t.caller, tools.PractitionerInfoIn{Practitioners: r.who, Specialty: r.care.specialty})
	if err != nil {
		return err
	}
	if len(r.who) == 0 {
		t.say("who", prompts.Values{Specialty: t.specialty(r.care.specialty).Name, List: t.words.List(namesOf(found))})
		return nil
	}
	for _, p := range found {
		v := prompts.Values{Practitioner: p.DisplayName(), List: t.languageNames(p.Languages)}
		var fields []string
		for _, code := range p.Specialties {
			fields = append(fields, t.specialty(code).Name)
		}
		v.Specialty = t.words.List(fields)
		t.say("who-one", v)
		if p.About != "" {
			t.parts = append(t.parts, p.About)
		}
	}
	return nil
}

// tellServices says what can be booked, or that something that was named can.
func (t *talk) tellServices(ctx context.Context, r reading) error {
	if r.care.elsewhere {
		t.say("no-such-care", prompts.Values{List: t.words.List(t.specialtyNames())})
		return nil
	}
	if r.care.specialty != "" && r.care.weight > weightHint {
		found, err := t.desk.PractitionerInfo(ctx, t.caller, tools.PractitionerInfoIn{Specialty: r.care.specialty, Service: r.care.service})
		if err != nil {
			return err
		}
		t.say("service-yes", prompts.Values{Specialty: t.specialty(r.care.specialty).Name, List: t.words.List(namesOf(found))})
		t.offer(t.bookingFor(r.care))
		return nil
	}
	facts, err := t.desk.ClinicInfo(ctx, t.caller)
	if err != nil {
		return err
	}
	var v prompts.Values
	for _, specialty := range facts.Specialties {
		var names []string
		for _, s := range facts.Services {
			if s.Specialty == specialty.Code {
				names = append(names, s.DisplayName())
			}
		}
		v.Lines = append(v.Lines, t.text("services-line", prompts.Values{Specialty: specialty.Name, List: strings.Join(names, ", ")}))
	}
	t.say("services", v)
	return nil
}

// tellLanguages says who speaks a language, or what somebody speaks.
func (t *talk) tellLanguages(ctx context.Context, r reading) error {
	all, err := t.desk.PractitionerInfo(ctx, t.caller, tools.PractitionerInfoIn{Practitioners: r.who, Specialty: r.care.specialty})
	if err != nil {
		return err
	}
	if code := t.languageNamed(r); code != "" && len(r.who) == 0 {
		speaking, err := t.desk.PractitionerInfo(ctx, t.caller, tools.PractitionerInfoIn{Language: code, Specialty: r.care.specialty})
		if err != nil {
			return err
		}
		v := prompts.Values{Language: t.words.LanguageName(code), Count: len(speaking), List: t.words.List(namesOf(speaking))}
		if len(speaking) == 0 {
			t.say("languages-none", v)
			return nil
		}
		t.say("languages-who", v)
		return nil
	}
	if len(r.who) > 0 {
		for _, p := range all {
			t.say("languages-spoken", prompts.Values{Practitioner: p.DisplayName(), List: t.languageNames(p.Languages)})
		}
		return nil
	}
	var codes []string
	for _, p := range all {
		codes = append(codes, p.Languages...)
	}
	slices.Sort(codes)
	t.say("languages-all", prompts.Values{List: t.languageNames(slices.Compact(codes))})
	return nil
}

// languageNamed is the code of the language that an utterance names, "" for none.
func (t *talk) languageNamed(r reading) string {
	for _, token := range r.u.tokens {
		if code := t.words.LanguageCode(token.text); code != "" {
			return code
		}
	}
	return ""
}

func (t *talk) languageNames(codes []string) string {
	var names []string
	for _, c := range codes {
		names = append(names, t.words.LanguageName(c))
	}
	return t.words.List(names)
}

// tellDuration says how long the visit takes that was named, or is being booked.
func (t *talk) tellDuration(r reading) {
	id := cmp.Or(r.care.service, t.state.Wish.Service)
	if p := t.state.Pending; p != nil {
		id = cmp.Or(r.care.service, p.Slot.Service, p.Was.Service)
	}
	for _, s := range t.clinic.Services {
		if s.ID == id || id == uuid.Nil && s.Default && s.Specialty == r.care.specialty && r.care.specialty != "" {
			t.say("duration", prompts.Values{Service: s.DisplayName(), Count: int(s.Duration.Minutes())})
			return
		}
	}
	t.say("unknown", prompts.Values{})
	t.offer(t.plain(doHuman))
}
