package ring

import "errors"

// ErrEmpty is returned when there is nothing to take.
var ErrEmpty = errors.New("ring: empty")

// Ring keeps the last values that were put into it.
type Ring struct {
	values []int
	first  int
	count  int
}

// New makes a ring for size values.
func New(size int) *Ring {
	return &Ring{values: make([]int, size)}
}

// Put adds a value; the oldest one goes when the ring is full.
func (r *Ring) Put(value int) {
	if r.count == len(r.values) {
		r.values[r.first] = value
		r.first = (r.first + 1) % len(r.values)
		return
	}
	r.values[(r.first+r.count)%len(r.values)] = value
	r.count++
}

// Take removes the oldest value.
func (r *Ring) Take() (int, error) {
	if r.count == 0 {
		return 0, ErrEmpty
	}
	value := r.values[r.first]
	r.first = (r.first + 1) % len(r.values)
	r.count--
	return value, nil
}

// All lists the values, the oldest first.
func (r *Ring) All() []int {
	all := make([]int, 0, r.count)
	for i := 0; i < r.count; i++ {
		all = append(all, r.values[(r.first+i)%len(r.values)])
	}
	return all
}
