// Package bitset keeps small numbers as bits.
package bitset

import "math/bits"

const wordBits = 64

// Set is a set of numbers from 0 on. The zero value is empty.
type Set struct {
	words []uint64
}

// Add puts a number into the set.
func (s *Set) Add(number int) {
	word := number / wordBits
	for len(s.words) <= word {
		s.words = append(s.words, 0)
	}
	s.words[word] |= 1 << (number % wordBits)
}

// Has tells whether a number is in the set.
func (s *Set) Has(number int) bool {
	word := number / wordBits
	if word >= len(s.words) {
		return false
	}
	return s.words[word]&(1<<(number%wordBits)) != 0
}

// Remove takes a number out of the set.
func (s *Set) Remove(number int) {
	word := number / wordBits
	if word < len(s.words) {
		s.words[word] ^= 1 << (number % wordBits)
	}
}

// Len counts the numbers.
func (s *Set) Len() int {
	count := 0
	for _, word := range s.words {
		count += bits.OnesCount64(word)
	}
	return count
}
