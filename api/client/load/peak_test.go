package load

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestFindPeak: four connections and 4 ms an answer make 1000 a second.
func TestFindPeak(t *testing.T) {
	if testing.Short() {
		t.Skip("long; the load itself has tests of its own")
	}
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, drops(4*time.Millisecond)).options(1, 1)
		o.Connections = 4
		seen := 0
		peak, err := FindPeak(t.Context(), o, PeakOptions{From: 100, Each: func(Report) { seen++ }})
		if err != nil {
			t.Fatal(err)
		}
		if peak.Rate < 900 || peak.Rate > 1025 || peak.Goodput < 980 || peak.Goodput > 1005 || seen != len(peak.Steps) {
			t.Errorf("rate %v, goodput %v, %d of %d steps seen", peak.Rate, peak.Goodput, seen, len(peak.Steps))
		}
	})
}

func TestFindPeakStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, drops(4*time.Millisecond)).options(1, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // in the second step
		defer cancel()
		peak, err := FindPeak(ctx, o, PeakOptions{From: 100})
		if err != nil || len(peak.Steps) != 1 || peak.Rate != 100 {
			t.Errorf("%+v, %v", peak, err)
		}
	})
}
