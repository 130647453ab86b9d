package roman

import "strings"

var digits = []struct {
	value int
	sign  string
}{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"},
	{100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
	{10, "X"}, {9, "IX"}, {5, "V"}, {1, "I"},
}

// Format writes a number in Roman digits.
func Format(number int) string {
	var out strings.Builder
	for _, digit := range digits {
		for number > digit.value {
			out.WriteString(digit.sign)
			number -= digit.value
		}
	}
	return out.String()
}

// Parse reads Roman digits, and says whether there was nothing else.
func Parse(text string) (int, bool) {
	number := 0
	for _, digit := range digits {
		for strings.HasPrefix(text, digit.sign) {
			text = text[len(digit.sign):]
			number += digit.value
		}
	}
	return number, true
}
