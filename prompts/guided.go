// Package prompts has the wording of what is said to patients, in files of their own, one a language, so that whoever
// writes them needs no Go.
package prompts

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/agentcare/agentcare/localtime"
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
	Digits       string // last two of a phone number
	List         string // "A, B and C"
	Lines        []string
	Count        int
	Other        bool // the visit is for somebody else
	More         bool // there is more than what is said
	SMS          bool // it goes out as a text
}

// moment is what the templates of days and times are given.
type moment struct {
	Weekday, WeekdayLong string
	Month                string
	Day, Hour, Hour12    int
	Minute               string // two digits
	PM                   bool
}

// Names of the templates that every language must have besides those that are said: data, and what takes a moment.
var (
	dataNames   = []string{"weekdays", "weekdays-long", "months", "languages", "and"}
	momentNames = []string{"at", "day", "clock"}
)

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
	return g, g.agree()
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

// Wording is what the built-in engine says in one language. It is safe for concurrent use.
type Wording struct {
	language     string
	templates    *template.Template
	weekdays     []string // Sunday first
	weekdaysLong []string
	months       []string
	languages    map[string]string // ISO 639-1 code to name
	and          string
}

func parseWording(language, text string) (*Wording, error) {
	t, err := template.New(language).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("wording of %q: %w", language, err)
	}
	w := &Wording{language: language, templates: t, languages: map[string]string{}}
	if err := w.readData(); err != nil {
		return nil, err
	}
	return w, w.check()
}

// readData reads the templates that are data: names of days, months and languages.
func (w *Wording) readData() error {
	data := map[string][]string{}
	for _, name := range dataNames {
		text, err := w.execute(name, nil)
		if err != nil {
			return err
		}
		data[name] = strings.Fields(text)
	}
	w.weekdays, w.weekdaysLong, w.months = data["weekdays"], data["weekdays-long"], data["months"]
	w.and = strings.Join(data["and"], " ")
	for _, pair := range data["languages"] {
		code, name, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("wording of %q: languages: %q is not code=name", w.language, pair)
		}
		w.languages[code] = name
	}
	if len(w.weekdays) != 7 || len(w.weekdaysLong) != 7 || len(w.months) != 12 {
		return fmt.Errorf("wording of %q: there must be 7 weekdays, 7 weekdays-long and 12 months", w.language)
	}
	return nil
}

// check executes every template with every value set, and with none.
func (w *Wording) check() error {
	full := Values{
		Clinic: "x", Phone: "x", PrivacyURL: "x", Patient: "x", Service: "x", Specialty: "x", Practitioner: "x",
		Location: "x", Address: "x", Day: "x", When: "x", Was: "x", Language: "x", Digits: "x", List: "x", Lines: []string{"x", "y"},
		Count: 2, Other: true, More: true, SMS: true,
	}
	var errs []error
	for _, name := range w.Names() {
		for _, v := range []Values{full, {}} {
			if text, err := w.Say(name, v); err != nil {
				errs = append(errs, err)
			} else if text == "" {
				errs = append(errs, fmt.Errorf("wording of %q: template %q says nothing", w.language, name))
			}
		}
	}
	noon := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range momentNames {
		if _, err := w.execute(name, w.moment(noon)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Language is the code of the wording's language.
func (w *Wording) Language() string { return w.language }

// Names are the templates that can be said, sorted.
func (w *Wording) Names() []string {
	var names []string
	for _, t := range w.templates.Templates() {
		if n := t.Name(); n != w.language && !slices.Contains(dataNames, n) && !slices.Contains(momentNames, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// Has reports whether there is a template of this name.
func (w *Wording) Has(name string) bool { return w.templates.Lookup(name) != nil }

// Say renders one template. White space around it is dropped.
func (w *Wording) Say(name string, v Values) (string, error) { return w.execute(name, v) }

func (w *Wording) execute(name string, data any) (string, error) {
	t := w.templates.Lookup(name)
	if t == nil {
		return "", fmt.Errorf("wording of %q: there is no template %q", w.language, name)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return "", fmt.Errorf("wording of %q: %w", w.language, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// At is a day and a time, as it is on the clock of t: "Tue, Dec 1 at 9:00 AM".
func (w *Wording) At(t time.Time) string { return w.format("at", t) }

// Day is a day, as it is on the calendar of t: "Tue, Dec 1".
func (w *Wording) Day(t time.Time) string { return w.format("day", t) }

// DateDay is [Wording.Day] of a date.
func (w *Wording) DateDay(d localtime.Date) string {
	return w.Day(time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC))
}

// Clock is a time of the day: "9:00 AM".
func (w *Wording) Clock(c localtime.Clock) string {
	return w.format("clock", time.Date(2000, time.January, 1, int(c)/60%24, int(c)%60, 0, 0, time.UTC))
}

// Weekday is the full name of a day of the week: "Tuesday".
func (w *Wording) Weekday(d time.Weekday) string { return w.weekdaysLong[d] }

// LanguageName is what a language is called: "Spanish" for "es". An unknown code stays what it is.
func (w *Wording) LanguageName(code string) string {
	if name := w.languages[code]; name != "" {
		return name
	}
	return code
}

// LanguageCode is the code of a language by its name in this language, in lower case, "" for none that is known.
func (w *Wording) LanguageCode(name string) string {
	for code, n := range w.languages {
		if strings.EqualFold(n, name) {
			return code
		}
	}
	return ""
}

// List is "A", "A and B", "A, B and C".
func (w *Wording) List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + w.and + " " + items[last]
}

// format renders a moment. The templates were executed when they were loaded, and with a moment there is nothing
// that could go wrong in one but not in another; should it, the standard form is still right.
func (w *Wording) format(name string, t time.Time) string {
	text, err := w.execute(name, w.moment(t))
	if err != nil {
		return t.Format(time.RFC1123)
	}
	return text
}

func (w *Wording) moment(t time.Time) moment {
	return moment{
		Weekday:     w.weekdays[t.Weekday()],
		WeekdayLong: w.weekdaysLong[t.Weekday()],
		Month:       w.months[t.Month()-1],
		Day:         t.Day(),
		Hour:        t.Hour(),
		Hour12:      (t.Hour()+11)%12 + 1,
		Minute:      t.Format("04"),
		PM:          t.Hour() >= 12,
	}
}
