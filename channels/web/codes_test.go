package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/chat"
)

// TestCodesAreDescribed holds asyncapi.yaml and the code together: every code that can come is described there, and the
// other way round.
func TestCodesAreDescribed(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	description := string(data)
	overHTTP := append(constants(t, "codes.go", "Code"), chat.CodeBadJSON, chat.CodeRateLimited, chat.CodeUnavailable, chat.CodeInternal)
	inFrames := constants(t, "../../chat/error.go", "Code")
	tests := []struct {
		name      string
		code      []string
		described []string
	}{
		{"close codes", constants(t, "codes.go", "Close"), find(section(t, description, "## Close codes"), `(?m)^ *\| (\d{4}) \|`)},
		{"codes over HTTP", overHTTP, find(section(t, description, "## Opening"), "\\d{3}(?: \\|)? `([a-z_]+)`")},
		{"codes of error frames", inFrames, find(section(t, description, "    ErrorCode:"), "(?m)^ *\\| `([a-z_]+)` \\|")},
		{"the enumeration of codes", inFrames, strings.Split(find(description, `enum: \[(bad_json[^\]]*)\]`)[0], ", ")},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(sorted(tt.code), sorted(tt.described)); diff != "" {
			t.Errorf("%s: code (-) and description (+) differ:\n%s", tt.name, diff)
		}
	}
}

// constants are the values of the constants of a file whose names begin with prefix, without their quotes.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) == 0 {
			return true
		}
		values = append(values, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		return true
	})
	return values
}

// section is the text from a heading to the next one of its kind.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, heading)
	if !found {
		t.Fatalf("there is no %q", heading)
	}
	if i := strings.Index(rest, "\n    ## "); i >= 0 && strings.HasPrefix(heading, "## ") {
		rest = rest[:i]
	}
	return rest
}

func find(text, pattern string) []string {
	var all []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

func sorted(values []string) []string {
	set := map[string]bool{}
	for _, v := range values {
		set[v] = true
	}
	return slices.Sorted(maps.Keys(set))
}
