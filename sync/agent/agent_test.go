package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

func TestFollowsTheChannel(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	a, _ := start(t, quick(t, n, upstreamtest.Listen(t, o)))
	first := publish(t, o, 1, "a", "b") // after the agent has begun to wait
	n.await(t, first.ID)
	second := publish(t, o, 2, "a", "c")
	n.await(t, second.ID)
	until(t, a, "settled", func(s Status) bool { return s.Release == second.ID && s.Fetching == "" })
	shared := first.Segments[0].FileName(".seg")
	was, err := os.Stat(filepath.Join(a.shelf.path(first.ID), shared))
	must(t, err)
	is, err := os.Stat(filepath.Join(a.shelf.path(second.ID), shared))
	must(t, err)
	if !os.SameFile(was, is) {
		t.Error("the segment that both releases have is there twice")
	}
	s := a.Status()
	want := first.Bytes() + second.Bytes() - first.Segments[0].Bytes - first.Areas.Bytes
	for _, m := range []*manifest.Manifest{first, second} {
		b, _, err := m.File()
		must(t, err)
		want += int64(len(b))
	}
	if s.Fetched != want || s.Class != "" || s.LastContact.IsZero() || s.Upstream == "" {
		t.Errorf("status %+v, want %d bytes fetched and no error", s, want)
	}
	if !slices.Equal(n.served, []string{first.ID, second.ID}) {
		t.Errorf("served %q", n.served)
	}
}
