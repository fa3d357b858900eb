package origin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// TestRollback: a channel goes back step by step; what it left comes back by
// being promoted alone, also in another process.
func TestRollback(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	var ids []string
	for n := range 3 {
		m, _ := publish(t, o, uint64(n+1), fmt.Sprint("segment ", n))
		ids = append(ids, m.ID)
	}
	before, _ := o.Pointer("main")
	p, err := o.Rollback("main")
	if err != nil || p.Release != ids[1] || !p.Returned || p.Version <= before.Version {
		t.Errorf("Rollback = %+v, %v", p, err)
	}
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	must(t, o.Close())

	o = open(t, Options{Dir: dir})
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	_, err = o.Rollback("main")
	must(t, err)
	at(t, o, ids[0])
	if _, err := o.Rollback("main"); !errors.Is(err, ErrNoneBefore) {
		t.Errorf("Rollback = %v, want ErrNoneBefore", err)
	}
	m, _ := publish(t, o, 4, "new")
	at(t, o, m.ID) // the next release is served
	_, err = o.Promote("main", ids[2])
	must(t, err)
	at(t, o, ids[2])
	_, err = o.Promote("main", m.ID)
	must(t, err)
	republish(t, o, 4, "new")
	at(t, o, m.ID)
	if _, err := o.Promote("main", "r9-00000000"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Promote = %v, want ErrUnknown", err)
	}
	if _, err := o.Rollback("other"); !errors.Is(err, ErrNoneBefore) {
		t.Errorf("Rollback of no channel = %v, want ErrNoneBefore", err)
	}
}

// TestPin: a channel that is pinned stays; afterwards it goes to what was
// published last.
func TestPin(t *testing.T) {
	o, ids := history(t, Options{})
	_, err := o.Pin("main", true)
	must(t, err)
	publish(t, o, 4, "d")
	m, p := publish(t, o, 5, "e")
	if p.Release != ids[2] {
		t.Errorf("Publish tells of %s, want %s", p.Release, ids[2])
	}
	at(t, o, ids[2])
	if s := o.State().Channels[0]; !s.Pinned || s.Next != m.ID || s.Before != ids[1] {
		t.Errorf("state %+v", s)
	}
	p, err = o.Pin("main", false)
	if err != nil || p.Release != m.ID {
		t.Errorf("Pin = %+v, %v", p, err)
	}
	if _, err := o.Pin("other", true); !errors.Is(err, ErrUnknown) {
		t.Errorf("Pin of no channel = %v, want ErrUnknown", err)
	}
}

// TestMarkBad: channels leave a bad release at once, and never come back.
func TestMarkBad(t *testing.T) {
	o, ids := history(t, Options{})
	_, err := o.Promote("canary", ids[2])
	must(t, err)
	_, err = o.Promote("canary", ids[0])
	must(t, err)
	moved, err := o.MarkBad(ids[2], strings.Repeat("x", 2*maxReason))
	if err != nil || len(moved) != 1 || moved[0].Channel != "main" || moved[0].Release != ids[1] {
		t.Errorf("MarkBad = %+v, %v", moved, err)
	}
	if bad := o.State().Releases[2].Bad; bad == nil || len(bad.Reason) != maxReason {
		t.Errorf("state of the bad release %+v", bad)
	}
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	if _, err := o.Promote("main", ids[2]); !errors.Is(err, ErrBad) {
		t.Errorf("Promote = %v, want ErrBad", err)
	}
	if _, err := o.MarkBad("r9-00000000", ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("MarkBad = %v, want ErrUnknown", err)
	}
	moved, err = o.MarkBad(ids[0], "")
	if !errors.Is(err, ErrNoneBefore) || len(moved) != 0 || !strings.Contains(err.Error(), "channel canary is at release "+ids[0]) {
		t.Errorf("MarkBad with nothing to go back to = %+v, %v", moved, err)
	}
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
