// Package version compares versions such as 1.12.0.
package version

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a version as its three numbers.
type Version struct {
	Major, Minor, Patch int
}

// Parse reads a version; numbers that are not given are 0.
func Parse(text string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	if len(parts) > 3 {
		return Version{}, fmt.Errorf("version %q has %d parts", text, len(parts))
	}
	var numbers [3]int
	for i, part := range parts {
		number, err := strconv.Atoi(part)
		if err != nil || number < 0 {
			return Version{}, fmt.Errorf("version %q: %q is no number", text, part)
		}
		numbers[i] = number
	}
	return Version{numbers[0], numbers[1], numbers[2]}, nil
}

// Less tells whether v comes before other.
func (v Version) Less(other Version) bool {
	if v.Major != other.Major {
		return v.Major < other.Major
	}
	if v.Minor != other.Minor {
		return v.Minor > other.Minor
	}
	return v.Patch < other.Patch
}

func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}
