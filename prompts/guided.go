// Package prompts has the wording of what is said to patients, in files of their own, one a language, so that whoever
// writes them needs no Go.
package prompts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed guided/*.tmpl
var files embed.FS

// fallback is the language of whoever speaks one that has no wording.
const fallback = "en"

// Values are what the wording can speak of. Times, names and lists are rendered already; what a template does not
// need is empty.
type Values struct {
	Clinic       string
	Phone        string
	PrivacyURL   string
	Patient      string // given name
	Service      string
	Specialty    string
	Practitioner string
	Location     string
	Address      string
	Day          string // "Tue, Dec 1"
	When         string // "Tue, Dec 1 at 9:00 AM"
	Was          string // the same, before a change
	Language     string // what it is called: "Spanish"
	For          string // given name of somebody whom the patient looks after
	Span         string // a length of time: "2 hours"
	Until        string // like When: as long as something is kept
	Digits       string // last two of a phone number
	List         string // "A, B and C"
	Lines        []string
	Count        int
	Among        bool // several practitioners were asked for
	New          bool // it is for new patients
	Other        bool // the visit is for somebody else, or somebody else is asked for
	More         bool // there is more than what is said
	SMS          bool // it goes out as a text
}

// Guided is the wording of the built-in engine in all its languages.
type Guided struct {
	languages map[string]*Wording
}

// LoadGuided reads the embedded wording, once. It is an error when languages do not have the same templates,
// or when one cannot be executed.
var LoadGuided = sync.OnceValues(func() (*Guided, error) {
	sub, err := fs.Sub(files, "guided")
	if err != nil {
		return nil, fmt.Errorf("opening the wording: %w", err)
	}
	return parseGuided(sub)
})

// Languages are those that there is wording for, sorted.
func (g *Guided) Languages() []string { return slices.Sorted(maps.Keys(g.languages)) }

// In is the wording of a language ("es", "es-MX"), English where there is none.
func (g *Guided) In(language string) *Wording {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if w := g.languages[base]; w != nil {
		return w
	}
	return g.languages[fallback]
}

// parseGuided reads and checks one file for each language, named by it.
func parseGuided(dir fs.FS) (*Guided, error) {
	names, err := fs.Glob(dir, "*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("listing the wording: %w", err)
	}
	g := &Guided{languages: map[string]*Wording{}}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading the wording: %w", err)
		}
		language := strings.TrimSuffix(path.Base(name), ".tmpl")
		if g.languages[language], err = parseWording(language, string(text)); err != nil {
			return nil, err
		}
	}
	if err := g.agree(); err != nil {
		return nil, err
	}
	return g, nil
}

// agree reports languages whose templates differ.
func (g *Guided) agree() error {
	first := g.languages[fallback]
	if first == nil {
		return fmt.Errorf("wording: %s.tmpl is missing, which every other language falls back to", fallback)
	}
	var errs []error
	for _, language := range g.Languages() {
		w := g.languages[language]
		for _, name := range first.Names() {
			if !w.Has(name) {
				errs = append(errs, fmt.Errorf("wording: %s.tmpl has no template %q", language, name))
			}
		}
		for _, name := range w.Names() {
			if !first.Has(name) {
				errs = append(errs, fmt.Errorf("wording: %s.tmpl has a template %q that %s.tmpl has not", language, name, fallback))
			}
		}
	}
	return errors.Join(errs...)
}
