package stock

import (
	"errors"
	"reflect"
	"testing"
)

func TestStore(t *testing.T) {
	store := New()
	for _, item := range []string{"nut", "bolt", "nut"} {
		if err := store.Put(item, 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Take("bolt", 2); err != nil {
		t.Error(err)
	}
	var wrong *CountError
	if err := store.Take("nut", 5); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if lines := store.List(); !reflect.DeepEqual(lines, []string{"nut: 4"}) {
		t.Errorf("got %q", lines)
	}
}
