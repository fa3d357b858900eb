package origin

import (
	"fmt"
	"slices"
	"testing"
)

// history is an origin whose channel went through three releases.
func history(t *testing.T, o Options) (*Origin, []string) {
	t.Helper()
	s := open(t, o)
	var names []string
	for n := range 3 {
		m, _ := publish(t, s, uint64(n+1), fmt.Sprint("segment ", n))
		names = append(names, m.ID)
	}
	return s, names
}

func at(t *testing.T, o *Origin, want string) {
	t.Helper()
	if p, _ := o.Pointer("main"); p.Release != want {
		t.Errorf("the channel is at %s, want %s", p.Release, want)
	}
}

// republish publishes a release that is there already.
func republish(t *testing.T, o *Origin, sequence uint64, segment string) {
	t.Helper()
	dir := t.TempDir()
	seal(t, dir, sequence, segment)
	_, err := o.Publish(t.Context(), dir, Publication{Older: true})
	must(t, err)
}

// TestWayBackIsKept: whatever is published elsewhere, the release to go back to
// stays, and the one that follows the pin.
func TestWayBackIsKept(t *testing.T) {
	o, before := history(t, Options{Keep: 1})
	_, err := o.Pin("main", true)
	must(t, err)
	next, _ := publish(t, o, 4, "next")
	for n := range 5 {
		dir := t.TempDir()
		seal(t, dir, uint64(10+n), fmt.Sprint("other ", n))
		_, err := o.Publish(t.Context(), dir, Publication{Channel: "canary"})
		must(t, err)
	}
	for _, id := range []string{before[1], before[2], next.ID} {
		if !slices.Contains(ids(o), id) {
			t.Errorf("release %s is gone, there are %v", id, ids(o))
		}
	}
	if slices.Contains(ids(o), before[0]) || len(ids(o)) != 5 {
		t.Errorf("there are %v: want three of main and two of canary", ids(o))
	}
}
