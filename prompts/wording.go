package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/agentcare/agentcare/localtime"
)

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
	if err := w.check(); err != nil {
		return nil, err
	}
	return w, nil
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
	full := sample()
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

// sample has every value set.
func sample() Values {
	return Values{
		Clinic: "x", Phone: "x", PrivacyURL: "x", Patient: "x", Service: "x", Specialty: "x", Practitioner: "x",
		Location: "x", Address: "x", Day: "x", When: "x", Was: "x", Language: "x", For: "x", Span: "x", Until: "x", Digits: "x", List: "x", Lines: []string{"x", "y"},
		Count: 2, Among: true, New: true, Other: true, More: true, SMS: true,
	}
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

// LanguageCode is the code of a language by its name in this language, whatever its case and with its accents or without
// them, "" for none that is known.
func (w *Wording) LanguageCode(name string) string {
	name = withoutMarks(name)
	for code, n := range w.languages {
		if strings.EqualFold(withoutMarks(n), name) {
			return code
		}
	}
	return ""
}

// withoutMarks is a text without its accents.
func withoutMarks(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
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
