package clinic

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// MatchPractitioners are those whom an id or a name can mean: "Chen", "maya chen", "Dr. Maya Chen", in any case. A whole
// name beats a part of one. None is an empty list; several leave it to whoever asks.
func (d *Directory) MatchPractitioners(text string) []Practitioner {
	id, err := uuid.Parse(text)
	wanted := nameWords(text)
	var whole, part []Practitioner
	for _, p := range d.Practitioners {
		names := nameWords(p.DisplayName())
		switch {
		case err == nil && p.ID == id, slices.Equal(names, wanted), slices.Equal(nameWords(p.GivenName+" "+p.FamilyName), wanted):
			whole = append(whole, p)
		case len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(names, w) }):
			part = append(part, p)
		}
	}
	if len(whole) > 0 {
		return whole
	}
	return part
}

// ClosestPractitioners are those of the directory whose names come nearest to what somebody typed, the nearest first, at
// most three: for "there is nobody of that name; did you mean ...".
func (d *Directory) ClosestPractitioners(name string) []Practitioner {
	const most = 3
	all := slices.Clone(d.Practitioners)
	slices.SortStableFunc(all, func(a, b Practitioner) int {
		return cmp.Compare(nameDistance(name, a), nameDistance(name, b))
	})
	return all[:min(most, len(all))]
}

// nameWords are the words of a name in lower case, without punctuation.
func nameWords(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
}

// nameDistance is how many letters lie between what was typed and the nearest part of a name, or all of it.
func nameDistance(typed string, p Practitioner) int {
	typed = strings.Join(nameWords(typed), " ")
	least := -1
	for _, name := range []string{p.FamilyName, p.GivenName, p.GivenName + " " + p.FamilyName, p.DisplayName()} {
		if n := editDistance([]rune(typed), []rune(strings.Join(nameWords(name), " "))); least < 0 || n < least {
			least = n
		}
	}
	return least
}

// editDistance is the least number of letters to insert, delete or replace (Levenshtein, 1965).
func editDistance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
