// Package trie finds words by how they begin.
package trie

// Trie is a set of words. The zero value is empty.
type Trie struct {
	children map[rune]*Trie
	word     bool
}

// Insert puts a word into the set.
func (t *Trie) Insert(word string) {
	node := t
	for _, char := range word {
		if node.children == nil {
			node.children = map[rune]*Trie{}
		}
		child, found := node.children[char]
		if !found {
			child = &Trie{}
			node.children[char] = child
		}
		node = child
	}
	node.word = true
}

func (t *Trie) find(prefix string) *Trie {
	node := t
	for _, char := range prefix {
		child, found := node.children[char]
		if !found {
			return nil
		}
		node = child
	}
	return node
}

// Has tells whether a word is in the set.
func (t *Trie) Has(word string) bool {
	node := t.find(word)
	return node != nil && node.word
}

// Count counts the words that begin with a prefix.
func (t *Trie) Count(prefix string) int {
	node := t.find(prefix)
	if node == nil {
		return 0
	}
	count := 0
	if node.word {
		count = 1
	}
	for _, child := range node.children {
		count += child.Count("")
	}
	return count
}
