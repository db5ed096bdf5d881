package guided

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed words/*.txt
var wordFiles embed.FS

// section is a part of a word file: its heading and its phrases.
type section struct {
	heading string
	phrases []string
}

// readSections reads a word file. Lines that begin with # are comments.
func readSections(name string) ([]section, error) {
	text, err := wordFiles.ReadFile("words/" + name)
	if err != nil {
		return nil, fmt.Errorf("reading words: %w", err)
	}
	var sections []section
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			sections = append(sections, section{heading: line[1 : len(line)-1]})
		case len(sections) == 0:
			return nil, fmt.Errorf("reading words: %s line %d: a phrase before the first [section]", name, n+1)
		default:
			last := &sections[len(sections)-1]
			last.phrases = append(last.phrases, line)
		}
	}
	return sections, nil
}

// expand turns a phrase of a word file into the word sequences that it stands for: "a|b" is either word, "a|b?" either or neither.
func expand(phrase string) [][]string {
	sequences := [][]string{nil}
	for word := range strings.FieldsSeq(phrase) {
		alternatives, optional := strings.CutSuffix(word, "?")
		var next [][]string
		for _, sequence := range sequences {
			if optional {
				next = append(next, sequence)
			}
			for alternative := range strings.SplitSeq(alternatives, "|") {
				next = append(next, append(slices.Clone(sequence), wordsOf(alternative)...))
			}
		}
		sequences = next
	}
	return sequences
}

// wordsOf is text as the tokeniser sees it.
func wordsOf(text string) []string {
	var words []string
	for _, t := range tokenise(text) {
		words = append(words, t.text)
	}
	return words
}
