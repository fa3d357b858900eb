package failover

import (
	"testing"
	"time"
)

// TestBackoff: pauses are random up to a bound that doubles, and stays.
func TestBackoff(t *testing.T) {
	for failures, bound := range []time.Duration{firstPause, 2 * firstPause, 4 * firstPause, 8 * firstPause, 2 * time.Second, 2 * time.Second} {
		var most, least time.Duration = 0, time.Hour
		for range 2000 {
			d := Backoff(failures, 2*time.Second)
			most, least = max(most, d), min(least, d)
		}
		if most > bound+1 || most < bound*9/10 || least > bound/10 || least <= 0 {
			t.Errorf("after %d failures %v…%v, want 0…%v", failures, least, most, bound)
		}
	}
	if d := Backoff(1<<30, time.Second); d <= 0 || d > time.Second+1 {
		t.Errorf("after very many failures %v", d)
	}
}
