package guided

import (
	"context"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// party is what was said of several people who want visits at once.
type party struct {
	Named []string `json:"named,omitempty"` // words that may be their names
	Self  bool     `json:"self,omitempty"`  // whoever writes is one of them
	Count int      `json:"count,omitempty"` // of the others; zero: not said
}

// Words of somebody who speaks of several people.
var (
	severally = regexp.MustCompile(`\b(?:(?:my|our|the|both|all|two|three|four|2|3|4) (?:\w+ ){0,2}(?:kids|children|sons|daughters|twins)|back to back|both of us|all of us|(?:two|three|four|2|3|4) of us|` +
		`whole family|son and (?:my )?daughter|daughter and (?:my )?son|(?:son|daughter|kid|child) and (?:me|i|myself)|(?:me|i|myself) and my|and (?:me|myself)|` +
		`mis (?:\w+ )?(?:hijos|hijas|ninos)|hijo y (?:mi )?hija|hija y (?:mi )?hijo|(?:hijo|hija) y (?:yo|para mi)|yo y mis?|para mi y (?:para )?mis?|toda la familia|seguidas|seguidos)\b`)
	selfToo = regexp.MustCompile(`\b(?:(?:me|i|myself) and|and (?:me|i|myself)|of us|whole family|yo y|y yo|y para mi|para mi y|toda la familia)\b`)
	counted = regexp.MustCompile(`\b(\w+) (?:of |my |little |young )*(?:kids|children|sons|daughters|boys|girls|us|them|hijos|hijas|ninos)\b`)
	// The children's doctor is one person, and says nothing of how many come.
	childrens = regexp.MustCompile(`\b(?:kids?|child|children)(?: ?s)? (?:doctor|dentist|physician|specialist|clinic|hospital)s?\b`)
	ofUs      = regexp.MustCompile(`\bof us\b`)
	counts    = map[string]int{"two": 2, "2": 2, "both": 2, "dos": 2, "three": 3, "3": 3, "tres": 3, "four": 4, "4": 4, "cuatro": 4}
)

// partyOf is what an utterance says of several people; false when it speaks of one.
func partyOf(r reading) (party, bool) {
	said := childrens.ReplaceAllString(r.u.core(), "")
	p := party{Named: r.names, Self: selfToo.MatchString(said)}
	if !severally.MatchString(said) {
		return p, false
	}
	if m := counted.FindStringSubmatch(said); m != nil {
		p.Count = counts[m[1]]
	}
	if p.Count > 0 && ofUs.MatchString(said) {
		p.Count--
	}
	return p, true
}

// heardGroup takes a wish for several visits at once: "me and my two kids, back to back".
func (t *talk) heardGroup(ctx context.Context, r reading) (bool, error) {
	p, several := partyOf(r)
	if !several || !slices.Contains([]job{jobNone, jobBook, jobGroup}, t.state.Job) {
		return false, nil
	}
	if r.want != wantBook && r.want != wantNothing || len(r.topics) > 0 {
		return false, nil
	}
	if err := t.letGo(ctx); err != nil {
		return true, err
	}
	w := t.state.Wish
	t.state.begin(jobGroup)
	t.state.Wish, t.state.Party = w, p
	t.wishFrom(r)
	return true, t.advance(ctx)
}

// advanceGroup does the next step of booking several visits at once.
func (t *talk) advanceGroup(ctx context.Context) error {
	service, ok := t.wanted()
	if !ok {
		return t.askCare()
	}
	if !t.caller.Verified() {
		return t.askDetails()
	}
	if len(t.state.Group) == 0 {
		done, err := t.findParty(ctx)
		if done || err != nil {
			return err
		}
	}
	if t.state.Hold == nil {
		return t.findRows(ctx, service)
	}
	return t.proposeAll(ctx)
}

// findParty finds out for whom the visits are; done when that had to be asked, or nothing can be booked at once.
func (t *talk) findParty(ctx context.Context) (done bool, err error) {
	family, err := t.family(ctx)
	if err != nil {
		return false, err
	}
	said := t.state.Party
	if len(family) == 0 {
		return true, t.single(ctx)
	}
	meant := family
	if named := namedIn(family, said.Named); len(named) > 0 && (said.Self || len(named) > 1) {
		meant = named
	} else if said.Count > 0 && said.Count != len(family) || !said.Self && len(family) < 2 {
		return true, t.askParty(ctx, family)
	}
	t.state.Group = t.membersOf(meant, said.Self)
	if len(t.state.Group) > clinic.MaxVisits {
		return true, t.askParty(ctx, family)
	}
	return false, nil
}

// membersOf are the ids of those whom the visits are for, whoever writes first.
func (t *talk) membersOf(family []clinic.Dependant, self bool) []uuid.UUID {
	var ids []uuid.UUID
	if self {
		ids = append(ids, t.caller.Patient)
	}
	for _, d := range family {
		ids = append(ids, d.ID)
	}
	return ids
}

// askParty asks for whom the visits are: everybody, with or without whoever writes, or one and whoever writes.
func (t *talk) askParty(ctx context.Context, family []clinic.Dependant) error {
	t.state.Step = stepWhom
	t.say("ask-group", prompts.Values{})
	family = family[:min(len(family), clinic.MaxVisits-1)]
	var groups [][]uuid.UUID
	if len(family) > 1 {
		groups = append(groups, t.membersOf(family, false))
	}
	groups = append(groups, t.membersOf(family, true))
	if len(family) > 1 {
		for _, d := range family {
			groups = append(groups, t.membersOf([]clinic.Dependant{d}, true))
		}
	}
	for _, group := range groups {
		names, err := t.namesOf(ctx, group)
		if err != nil {
			return err
		}
		t.offer(choice{Label: capitalised(names), Action: action{Do: doGroup, Group: group}})
	}
	t.offer(t.plain(doSingle))
	return nil
}

// capitalised is a text that begins with a capital.
func capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// namesOf lists people by their given names: "you, Leo and Nora".
func (t *talk) namesOf(ctx context.Context, patients []uuid.UUID) (string, error) {
	var names []string
	for _, id := range patients {
		name, err := t.nameOf(ctx, id)
		if err != nil {
			return "", err
		}
		if name == "" {
			name = t.text("group-me", prompts.Values{})
		}
		names = append(names, name)
	}
	return t.words.List(names), nil
}

// single goes on with one visit after the other, where several cannot be booked at once.
func (t *talk) single(ctx context.Context) error {
	w, said := t.state.Wish, t.state.Party
	t.state.begin(jobBook)
	t.state.Wish = w
	if !said.Self {
		t.state.Wish.Whom = forChild
	} else {
		t.state.Wish.Whom = forSelf
	}
	t.say("group-single", prompts.Values{})
	return t.advance(ctx)
}

// findRows looks for times one after the other, and offers them.
func (t *talk) findRows(ctx context.Context, service clinic.Service) error {
	t.meanwhile("looking")
	if err := t.desk.Release(ctx, t.caller); err != nil {
		return err
	}
	in := tools.FindRowIn{Practitioners: t.seekers(service), When: firstOf(t.state.Wish.Whens), Seen: t.state.Seen}
	for _, patient := range t.state.Group {
		in.Visits = append(in.Visits, clinic.RowVisit{Service: service.ID, Patient: patient})
	}
	rows, err := t.desk.FindRow(ctx, t.caller, in)
	if err != nil {
		if t.refused(err, service.ID) {
			return t.otherService(service.ID)
		}
		return err
	}
	names, err := t.namesOf(ctx, t.state.Group)
	if err != nil {
		return err
	}
	t.state.Step = stepRow
	v := prompts.Values{Service: service.DisplayName(), List: names, Count: len(rows)}
	if len(rows) == 0 {
		t.say("offer-rows-none", v)
		t.offer(t.plain(doSingle), t.plain(doHuman), t.plain(doOver))
		return nil
	}
	t.say("offer-rows", v)
	for _, row := range rows {
		t.state.Seen = append(t.state.Seen, row[0].Start)
		t.offer(choice{Label: t.rowLabel(row), Action: action{Do: doRow, Row: row, Group: t.state.Group}})
	}
	t.offer(t.plain(doOthers))
	return nil
}

// rowLabel is a row in words: "Tue, Dec 1: 9:00 AM, 9:30 AM and 10:00 AM, Dr. Maya Chen".
func (t *talk) rowLabel(row clinic.Row) string {
	first := t.local(row[0].Start, row[0].Location)
	v := prompts.Values{Day: t.words.Day(first)}
	one := !slices.ContainsFunc(row, func(s clinic.Slot) bool { return s.Practitioner != row[0].Practitioner })
	var times []string
	for _, s := range row {
		at := t.bothClocks(s.Start, first.Location(), t.words.Clock(localtime.ClockOf(s.Start, first.Location())))
		if !one {
			at += " " + t.practitioner(s.Practitioner).DisplayName()
		}
		times = append(times, at)
	}
	if one {
		v.Practitioner = t.practitioner(row[0].Practitioner).DisplayName()
	}
	v.List = t.words.List(times)
	return t.text("option-row", v)
}

// chooseGroup goes on with whom the visits are for, or with the times that were chosen for them.
func (t *talk) chooseGroup(ctx context.Context, a action) error {
	if t.state.Job != jobGroup {
		t.say("replaced", prompts.Values{})
		return t.again(ctx)
	}
	switch a.Do {
	case doSingle:
		return t.single(ctx)
	case doGroup:
		t.state.Group = a.Group
		return t.advance(ctx)
	default:
		return t.takeRow(ctx, a)
	}
}

// takeRow holds times one after the other and goes on; when one is gone, that is said and others are offered.
func (t *talk) takeRow(ctx context.Context, a action) error {
	t.meanwhile("checking")
	t.state.Pending, t.state.Group, t.state.Row = nil, a.Group, a.Row
	hold, err := t.desk.Hold(ctx, t.caller, tools.HoldIn{Slot: a.Row[0], Also: a.Row[1:]})
	if err != nil {
		return t.lostSlot(ctx, a.Row[0], err)
	}
	t.state.Hold = &hold
	return t.advance(ctx)
}

// proposeAll sums up the visits that would be booked and asks for a yes.
func (t *talk) proposeAll(ctx context.Context) error {
	visits := make([]clinic.Visit, len(t.state.Row))
	for i, slot := range t.state.Row {
		visits[i] = clinic.Visit{Slot: slot, Patient: t.state.Group[i]}
	}
	proposal, err := t.desk.ProposeAll(ctx, t.caller, *t.state.Hold, visits)
	if clinic.CodeOf(err) == clinic.CodeNotAllowed {
		return t.notLinked(ctx)
	}
	if err != nil {
		return err
	}
	return t.showProposal(ctx, proposal, true)
}

// groupLines say each visit in a line.
func (t *talk) groupLines(ctx context.Context, visits []clinic.Visit) ([]string, error) {
	var lines []string
	for _, visit := range visits {
		name, err := t.nameOf(ctx, visit.Patient)
		if err != nil {
			return nil, err
		}
		v := t.slotValues(visit.Slot)
		v.For = name
		lines = append(lines, t.text("group-line", v))
	}
	return lines, nil
}

// reportAll says what was booked at once, from the appointments' rows.
func (t *talk) reportAll(ctx context.Context, change tools.Change) error {
	var visits []clinic.Visit
	for _, a := range change.All {
		visits = append(visits, clinic.Visit{Slot: a.Slot, Patient: a.Patient})
	}
	lines, err := t.groupLines(ctx, visits)
	if err != nil {
		return err
	}
	t.say("booked-all", prompts.Values{Lines: lines, Address: t.location(change.Appointment.Slot.Location).Address})
	t.state.rest()
	t.state.Done = append(t.state.Done, done{Proposal: change.Proposal.ID, Appointment: change.Appointment.ID})
	return nil
}
