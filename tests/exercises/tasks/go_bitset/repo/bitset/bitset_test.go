package bitset

import "testing"

func TestSet(t *testing.T) {
	var set Set
	for _, number := range []int{3, 64, 200} {
		set.Add(number)
	}
	set.Remove(64)
	set.Remove(65)
	set.Remove(1000)
	if set.Len() != 2 || !set.Has(3) || set.Has(64) || set.Has(65) || !set.Has(200) {
		t.Errorf("the set has %d numbers", set.Len())
	}
}
