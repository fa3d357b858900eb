package poi

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
)

var errHalfway = errors.New("halfway")

// counting yields numbers up to n, then the error, if there is one.
func counting(n int, err error) func(context.Context) iter.Seq2[int, error] {
	return func(context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
}

func TestAhead(t *testing.T) {
	all := slices.Collect(func(yield func(int) bool) {
		for i := range 3 * readAhead {
			yield(i)
		}
	})
	tests := []struct {
		name   string
		read   error // behind all
		failAt int   // what do refuses; -1: nothing
		want   error
		done   int
	}{
		{"all", nil, -1, nil, len(all)},
		{"the reader fails", errHalfway, -1, errHalfway, len(all)},
		{"the work fails", nil, 2, errHalfway, 2},
		{"both fail", errors.New("at the end"), 2, errHalfway, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which wants the goroutine to end
				var got []int
				err := Ahead(t.Context(), counting(len(all), tt.read), func(n int) error {
					if n == tt.failAt {
						return errHalfway
					}
					got = append(got, n)
					return nil
				})
				if !errors.Is(err, tt.want) || !slices.Equal(got, all[:tt.done]) {
					t.Errorf("%v after %v, want %v after %v", err, got, tt.want, all[:tt.done])
				}
			})
		})
	}
}

// It reads on while a batch is being worked on, up to a bound, and stops when it
// is told to.
func TestAheadIsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		read := 0
		endless := func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for yield(0, nil) {
					read++
				}
			}
		}
		err := Ahead(ctx, endless, func(int) error {
			synctest.Wait() // until the reader can do no more
			if read != readAhead+1 {
				t.Errorf("%d batches were read while the first one is worked on, want %d", read, readAhead+1)
			}
			stop(errHalfway)
			return nil
		})
		if !errors.Is(err, errHalfway) {
			t.Errorf("it ends with %v", err)
		}
	})
}
