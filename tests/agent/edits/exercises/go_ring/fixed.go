package ring

import "errors"

// ErrEmpty is returned when there is nothing to take.
var ErrEmpty = errors.New("ring: empty")

// Ring is a buffer of fixed size that forgets the oldest value.
type Ring struct {
	values []int
	start  int
	count  int
}

// New makes a ring for size values.
func New(size int) *Ring {
	return &Ring{values: make([]int, size)}
}

// Push adds a value and drops the oldest where the ring is full.
func (r *Ring) Push(value int) {
	at := (r.start + r.count) % len(r.values)
	r.values[at] = value
	if r.count == len(r.values) {
		r.start = (r.start + 1) % len(r.values)
		return
	}
	r.count++
}

// Pop takes the oldest value.
func (r *Ring) Pop() (int, error) {
	if r.count == 0 {
		return 0, ErrEmpty
	}
	value := r.values[r.start]
	r.start = (r.start + 1) % len(r.values)
	r.count--
	return value, nil
}

// Sum adds all values.
func (r *Ring) Sum() int {
	sum := 0
	for i := 0; i < r.count; i++ {
		sum += r.values[(r.start+i)%len(r.values)]
	}
	return sum
}
