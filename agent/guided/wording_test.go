package guided

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentcare/agentcare/prompts"
)

// names of templates as they stand in the source: whole, or a beginning that something is added to ("option-").
var spoken = regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*-?)"`)

// TestWordingIsComplete holds that everything the engine says is in the wording, and everything in the wording is said.
func TestWordingIsComplete(t *testing.T) {
	t.Parallel()
	wording, err := prompts.LoadGuided()
	if err != nil {
		t.Fatal(err)
	}
	known := wording.In("en").Names()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range spoken.FindAllStringSubmatch(string(source), -1) {
			said = append(said, m[1])
		}
		for _, call := range regexp.MustCompile(`t\.(?:say|text|meanwhile|handOff\(ctx,|plain)\("([a-z-]+)"[,)]`).FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains(known, call[1]) {
				t.Errorf("%s says %q, which is not in the wording", file, call[1])
			}
		}
	}
	for _, name := range known {
		if strings.HasPrefix(name, "part-") { // of other templates
			continue
		}
		isSaid := slices.ContainsFunc(said, func(s string) bool {
			return s == name || strings.HasSuffix(s, "-") && strings.HasPrefix(name, s)
		})
		if !isSaid {
			t.Errorf("nothing says %q", name)
		}
	}
}

// TestWordsOfEveryLanguage holds that the word files have every sign that somebody can give, so that no section is mistyped away.
func TestWordsOfEveryLanguage(t *testing.T) {
	t.Parallel()
	for language, optional := range map[string][]sign{"en": nil, "es": {signLatest, signFourth, signAboutIt}} {
		sections, err := readSections(language + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for s, name := range signNames {
			has := slices.ContainsFunc(sections, func(c section) bool { return c.heading == name && len(c.phrases) > 0 })
			if !has && !slices.Contains(optional, sign(s)) {
				t.Errorf("%s.txt has no section [%s]", language, name)
			}
		}
	}
}
