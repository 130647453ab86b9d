// Package grid finds ways through a grid of characters.
package grid

// Point is a place in a grid, counted from the upper left.
type Point struct {
	Row, Column int
}

var steps = []Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}}

// Grid is lines of the same length; # is a wall.
type Grid []string

func (g Grid) open(p Point) bool {
	if p.Row < 0 || p.Row >= len(g) {
		return false
	}
	if p.Column < 0 || p.Column >= len(g[p.Row]) {
		return false
	}
	return g[p.Row][p.Column] != '#'
}

// Distance is the number of steps of the shortest way, -1 where there is none.
func (g Grid) Distance(from, to Point) int {
	if !g.open(from) || !g.open(to) {
		return -1
	}
	distance := map[Point]int{from: 0}
	queue := []Point{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == to {
			return distance[at]
		}
		for _, step := range steps {
			next := Point{at.Row + step.Row, at.Column + step.Column}
			if _, seen := distance[next]; seen || !g.open(next) {
				continue
			}
			distance[next] = distance[at] + 1
			queue = append(queue, next)
		}
	}
	return -1
}
