package guided

// openers are signs of single words that tell the language of whoever says nothing else: "hola", "cancelar".
var openers = setOf(signGreet, signHelp, signBook, signMine, signMove, signCancel, signAppointment)

// follow goes on in the language that somebody writes in, where that is another one than the conversation's.
// It reports whether it does.
func (t *talk) follow(text string) bool {
	current := t.vocab
	for _, language := range t.wording.Languages() {
		if language == t.words.Language() {
			continue
		}
		other := t.vocabularies(language, t.clinic)
		if other.lexicon != current.lexicon && other.tells(text, current) {
			t.words, t.language, t.vocab = t.wording.In(language), language, other
			return true
		}
	}
	return false
}

// tells reports whether a text is in this language and not in the current one: it has several words of this one alone,
// and clearly more than of the current one alone. Patients mix languages, and one word is a slip, unless it is all there is.
func (v *vocabulary) tells(text string, current *vocabulary) bool {
	tokens := tokenise(text)
	ours, theirs := 0, 0
	for _, token := range tokens {
		switch {
		case current.offered[token.text]:
		case v.own[token.text] && !current.own[token.text]:
			ours++
		case current.own[token.text] && !v.own[token.text]:
			theirs++
		}
	}
	if ours == 1 && len(tokens) == 1 {
		return v.parse(text).signs.hasAny(openers)
	}
	return ours >= 2 && ours > 2*theirs
}
