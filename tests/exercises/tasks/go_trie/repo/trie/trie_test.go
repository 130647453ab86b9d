package trie

import "testing"

func TestTrie(t *testing.T) {
	var trie Trie
	for _, word := range []string{"car", "cart", "dog"} {
		trie.Insert(word)
	}
	if !trie.Has("car") || trie.Has("ca") || trie.Has("cat") {
		t.Error("Has is wrong")
	}
	if trie.Count("car") != 2 || trie.Count("") != 3 || trie.Count("x") != 0 {
		t.Error("Count is wrong")
	}
}
