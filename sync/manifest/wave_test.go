package manifest

import (
	"errors"
	"fmt"
	"testing"
)

func waving() Pointer {
	return Pointer{
		Channel: "main", Version: 7, Release: "r1-01234567", Sequence: 1, Manifest: Object{digest("a"), 10}, Returned: true,
		Wave: Wave{Release: "r2-01234567", Sequence: 2, Manifest: Object{digest("b"), 20}, Share: 500},
	}
}

// TestWaveHolds: the share of nodes that is meant is in a wave, whoever is in a
// small one is in each larger one, and a node without a name is in none.
func TestWaveHolds(t *testing.T) {
	const nodes = 10_000
	before := map[string]bool{}
	for _, share := range []int{100, 500, 2500, WholeFleet} {
		in := map[string]bool{}
		for i := range nodes {
			if name := fmt.Sprintf("node-%d:8080", i); (Wave{Share: share}).Holds(name) {
				in[name] = true
			}
		}
		if got := len(in); got < share*4/5 || got > share*6/5 {
			t.Errorf("%d of %d nodes are in a wave of %d", got, nodes, share)
		}
		for name := range before {
			if !in[name] {
				t.Errorf("%s is no longer in the wave of %d", name, share)
			}
		}
		before = in
	}
	if (Wave{Share: WholeFleet}).Holds("") {
		t.Error("a node without a name is in a wave")
	}
}

func TestPointerFor(t *testing.T) {
	p := waving()
	p.Wave.Share = WholeFleet
	got := p.For("a")
	if got.Release != "r2-01234567" || got.Sequence != 2 || got.Manifest != p.Wave.Manifest || got.Returned || got.Wave.Release != p.Release {
		t.Errorf("For = %+v", got)
	}
	if other := p.For(""); other != p {
		t.Errorf("For a node without a name = %+v", other)
	}
	for _, q := range []Pointer{p, got} {
		if !q.Names(p.Manifest) || !q.Names(p.Wave.Manifest) || q.Names(Object{digest("c"), 10}) {
			t.Errorf("%+v names other manifests", q)
		}
	}
}

func TestWaveIsChecked(t *testing.T) {
	good := waving()
	b, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ParsePointer(b); err != nil || p != good {
		t.Errorf("ParsePointer = %+v, %v", p, err)
	}
	for name, damage := range map[string]func(*Wave){
		"no release":    func(w *Wave) { w.Release = "" },
		"no share":      func(w *Wave) { w.Share = 0 },
		"more than all": func(w *Wave) { w.Share = WholeFleet + 1 },
		"no digest":     func(w *Wave) { w.Manifest.Digest = "x" },
		"no bytes":      func(w *Wave) { w.Manifest.Bytes = 0 },
	} {
		p := good
		damage(&p.Wave)
		if _, err := p.Encode(); !errors.Is(err, ErrPointer) {
			t.Errorf("%s: %v, want ErrPointer", name, err)
		}
	}
}
