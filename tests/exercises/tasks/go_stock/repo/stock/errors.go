package stock

import "fmt"

// CountError is a number of pieces that cannot be put or taken.
type CountError struct {
	Item  string
	Count int
}

func (e *CountError) Error() string {
	return fmt.Sprintf("%d of %s is not possible", e.Count, e.Item)
}
