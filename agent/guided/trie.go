package guided

// trie finds phrases in a row of tokens. What a phrase means is a T; one phrase can mean several.
type trie[T any] struct {
	next     map[string]*trie[T]
	meanings []T
}

// add makes the words mean something.
func (t *trie[T]) add(words []string, meaning T) {
	if len(words) == 0 {
		return
	}
	node := t
	for _, w := range words {
		child := node.next[w]
		if child == nil {
			child = &trie[T]{}
			if node.next == nil {
				node.next = map[string]*trie[T]{}
			}
			node.next[w] = child
		}
		node = child
	}
	node.meanings = append(node.meanings, meaning)
}

// longest finds the longest phrase that begins at tokens[0], and how many tokens it has; 0 when none does.
func (t *trie[T]) longest(tokens []token) (meanings []T, n int) {
	node := t
	for i, tok := range tokens {
		if node = node.next[tok.text]; node == nil {
			break
		}
		if len(node.meanings) > 0 {
			meanings, n = node.meanings, i+1
		}
	}
	return meanings, n
}
