package tokens

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	words, err := Split(`run "a b"  'c\d' e\ f ""`)
	wanted := []string{"run", "a b", `c\d`, "e f", ""}
	if err != nil || !reflect.DeepEqual(words, wanted) {
		t.Errorf("got %q, %v", words, err)
	}
	if _, err := Split(`"open`); err != ErrQuote {
		t.Errorf("got %v", err)
	}
}
