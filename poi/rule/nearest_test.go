package rule

import (
	"fmt"
	"testing"

	"geodrop/poi"
)

// The first references that lead to nothing are told what was meant. The names
// are listed once, and beyond a bound compared no more.
func TestNearestIsBounded(t *testing.T) {
	v := newValidation(nil, Options{Rules: All()}, nil)
	for i := range 1000 {
		v.view.Config.Merchants = append(v.view.Config.Merchants, poi.Merchant{ID: poi.MerchantID(fmt.Sprintf("merchant-%d", i))})
	}
	told := func() bool {
		return v.nearestTo(&poi.Reject{Field: "merchant", Code: poi.CodeDangling, Value: "merchand-7"}) == "merchant-7"
	}
	if !told() {
		t.Fatal("nothing is near a misspelt name")
	}
	if n := testing.AllocsPerRun(10, func() { told() }); n > 1 {
		t.Errorf("%v allocations for each misspelt name, want one", n)
	}
	v.nearest.compared = maxCompared - 1000
	if !told() || told() {
		t.Error("the names compared are not bounded")
	}
}
