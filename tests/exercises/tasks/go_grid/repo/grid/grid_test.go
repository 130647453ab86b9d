package grid

import "testing"

func TestDistance(t *testing.T) {
	grid := Grid{
		"....",
		".##.",
		"....",
		"####",
		"....",
	}
	if found := grid.Distance(Point{2, 0}, Point{2, 3}); found != 3 {
		t.Errorf("got %d", found)
	}
	if found := grid.Distance(Point{0, 0}, Point{2, 3}); found != 5 {
		t.Errorf("got %d", found)
	}
	if found := grid.Distance(Point{0, 0}, Point{4, 0}); found != -1 {
		t.Errorf("got %d", found)
	}
	open := Grid{"...", "...", "..."}
	if found := open.Distance(Point{0, 0}, Point{2, 0}); found != 2 {
		t.Errorf("got %d", found)
	}
}
