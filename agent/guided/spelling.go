package guided

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// speller corrects words that a patient probably mistyped, towards words that tell something.
type speller struct {
	parent *speller          // what it knows is known here too; nil: none
	known  map[string]bool   // words that are right as they are
	short  map[string]string // shorthand and what it stands for
	byHead map[headKey][]string
}

// headKey is what a word and its misspelling have in common: nobody mistypes the first letter of "appointment".
type headKey struct {
	first  byte
	length int
}

func newSpeller(parent *speller) *speller {
	return &speller{parent: parent, known: map[string]bool{}, short: map[string]string{}, byHead: map[headKey][]string{}}
}

// learn makes a word one that is right as it is, and if it tells something, one that others are corrected towards.
func (s *speller) learn(word string, telling bool) {
	if telling && len(word) >= 4 && !hasDigit(word) && isASCII(word) {
		key := headKey{word[0], len(word)}
		if !slices.Contains(s.byHead[key], word) {
			s.byHead[key] = append(s.byHead[key], word)
		}
	}
	s.known[word] = true
}

// knows reports whether a word is right as it is.
func (s *speller) knows(word string) bool {
	return s != nil && (s.known[word] || s.parent.knows(word))
}

// stands is what shorthand stands for, "" for words that are none.
func (s *speller) stands(word string) string {
	if s == nil {
		return ""
	}
	return cmp.Or(s.short[word], s.parent.stands(word))
}

// correct returns the word that is meant, perhaps several words for shorthand, and whether it differs.
func (s *speller) correct(word string) (string, bool) {
	if long := s.stands(word); long != "" {
		return long, true
	}
	if s.knows(word) || hasDigit(word) || !isASCII(word) {
		return word, false
	}
	if squeezed := squeeze(word); squeezed != word {
		if s.knows(squeezed) {
			return squeezed, true
		}
		if double := squeezeTo(word, 2); s.knows(double) {
			return double, true
		}
		word = squeezed
	}
	return s.nearest(word)
}

// nearest is the known word that is closest to a misspelled one, if one is close enough and no other as close.
func (s *speller) nearest(word string) (string, bool) {
	limit := tolerance(len(word))
	if limit == 0 {
		return word, false
	}
	best, bestDistance, tied := "", limit+1, false
	for from := s; from != nil; from = from.parent {
		for length := len(word) - limit; length <= len(word)+limit; length++ {
			for _, candidate := range from.byHead[headKey{word[0], length}] {
				switch d := distance(word, candidate, limit); {
				case d < bestDistance:
					best, bestDistance, tied = candidate, d, false
				case d == bestDistance && d <= limit && candidate != best:
					tied = true
				}
			}
		}
	}
	if best == "" || tied {
		return word, false
	}
	return best, true
}

// tolerance is how many slips are forgiven in a word of so many letters.
func tolerance(length int) int {
	switch {
	case length < 5:
		return 0
	case length < 8:
		return 1
	default:
		return 2
	}
}

// squeeze takes letters that were held down ("yesss", "pleeease") back to one.
func squeeze(word string) string { return squeezeTo(word, 1) }

// squeezeTo shortens runs of three and more of the same letter to n.
func squeezeTo(word string, n int) string {
	var out strings.Builder
	for i := 0; i < len(word); {
		j := i
		for j < len(word) && word[j] == word[i] {
			j++
		}
		run := j - i
		if run > 2 {
			run = n
		}
		for range run {
			out.WriteByte(word[i])
		}
		i = j
	}
	return out.String()
}

// distance is the number of letters inserted, left out, replaced or swapped with their neighbour (optimal string
// alignment) between two words; anything over limit is limit+1.
func distance(a, b string, limit int) int {
	if utf8.RuneCountInString(a) != len(a) || utf8.RuneCountInString(b) != len(b) || len(b) > 40 || len(a) > 40 {
		if a == b {
			return 0
		}
		return limit + 1
	}
	var rows [3][41]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
