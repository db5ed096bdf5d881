package prompts

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/localtime"
)

func TestEmbeddedWordingIsSound(t *testing.T) {
	t.Parallel()
	g, err := LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"en", "es"}, g.Languages()); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(g.In("en").Names(), g.In("es").Names()); diff != "" {
		t.Errorf("templates of en and es (-en +es):\n%s", diff)
	}
}

// TestEmbeddedWordingIsPlainText holds that nothing said needs rendering, and that texts ask for no word that a carrier
// takes as "send nothing any more" or "send again" (Twilio's opt-out and opt-in words); the consent has to name STOP.
func TestEmbeddedWordingIsPlainText(t *testing.T) {
	t.Parallel()
	g, err := LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range g.Languages() {
		w := g.In(language)
		for _, name := range w.Names() {
			for _, change := range []func(*Values){
				func(*Values) {},
				func(v *Values) { v.SMS, v.Count, v.Other, v.More = false, 1, false, false },
				func(v *Values) { v.Span, v.For, v.New = "", "", false },
				func(v *Values) {
					v.Patient, v.Location, v.Address, v.Day, v.Phone, v.PrivacyURL = "", "", "", "", "", ""
				},
			} {
				v := sample()
				change(&v)
				text, err := w.Say(name, v)
				if err != nil {
					t.Fatal(err)
				}
				if strings.ContainsAny(text, "<>*_`#") || strings.Contains(text, "  ") {
					t.Errorf("%s %s: not plain text: %q", language, name, text)
				}
				for _, word := range []string{"STOP", "CANCEL", "END", "QUIT", "UNSUBSCRIBE", "START"} {
					if slices.Contains(strings.Fields(text), word) && name != "field-consent" {
						t.Errorf("%s %s: asks for %s: %q", language, name, word, text)
					}
				}
			}
		}
	}
}

func TestIn(t *testing.T) {
	t.Parallel()
	g, err := LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{"en": "en", "es": "es", "es-MX": "es", "ES": "es", "de": "en", "": "en"} {
		if got := g.In(language).Language(); got != want {
			t.Errorf("In(%q) is %q, want %q", language, got, want)
		}
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	g, err := LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	en, es := g.In("en"), g.In("es")
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.December, day, hour, minute, 0, 0, time.UTC)
	}
	for _, tc := range []struct{ got, want string }{
		{en.At(at(1, 9, 0)), "Tue, Dec 1 at 9:00 AM"},
		{es.At(at(1, 9, 0)), "mar 1 dic, 9:00"},
		{en.At(at(5, 0, 5)), "Sat, Dec 5 at 12:05 AM"},
		{en.At(at(6, 12, 30)), "Sun, Dec 6 at 12:30 PM"},
		{es.At(at(6, 17, 30)), "dom 6 dic, 17:30"},
		{en.Day(at(31, 23, 59)), "Thu, Dec 31"},
		{en.DateDay(localtime.Date{Year: 2028, Month: time.February, Day: 29}), "Tue, Feb 29"},
		{en.Clock(17 * 60), "5:00 PM"},
		{es.Clock(8*60 + 5), "8:05"},
		{en.Clock(localtime.EndOfDay), "12:00 AM"},
		{en.Weekday(time.Sunday), "Sunday"},
		{es.Weekday(time.Saturday), "sábado"},
		{en.LanguageName("es"), "Spanish"},
		{en.LanguageName("xx"), "xx"},
		{es.LanguageCode("Inglés"), "en"},
		{es.LanguageCode("espanol"), "es"},
		{en.LanguageCode("Klingon"), ""},
		{en.List(nil), ""},
		{en.List([]string{"A"}), "A"},
		{en.List([]string{"A", "B"}), "A and B"},
		{es.List([]string{"A", "B", "C"}), "A, B y C"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestSayUnknown(t *testing.T) {
	t.Parallel()
	g, err := LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.In("en").Say("nothing-like-it", Values{}); err == nil || !strings.Contains(err.Error(), "nothing-like-it") {
		t.Errorf("error is %v, want one that names the template", err)
	}
}

// data are the templates that every language needs.
const data = `{{define "weekdays"}}a b c d e f g{{end}}{{define "weekdays-long"}}a b c d e f g{{end}}` +
	`{{define "months"}}a b c d e f g h i j k l{{end}}{{define "languages"}}en=English{{end}}{{define "and"}}and{{end}}` +
	`{{define "at"}}{{.Hour}}{{end}}{{define "day"}}{{.Day}}{{end}}{{define "clock"}}{{.Minute}}{{end}}`

func TestBadWording(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		en, es string
		want   []string
	}{
		"sound":            {data + `{{define "hi"}}Hi {{.Patient}}{{end}}`, data + `{{define "hi"}}Hola{{end}}`, nil},
		"no English":       {"", data, []string{"en.tmpl is missing"}},
		"syntax":           {data + `{{define "hi"}}{{if}}{{end}}`, data, []string{`"en"`, "missing value for if"}},
		"unknown value":    {data + `{{define "hi"}}{{.Doctor}}{{end}}`, data, []string{"Doctor"}},
		"one has more":     {data + `{{define "hi"}}Hi{{end}}`, data, []string{`es.tmpl has no template "hi"`}},
		"another has more": {data, data + `{{define "hi"}}Hola{{end}}`, []string{`es.tmpl has a template "hi"`}},
		"says nothing":     {data + `{{define "hi"}}{{.Patient}}{{end}}`, data + `{{define "hi"}}Hola{{end}}`, []string{"says nothing"}},
		"six weekdays":     {strings.Replace(data, "a b c d e f g", "a b c d e f", 1), data, []string{"7 weekdays"}},
		"no months":        {strings.Replace(data, `"months"`, `"moons"`, 1), data, []string{"months"}},
		"a bad language":   {strings.Replace(data, "en=English", "English", 1), data, []string{"code=name"}},
		"a bad moment":     {strings.Replace(data, "{{.Hour}}", "{{.Ours}}", 1), data, []string{"Ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fstest.MapFS{"es.tmpl": {Data: []byte(tc.es)}}
			if tc.en != "" {
				dir["en.tmpl"] = &fstest.MapFile{Data: []byte(tc.en)}
			}
			_, err := parseGuided(dir)
			if len(tc.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
