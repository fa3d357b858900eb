package manifest

import (
	"errors"
	"testing"
)

func TestWithLatest(t *testing.T) {
	gone := errors.New("an object is gone")
	tests := []struct {
		name     string
		replaced int // by a newer release while do runs, so many times
		failing  int // calls of do that fail
		calls    int
		want     error
	}{
		{"quiet", 0, 0, 1, nil},
		{"damaged", 0, 99, 1, gone},
		{"replaced unnoticed", 1, 0, 1, nil},
		{"replaced", 1, 1, 2, nil},
		{"replaced twice", 2, 2, 3, nil},
		{"replaced and damaged", 2, 99, 3, gone},
		{"replaced to the bound", attempts - 1, attempts - 1, attempts, nil},
		{"replaced without end", 99, 99, attempts, gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			sequence, empty := uint64(1), Object{Digest: digest("0")}
			seal := func() {
				m, err := (&Manifest{Sequence: sequence, Areas: empty, Catalog: empty}).Sealed()
				if err == nil {
					err = Write(dir, m)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			seal()
			calls := 0
			err := WithLatest(dir, func(m *Manifest) error {
				calls++
				if m.Sequence != sequence {
					t.Errorf("call %d gets release %d, the latest is %d", calls, m.Sequence, sequence)
				}
				if calls <= tt.replaced {
					sequence++
					seal()
				}
				if calls <= tt.failing {
					return gone
				}
				return nil
			})
			if !errors.Is(err, tt.want) || calls != tt.calls {
				t.Errorf("%v after %d calls, want %v after %d", err, calls, tt.want, tt.calls)
			}
		})
	}
}

func TestWithLatestOfNothing(t *testing.T) {
	err := WithLatest(t.TempDir(), func(*Manifest) error { t.Error("called without a release"); return nil })
	if !errors.Is(err, ErrNone) {
		t.Errorf("WithLatest = %v, want ErrNone", err)
	}
}
