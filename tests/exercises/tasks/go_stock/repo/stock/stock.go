// Package stock counts what lies in a store.
package stock

import (
	"fmt"
	"sort"
)

// Store has a number for each item.
type Store struct {
	counts map[string]int
}

// New makes an empty store.
func New() *Store {
	return &Store{counts: map[string]int{}}
}

// Put adds some of an item.
func (s *Store) Put(item string, count int) error {
	if count <= 0 {
		return &CountError{item, count}
	}
	s.counts[item] += count
	return nil
}

// Take removes some of an item; where there are too few nothing is changed.
func (s *Store) Take(item string, count int) error {
	if count <= 0 || count >= s.counts[item] {
		return &CountError{item, count}
	}
	s.counts[item] -= count
	if s.counts[item] == 0 {
		delete(s.counts, item)
	}
	return nil
}

// List gives a line for each item, in order.
func (s *Store) List() []string {
	lines := make([]string, 0, len(s.counts))
	for item, count := range s.counts {
		lines = append(lines, fmt.Sprintf("%s: %d", item, count))
	}
	sort.Strings(lines)
	return lines
}
