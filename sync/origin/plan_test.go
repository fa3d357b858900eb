package origin

import (
	"errors"
	"slices"
	"testing"
)

func TestSharesOf(t *testing.T) {
	if got, err := sharesOf([]float64{0.001, 0.05, 0.25}); err != nil || !slices.Equal(got, []int{10, 500, 2500}) {
		t.Errorf("sharesOf = %v, %v", got, err)
	}
	for _, wrong := range [][]float64{{0}, {1}, {-0.1}, {0.5, 0.25}, {0.25, 0.25}, slices.Repeat([]float64{0.5}, maxWaves+1)} {
		if _, err := Open(Options{Dir: t.TempDir(), Plans: map[string]Plan{"main": {Shares: wrong}}}); !errors.Is(err, errShares) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
