package patch_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/golang/snappy"

	"geodrop/sync/patch"
)

// FuzzApply reads any steps behind a header that fits.
func FuzzApply(f *testing.F) {
	g := newGrid(f)
	from := split(f, g, town(50), 1)
	changed := town(60)
	delete(changed, 7)
	_, to := segment(f, g, changed)
	p, _ := makePatch(f, g, from, to)
	headerSize := 52 + 32*len(from)
	steps, err := io.ReadAll(snappy.NewReader(bytes.NewReader(p[headerSize:])))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(steps)
	f.Add([]byte{0, 1, 4})
	f.Fuzz(func(t *testing.T, fuzzed []byte) {
		var b bytes.Buffer
		b.Write(p[:headerSize])
		w := snappy.NewBufferedWriter(&b)
		if _, err := w.Write(fuzzed); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		err := patch.Apply(io.Discard, g, from, to.Object, &b)
		if err != nil && !errors.Is(err, patch.ErrCorrupt) && !errors.Is(err, patch.ErrOther) {
			t.Fatalf("Apply = %v, want ErrCorrupt or ErrOther", err)
		}
	})
}
