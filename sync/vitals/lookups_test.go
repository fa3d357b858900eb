package vitals

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestLookups(t *testing.T) {
	earlier := Lookups{Answers: 10, Empty: 1, Took: Times{0, 4, 6}}
	later := Lookups{Answers: 30, Empty: 6, Took: Times{0, 4, 16, 10}}
	since := Lookups{Answers: 20, Empty: 5, Took: Times{0, 0, 10, 10}}
	plus := func(a, b Lookups) (sum Lookups) {
		sum.Add(a)
		sum.Add(b)
		return sum
	}
	for name, tt := range map[string]struct{ got, want Lookups }{
		"since":            {later.Since(earlier), since},
		"plus":             {plus(earlier, since), later},
		"since itself":     {later.Since(later), Lookups{}},
		"since a later":    {earlier.Since(later), Lookups{}},
		"since nothing":    {later.Since(Lookups{}), later},
		"plus what is not": {plus(Lookups{}, Lookups{}), Lookups{}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, tt.got, tt.want)
		}
	}
	if got := since.EmptyShare(); got != 0.25 {
		t.Errorf("a share of %v is empty", got)
	}
	if got := (Lookups{}).EmptyShare(); got != 0 {
		t.Errorf("a share of %v of nothing is empty", got)
	}
}

// TestCheck: what nobody can have counted is refused, also what is no number of
// something.
func TestCheck(t *testing.T) {
	for body, ok := range map[string]bool{
		`{}`: true, `{"answers":9,"empty":9,"took":[1,2]}`: true,
		`{"answers":9,"empty":10}`: false, `{"answers":-1}`: false, `{"answers":1.5}`: false,
		`{"answers":2199023255552}`: false, `{"answers":0,"took":[18446744073709551615]}`: false,
	} {
		var l Lookups
		err := json.Unmarshal([]byte(body), &l)
		if err == nil {
			err = l.Check()
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
	if (Lookups{Took: slices.Repeat(Times{0}, buckets)}).Check() != nil || (Lookups{Took: slices.Repeat(Times{0}, buckets+1)}).Check() == nil {
		t.Error("so many buckets are not what there is")
	}
}
