package vitals

import (
	"testing"
	"time"
)

// TestWindow: what is recent is five to ten minutes old, or of since the cut.
func TestWindow(t *testing.T) {
	var w Window
	begun := time.Unix(1e9, 0)
	at := func(minute int) uint64 { // ten lookups a minute, of which 100 were before
		return w.Recent(begun.Add(time.Duration(minute)*time.Minute), Lookups{Answers: uint64(100 + 10*minute)}).Answers
	}
	for _, step := range []struct {
		minute int
		want   uint64
	}{{0, 0}, {3, 30}, {5, 50}, {9, 90}, {10, 50}, {14, 90}, {15, 50}} {
		if got := at(step.minute); got != step.want {
			t.Errorf("after %d min %d are recent, want %d", step.minute, got, step.want)
		}
	}
	w.Cut(begun.Add(16*time.Minute), Lookups{Answers: 260})
	if got := at(18); got != 20 {
		t.Errorf("two minutes after the cut %d are recent", got)
	}
}
