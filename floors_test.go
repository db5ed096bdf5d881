// Package agentcare_test holds the layout of the project: which package may import which.
package agentcare_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/agentcare/agentcare"

// A unit is a package with the packages below it, which may import each other.
// It imports units on lower floors, and the edges that it names on its own floor.
type unit struct {
	floor int
	edges []string // units of the same floor that it may import
	never []string // units of lower floors that it may not import
	only  []string // when set, the only units that may import this one
	std   bool     // imports the standard library alone
}

// testHelpers serve tests, and the development server that cmd starts.
var testHelpers = []string{"cmd"}

// adapters are what tools and the engines above them know nothing of: cmd wires them.
var adapters = []string{"agent/ollama", "channels/devphone", "channels/email", "channels/ical", "channels/sms", "channels/web", "store/postgres", "store/redis", "worker"}

// floors is the table of ARCHITECTURE.md; .golangci.yml has the same rules for depguard, which tells them while one types.
// A package belongs to the unit with the longest path that it lies in.
var floors = map[string]unit{
	"keyring":   {floor: 0, std: true},
	"localtime": {floor: 0, std: true},

	"chat":       {floor: 1},
	"clinic":     {floor: 1},
	"migrations": {floor: 1},
	"prompts":    {floor: 1},
	"timex":      {floor: 1, only: []string{"tools", "agent/guided", "cmd"}},
	"web":        {floor: 1, only: []string{"channels/web", "console", "cmd"}},

	"agent":             {floor: 2, never: []string{"clinic", "migrations"}},
	"agent/ollama":      {floor: 2, edges: []string{"agent"}, never: []string{"clinic", "migrations"}},
	"channels/devphone": {floor: 2, only: []string{"cmd"}},
	"channels/email":    {floor: 2},
	"channels/ical":     {floor: 2},
	"channels/sms":      {floor: 2},
	"channels/web":      {floor: 2},
	"store/postgres":    {floor: 2},
	"store/redis":       {floor: 2},
	"worker":            {floor: 2, edges: []string{"agent"}},

	"tools":                   {floor: 3, never: adapters},
	"agent/agenttest":         {floor: 3, only: testHelpers},
	"channels/sms/twiliotest": {floor: 3, only: testHelpers},
	"store/storetest":         {floor: 3, only: testHelpers},

	"agent/guided": {floor: 4, never: adapters},

	"console":     {floor: 5},
	"prompts/lab": {floor: 5},

	"cmd": {floor: 6},
}

