package agent

import (
	"slices"
	"strings"
)

// Emergency reports whether a patient's message sounds like a medical emergency or like self-harm, in English or Spanish.
// It is asked before any engine, also while a person has taken over. It would rather be wrong than silent: what was long
// ago, what is denied and what somebody only asks about is none, but each of these ends only the sign that it belongs to.
//
// The words are in emergency.en.txt and emergency.es.txt.
func Emergency(text string) bool {
	lex := emergencyWords()
	sentences := emergencySentences(text)
	goesOn := false
	for i, words := range sentences {
		sentences[i] = lex.rewrite(words)
		goesOn = goesOn || len(lex.again.find(sentences[i])) > 0
	}
	return slices.ContainsFunc(sentences, func(words []string) bool { return lex.alarming(words, goesOn) })
}

// alarming reports whether a sign stands in a sentence and nothing cancels it. A thing that goes on is never past.
func (l *emergencyLexicon) alarming(words []string, goesOn bool) bool {
	for _, s := range l.sayings.find(words) {
		for i := s.start; i < s.end; i++ {
			words[i] = taken
		}
	}
	harm, signs := l.selfHarm.find(words), joinOverlapping(l.danger.find(words))
	if len(harm)+len(signs) == 0 {
		return false
	}
	subject := l.subjectOf(words)
	if slices.ContainsFunc(l.undenied(words, harm), func(s span) bool { return !subject(s) }) {
		return true
	}
	past := make([]bool, len(signs))
	if !goesOn {
		past = l.past(words, signs)
	}
	for _, s := range l.undenied(words, signs) {
		if !past[slices.Index(signs, s)] && !subject(s) {
			return true
		}
	}
	return false
}

// joinOverlapping makes one sign of those that share words, "crushing chest" and "chest pain".
func joinOverlapping(spans []span) []span {
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			if last := &out[n-1]; s.end > last.end {
				last.end, last.gap = s.end, s.gap
			} else if s.end == last.end {
				last.gap = last.gap && s.gap
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// undenied leaves out "no chest pain", "my chest doesnt hurt", and what an "or" joins to either, but no sign that is
// itself a "no": not breathing.
func (l *emergencyLexicon) undenied(words []string, signs []span) []span {
	denials := l.denials.find(words)
	deniedAt := func(i int) bool {
		for ; i > 0; i-- {
			if slices.ContainsFunc(denials, func(d span) bool { return d.end == i }) {
				return true
			}
			if !l.fillers[words[i-1]] {
				return false
			}
		}
		return false
	}
	var out []span
	end := -1 // of the last sign that was denied
	for _, s := range signs {
		joined := end >= 0 && s.start == end+1 && l.or[words[end]]
		if !l.negatives[words[s.start]] && (joined || deniedAt(s.start) || s.gap && deniedAt(s.end-1)) {
			end = s.end
			continue
		}
		out = append(out, s)
	}
	return out
}

// past tells which signs are over: those that share words with a phrase like "after my stroke", else the nearest one
// before "last year" in the same clause with what an "and" joins to it, else the nearest one after.
func (l *emergencyLexicon) past(words []string, signs []span) []bool {
	over := make([]bool, len(signs))
	phrases := l.pasts.find(words)
	clauses := l.clauses(words, phrases)
	for _, p := range phrases {
		clause := clauses[p.start]
		before, after, shared := -1, -1, false
		for i, s := range signs {
			switch {
			case s.start < p.end && p.start < s.end:
				over[i], shared = true, true
			case clauses[s.start] != clause:
			case s.end <= p.start:
				before = i
			case after < 0:
				after = i
			}
		}
		switch {
		case shared:
		case before >= 0:
			l.markJoined(words, signs, over, before)
		case after >= 0:
			over[after] = true
		}
	}
	return over
}

// markJoined marks the i-th sign and those before it that are joined to it: "seizures and chest pain last year".
func (l *emergencyLexicon) markJoined(words []string, signs []span, over []bool, i int) {
	over[i] = true
	for ; i > 0; i-- {
		between := signs[i].start - 1
		if signs[i-1].end != between || !l.and[words[between]] && !l.or[words[between]] {
			return
		}
		over[i-1] = true
	}
}

// clauses gives every word the number of its clause. A comma after "last year" at the beginning ends none.
func (l *emergencyLexicon) clauses(words []string, pasts []span) []int {
	out := make([]int, len(words))
	n := 0
	for i, w := range words {
		leading := slices.ContainsFunc(pasts, func(p span) bool { return p.start == 0 && p.end == i })
		and := l.and[w] && i+1 < len(words) && l.starters[words[i+1]]
		if w == comma && !leading || l.turns[w] || and {
			n++
		}
		out[i] = n
	}
	return out
}

// subjectOf tells whether a sign is only what somebody asks about: "do you treat suicidal thoughts", "heart attack prevention".
func (l *emergencyLexicon) subjectOf(words []string) func(span) bool {
	subjects := l.subjects.find(words)
	return func(s span) bool {
		return slices.ContainsFunc(subjects, func(q span) bool {
			if q.start >= s.end {
				return q.start-s.end <= 1 && !slices.Contains(words[s.end:q.start], comma)
			}
			return q.end <= s.start && !slices.ContainsFunc(words[q.end:s.start], func(w string) bool {
				return w == comma || l.persons[w] || l.turns[w]
			})
		})
	}
}

// emergencySentences are the words of a text, sentence by sentence: lower case, without accents and apostrophes. What
// parts a sentence stands in it as a [comma].
func emergencySentences(text string) [][]string {
	var out [][]string
	hard := func(r rune) bool { return strings.ContainsRune(".!?;\n", r) }
	for sentence := range strings.FieldsFuncSeq(strings.ReplaceAll(strings.ReplaceAll(text, "…", ","), "..", ","), hard) {
		var words []string
		soft := func(r rune) bool { return strings.ContainsRune(",:()/—–\"", r) }
		for part := range strings.FieldsFuncSeq(sentence, soft) {
			if len(words) > 0 {
				words = append(words, comma)
			}
			words = append(words, strings.Fields(plainWords(part))...)
		}
		if len(words) > 0 {
			out = append(out, words)
		}
	}
	return out
}
