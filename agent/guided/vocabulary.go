package guided

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/timex"
)

// care is what a phrase says about what somebody needs.
type care struct {
	specialty string    // code; "" when the clinic does not have it
	service   uuid.UUID // zero: only the specialty was named
	weight    int
	elsewhere bool // a field of medicine that this clinic does not have
}

// Weights of what names care: what something is called says more than what hurts.
const (
	weightHint    = 1 // a child: the children's doctor, unless something else was said
	weightWord    = 2 // an everyday word
	weightOwn     = 3 // the clinic's own word
	weightName    = 4 // what it is called
	weightService = 5
)

// vocabulary is the words of one language at one clinic: the language's own, its practitioners, what it offers.
// It does not change and is safe for concurrent use.
type vocabulary struct {
	*lexicon
	directory *clinic.Directory
	people    people
	care      trie[care]
	spelling  *speller
	children  string // code of the specialty for children, "" for none
	times     timex.Context
	phone     string          // the clinic's number as people there write it
	offered   map[string]bool // words of what is offered here: they are the clinic's, whatever language they are said in
}

func newVocabulary(l *lexicon, language string, d *clinic.Directory) *vocabulary {
	v := &vocabulary{
		lexicon:   l,
		directory: d,
		people:    newPeople(d.Practitioners),
		spelling:  newSpeller(l.spelling),
		times:     timesOf(d.Clinic, language),
		phone:     shownPhone(d.Clinic),
		offered:   map[string]bool{},
	}
	for _, s := range d.Specialties {
		v.addSpecialty(s)
	}
	for _, section := range l.care {
		if !slices.ContainsFunc(d.Specialties, section.isFor) {
			v.addPhrases(section.phrases, care{elsewhere: true, weight: weightWord})
		}
	}
	for _, s := range d.Services {
		v.addService(s)
	}
	return v
}

// addSpecialty adds what a specialty is called here, and everyday words for it if it is one that we know.
func (v *vocabulary) addSpecialty(s clinic.Specialty) {
	for _, name := range []string{s.Code, s.Name, s.Title} {
		v.addName(name, care{specialty: s.Code, weight: weightName})
	}
	for _, words := range s.Words {
		v.addName(words, care{specialty: s.Code, weight: weightOwn})
	}
	for _, section := range v.lexicon.care {
		if !section.isFor(s) {
			continue
		}
		v.addPhrases(section.phrases[:len(section.names)], care{specialty: s.Code, weight: weightName})
		v.addPhrases(section.phrases[len(section.names):], care{specialty: s.Code, weight: weightWord})
		if slices.Contains(section.names, "children") {
			v.children = s.Code
		}
	}
}

func (v *vocabulary) addService(s clinic.Service) {
	if s.Retired {
		return
	}
	for _, name := range slices.Concat([]string{s.Code, s.Name, s.NeutralName}, s.Words) {
		v.addName(name, care{specialty: s.Specialty, service: s.ID, weight: weightService})
	}
}

// addName adds a name of the clinic's as it stands, and in the plural.
func (v *vocabulary) addName(name string, c care) {
	words := wordsOf(name)
	if len(words) == 0 {
		return
	}
	for _, w := range words {
		v.offered[w] = true
	}
	v.addPhrases([][]string{words}, c)
	plural := slices.Clone(words)
	if last := &plural[len(plural)-1]; !strings.HasSuffix(*last, "s") {
		*last += "s"
		v.care.add(plural, c)
		v.spelling.learn(*last, false)
	}
}

func (v *vocabulary) addPhrases(phrases [][]string, c care) {
	for _, words := range phrases {
		v.care.add(words, c)
		for _, w := range words {
			v.spelling.learn(w, true)
		}
	}
}

// isFor reports whether a clinic's specialty is this field of medicine.
func (c careSection) isFor(s clinic.Specialty) bool {
	return slices.ContainsFunc([]string{s.Code, s.Name, s.Title}, func(name string) bool {
		return name != "" && slices.Contains(c.names, strings.Join(wordsOf(name), " "))
	})
}

// timesOf is what time expressions are read against at a clinic, but for the time at which they are said.
func timesOf(c clinic.Clinic, language string) timex.Context {
	context := timex.Context{
		Zone:        c.Zone,
		PartsOfDay:  map[string]timex.Window{},
		SundayFirst: c.Region == "US",
		DayFirst:    c.Region != "US",
		Language:    language,
	}
	for name, part := range c.Settings.PartsOfDay {
		from, errFrom := localtime.ParseClock(part[0])
		until, errUntil := localtime.ParseClock(part[1])
		if errFrom == nil && errUntil == nil && from < until {
			context.PartsOfDay[name] = timex.Window{From: from, Until: until}
		}
	}
	return context
}
