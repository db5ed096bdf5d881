package guided

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/tools"
)

// monday is when the sentences of the tests are said: Monday, November 30, 2026, 9:00 at the demo clinic.
var monday = time.Date(2026, time.November, 30, 14, 0, 0, 0, time.UTC)

// TestUnderstand holds what sentences mean. Each file of testdata/understanding is of one language; a line is a sentence
// and what it says. -update rewrites them with what is understood now.
func TestUnderstand(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "es"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			v := demoVocabulary(t, language)
			file := "testdata/understanding/" + language + ".txt"
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			sentences := 0
			for line := range strings.Lines(string(data)) {
				text, _, _ := strings.Cut(strings.TrimRight(line, "\n"), " => ")
				if text == "" || strings.HasPrefix(text, "# ") {
					got.WriteString(line)
					continue
				}
				sentences++
				fmt.Fprintf(&got, "%s => %s\n", text, describe(v, v.understand(text, monday)))
			}
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(data), got.String()); diff != "" {
				t.Errorf("other than before (-want +got; -update accepts it):\n%s", diff)
			}
			if sentences < 40 {
				t.Errorf("only %d sentences", sentences)
			}
		})
	}
}

func demoVocabulary(tb testing.TB, language string) *vocabulary {
	tb.Helper()
	data, err := demo.Dataset(monday)
	if err != nil {
		tb.Fatal(err)
	}
	lexicons, err := loadLexicons()
	if err != nil {
		tb.Fatal(err)
	}
	return newVocabulary(lexicons[language], language, &data.Directory)
}

// told are the signs that a description names.
var told = []sign{
	signOthers, signEarlier, signLater, signEarliest, signLatest, signAny, signAnyone, signOver, signKeep, signUnsure,
	signThanks, signBye, signGreet, signHelp, signRepeat, signAboutIt, signThatOne, signEnglish, signSpanish, signAnotherCode, signWrongDetails,
}

// describe says what was understood, in one line.
func describe(v *vocabulary, r reading) string {
	var says []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			says = append(says, fmt.Sprintf(format, args...))
		}
	}
	if r.sure {
		says = append(says, strings.ToUpper(string(r.want)))
	} else {
		add(r.want != wantNothing, "%s", r.want)
	}
	add(r.yes, "yes")
	add(r.no, "no")
	for _, s := range r.topics {
		says = append(says, "about:"+signNames[s])
	}
	add(r.care.elsewhere, "elsewhere")
	add(r.care.specialty != "" && r.care.service == uuid.Nil, "care=%s", r.care.specialty)
	for _, s := range v.directory.Services {
		add(r.care.service == s.ID, "care=%s", s.Code)
	}
	names := func(ids []uuid.UUID) string {
		var out []string
		for _, p := range v.directory.Practitioners {
			if slices.Contains(ids, p.ID) {
				out = append(out, p.FamilyName)
			}
		}
		return strings.Join(out, "+")
	}
	add(len(r.who) > 0, "with=%s", names(r.who))
	add(len(r.without) > 0, "without=%s", names(r.without))
	add(r.nobody, "nobody")
	add(r.hasTime(), "when=%s", describeWhens(whensOf(r.times)))
	add(r.ordinal != 0, "nth=%d", r.ordinal)
	add(r.number != 0, "number=%d", r.number)
	add(r.code != "", "code=%s", r.code)
	add(r.phone, "phone")
	add(r.whom != forUnsaid, "for=%s", r.whom)
	for _, s := range told {
		add(r.has(s), "%s", strings.ReplaceAll(signNames[s], " ", "-"))
	}
	add(r.isQuestion(), "?")
	if len(says) == 0 {
		return "nothing"
	}
	return strings.Join(says, " ")
}

func describeWhens(whens []tools.When) string {
	var out []string
	for _, w := range whens {
		out = append(out, describeWhen(w))
	}
	return strings.Join(out, "|")
}

func describeWhen(w tools.When) string {
	var out []string
	switch {
	case !w.From.IsZero() && w.From == w.Until:
		out = append(out, w.From.String())
	case !w.From.IsZero() || !w.Until.IsZero():
		out = append(out, fmt.Sprintf("%s..%s", w.From, w.Until))
	}
	for _, d := range w.Weekdays {
		out = append(out, d.String()[:3])
	}
	switch {
	case w.Exact:
		out = append(out, "@"+w.At.String())
	case w.Opens != 0 || w.Closes != 0:
		out = append(out, w.Opens.String()+"-"+w.Closes.String())
	}
	if w.Soonest {
		out = append(out, "soonest")
	}
	return strings.Join(out, ",")
}

func TestNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	lexicons, err := loadLexicons()
	if err != nil {
		t.Fatal(err)
	}
	person := func(given, family string) clinic.Practitioner {
		return clinic.Practitioner{ID: uuid.NewSHA1(uuid.Nil, []byte(given+family)), Title: "Dr.", GivenName: given, FamilyName: family}
	}
	d := &clinic.Directory{
		Clinic: clinic.Clinic{Zone: time.UTC, Region: "US"},
		Practitioners: []clinic.Practitioner{
			person("Maria", "García"), person("Ana", "Garcia"), person("Will", "May"), person("José", "de la Cruz"),
			person("Siobhan", "O'Brien"), person("Li", "Ng"), person("Grace", "Hope"), person("Peter", "Schmidt-Müller"),
		},
	}
	v := newVocabulary(lexicons["en"], "en", d)
	for text, want := range map[string]string{
		"dr garcia":                          "García+Garcia",
		"Dr. Maria Garcia":                   "García",
		"ana garcía please":                  "Garcia",
		"I may come, will you be there?":     "",
		"is Dr. May in?":                     "May",
		"see dr will may":                    "May",
		"with Dr de la Cruz":                 "de la Cruz",
		"doctor O'Brien's next slot":         "O'Brien",
		"dr obrian":                          "O'Brien",
		"Dr. Ng":                             "Ng",
		"I hope so":                          "",
		"dr hope":                            "Hope",
		"dr schmitt":                         "Schmidt-Müller",
		"Dr Müller":                          "Schmidt-Müller",
		"the grace period":                   "",
		"an appointment with a doctor today": "",
	} {
		r := v.understand(text, monday)
		var got []string
		for _, p := range d.Practitioners {
			if slices.Contains(r.who, p.ID) {
				got = append(got, p.FamilyName)
			}
		}
		if strings.Join(got, "+") != want {
			t.Errorf("%q names %q, want %q", text, strings.Join(got, "+"), want)
		}
	}
}

// FuzzUnderstand holds that anything can be read, that reading is deterministic, and that what it finds lies in the text.
func FuzzUnderstand(f *testing.F) {
	v := demoVocabulary(f, "en")
	for _, text := range []string{
		"skin check w dr chen tmrw 2pm", "the 2nd one", "no, Thursday instead", "x\xff\x00y", "👍🏽", "dr. dr dr chen's", "¿qué?", "ſtart over",
		"İ want", strings.Repeat("dr chen ", 200), "W/ w/ w/", "1:2:3:4", "a'b'c's's", "Ⅷ ² ½",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := v.understand(text, monday)
		if again := v.understand(text, monday); describe(v, again) != describe(v, r) {
			t.Fatalf("read in two ways: %s; %s", describe(v, r), describe(v, again))
		}
		if r.yes && r.no {
			t.Fatal("both yes and no")
		}
		if len(r.u.tokens) > maxTokens {
			t.Fatalf("%d tokens", len(r.u.tokens))
		}
		for _, token := range r.u.tokens {
			if token.start < 0 || token.end > len(r.u.original) || token.start >= token.end || token.text == "" {
				t.Fatalf("token %+v of %d bytes", token, len(r.u.original))
			}
		}
		if r.ordinal < -1 || r.ordinal > 6 || r.number < 0 || r.number > 9 {
			t.Fatalf("ordinal %d, number %d", r.ordinal, r.number)
		}
	})
}

func BenchmarkUnderstand(b *testing.B) {
	v := demoVocabulary(b, "en")
	sentences := []string{
		"Hi! I'd like a skin check with Dr. Chen next Tuesday afternoon, please",
		"appt w dr chen tmrw pm pls",
		"the second one",
		"yes please",
		"no, I meant Thursday",
		"do you have anything later in the day?",
		"where are you located and what time do you open on saturday",
		"my kid's tooth hurts really bad can sombody see him asap",
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		v.understand(sentences[i%len(sentences)], monday)
		i++
	}
}

// BenchmarkVocabulary is what a clinic's words cost when its directory has changed.
func BenchmarkVocabulary(b *testing.B) {
	data, err := demo.Dataset(monday)
	if err != nil {
		b.Fatal(err)
	}
	lexicons, err := loadLexicons()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		newVocabulary(lexicons["en"], "en", &data.Directory)
	}
}

func BenchmarkLoadLexicons(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readLexicons(); err != nil {
			b.Fatal(err)
		}
	}
}
