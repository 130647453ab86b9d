// Package tokens splits a command line into words.
package tokens

import (
	"errors"
	"strings"
)

// ErrQuote is returned where a quote is not closed.
var ErrQuote = errors.New("tokens: a quote is not closed")

// Split gives the words of a line. Quotes hold words together, and a
// backslash takes the next character as it is.
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inside, escaped := false, false
	var quote rune
	for _, char := range line {
		switch {
		case escaped:
			word.WriteRune(char)
			escaped = false
		case char == '\\' && quote != '\'':
			inside, escaped = true, true
		case quote != 0 && char == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(char)
		case char == '"' || char == '\'':
			inside, quote = true, char
		case char == ' ' || char == '\t':
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
		default:
			inside = true
			word.WriteRune(char)
		}
	}
	if quote != 0 {
		return nil, ErrQuote
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}