// TestFloors holds the tree to the table.
func TestFloors(t *testing.T) {
	t.Parallel()

	breaches, err := checkFloors(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range breaches {
		t.Error(breach)
	}
}

// TestCheckFloorsFindsPlantedBreaches shows that the check above can fail, once for each kind of rule.
func TestCheckFloorsFindsPlantedBreaches(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name    string
		file    string
		imports []string
		want    []string
	}{
		{"a lower floor", "worker/turns.go", []string{"chat", "localtime"}, nil},
		{"a higher floor", "chat/x.go", []string{"worker"}, []string{"chat/x.go: chat (floor 1) may not import worker (floor 2)"}},
		{"the same floor", "clinic/x.go", []string{"chat"}, []string{"clinic/x.go: clinic (floor 1) may not import chat (floor 1)"}},
		{"an edge", "worker/turns.go", []string{"agent"}, nil},
		{"an edge backwards", "agent/x.go", []string{"agent/ollama"}, []string{"agent/x.go: agent (floor 2) may not import agent/ollama (floor 2)"}},
		{"within a unit", "store/postgres/x.go", []string{"store/postgres/db"}, nil},
		{"a forbidden lower floor", "agent/x.go", []string{"clinic"}, []string{"agent/x.go: agent (floor 2) may not import clinic (floor 1)"}},
		{"tools and a store", "tools/x.go", []string{"agent", "store/redis"}, []string{"tools/x.go: tools (floor 3) may not import store/redis (floor 2)"}},
		{"a guest list", "worker/x.go", []string{"timex"}, []string{"worker/x.go: timex may be imported by tools, agent/guided, cmd only"}},
		{"on the guest list", "cmd/agentcare/x.go", []string{"timex", "store/storetest", "web"}, nil},
		{"a test helper", "console/x.go", []string{"agent/agenttest"}, []string{"console/x.go: agent/agenttest may be imported by cmd only"}},
		{"a test", "chat/x_test.go", []string{"store/storetest", "worker"}, nil},
		{"a library on the ground floor", "localtime/x.go", []string{"golang.org/x/text/language"}, []string{"localtime/x.go: localtime uses the standard library alone, and imports golang.org/x/text/language"}},
		{"a library elsewhere", "chat/x.go", []string{"golang.org/x/text/language"}, nil},
		{"no floor", "util/x.go", nil, []string{"util/x.go: package util has no floor; give it one in floors_test.go and .golangci.yml"}},
		{"importing what has no floor", "worker/x.go", []string{"util"}, []string{"worker/x.go: imports util, which has no floor"}},
		{"not ours", "web/node_modules/x/x.go", []string{"worker"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := checkFloors(fstest.MapFS{tt.file: {Data: goFile(tt.imports)}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}

// goFile is a Go file with these imports, ours without the module's path.
func goFile(imports []string) []byte {
	var b strings.Builder
	b.WriteString("package x\n")
	for _, name := range imports {
		if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
			name = path.Join(module, name)
		}
		fmt.Fprintf(&b, "import _ %q\n", name)
	}
	return []byte(b.String())
}

// checkFloors returns what breaks the table in the tree, in the order of the files. Test files may import what they like.
func checkFloors(tree fs.FS) ([]string, error) {
	var breaches []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && isIgnored(entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Dir(name) == "." || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		imports, err := importsOf(tree, name)
		if err != nil {
			return err
		}
		breaches = append(breaches, fileBreaches(name, imports)...)
		return nil
	})
	return breaches, err
}

// isIgnored says whether a folder holds no package of ours.
func isIgnored(dir string) bool {
	return strings.HasPrefix(dir, ".") || dir == "node_modules" || dir == "testdata" || dir == "bin"
}

func importsOf(tree fs.FS, name string) ([]string, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, fmt.Errorf("reading imports: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("reading imports: %w", err)
	}
	imports := make([]string, 0, len(file.Imports))
	for _, spec := range file.Imports {
		value, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("reading imports of %s: %w", name, err)
		}
		imports = append(imports, value)
	}
	return imports, nil
}

// fileBreaches judges the imports of one file.
func fileBreaches(name string, imports []string) []string {
	from := unitOf(path.Dir(name))
	if from == "" {
		return []string{fmt.Sprintf("%s: package %s has no floor; give it one in floors_test.go and .golangci.yml", name, path.Dir(name))}
	}
	var breaches []string
	for _, value := range imports {
		if breach := importBreach(from, value); breach != "" {
			breaches = append(breaches, name+": "+breach)
		}
	}
	return breaches
}

// importBreach says what is wrong with a unit's import, or nothing.
func importBreach(from, value string) string {
	ours, isOurs := strings.CutPrefix(value, module+"/")
	if !isOurs {
		if first, _, _ := strings.Cut(value, "/"); floors[from].std && strings.Contains(first, ".") {
			return fmt.Sprintf("%s uses the standard library alone, and imports %s", from, value)
		}
		return ""
	}
	to := unitOf(ours)
	switch {
	case to == "":
		return fmt.Sprintf("imports %s, which has no floor", ours)
	case to == from:
		return ""
	case floors[to].only != nil && !slices.Contains(floors[to].only, from):
		return fmt.Sprintf("%s may be imported by %s only", to, strings.Join(floors[to].only, ", "))
	case floors[to].floor >= floors[from].floor && !slices.Contains(floors[from].edges, to),
		slices.Contains(floors[from].never, to):
		return fmt.Sprintf("%s (floor %d) may not import %s (floor %d)", from, floors[from].floor, to, floors[to].floor)
	}
	return ""
}

// unitOf returns the unit that a package lies in, or nothing.
func unitOf(dir string) string {
	for dir != "." {
		if _, ok := floors[dir]; ok {
			return dir
		}
		dir = path.Dir(dir)
	}
	return ""
}
