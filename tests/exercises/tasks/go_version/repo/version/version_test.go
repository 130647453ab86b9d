package version

import "testing"

func TestLess(t *testing.T) {
	for _, pair := range [][2]string{{"1.9", "1.12"}, {"v1.2.3", "1.2.4"}, {"1.9.9", "2"}} {
		older, err := Parse(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		newer, err := Parse(pair[1])
		if err != nil {
			t.Fatal(err)
		}
		if !older.Less(newer) || newer.Less(older) {
			t.Errorf("%v is to be less than %v", older, newer)
		}
	}
	if _, err := Parse("1.x"); err == nil {
		t.Error("1.x was taken")
	}
}
