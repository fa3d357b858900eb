//go:build amd64 || arm64

package disktest

import (
	"errors"
	"iter"
	"os"
	"syscall"
	"testing"
)

// Sweep says how closely a test looks at operations that fail.
type Sweep struct {
	// Stride is from one operation that fails to the next, and one with GEODROP_LONG.
	// Default: every one fails, always.
	Stride int
	Ends   int // attempts that have to end with an error, at least
}

func (s Sweep) stride() int {
	if s.Stride == 0 || os.Getenv("GEODROP_LONG") != "" {
		return 1
	}
	return s.Stride
}

// Attempt is at what is done to files, while an operation fails.
type Attempt struct {
	N       int           // operation that fails
	Errno   syscall.Errno // it fails with
	Lasting bool          // and all after it that take space
	Failed  []string      // what did, once Fail has returned

	t      testing.TB
	faults *Faults
	ended  bool
}

// Sweep runs a test on a disk that is full from some operation on, and on one where
// a single operation fails. It gets attempts, in each of which a later operation
// fails than in the one before, up to the first in which none does.
func (f *Faults) Sweep(t *testing.T, s Sweep, test func(t *testing.T, attempts iter.Seq[*Attempt])) {
	t.Helper()
	for name, kind := range map[string]Attempt{
		"full disk": {Errno: syscall.ENOSPC, Lasting: true},
		"EIO":       {Errno: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			ended := 0
			kind.t, kind.faults = t, f
			test(t, func(yield func(*Attempt) bool) {
				for n, a := 1, kind; ; n += s.stride() {
					a.N, a.Failed, a.ended = n, nil, false
					on := yield(&a)
					if a.ended {
						ended++
					}
					if !on || len(a.Failed) == 0 {
						return
					}
				}
			})
			if t.Logf("%d attempts ended", ended); ended < s.Ends {
				t.Errorf("%d attempts ended, want %d or more", ended, s.Ends)
			}
		})
	}
}

// Fail acts while the operation on the files below a folder fails. What that ends
// with has to be the reason.
func (a *Attempt) Fail(dir string, act func() error) error {
	a.t.Helper()
	a.faults.Fail(dir, a.N, a.Errno, a.Lasting)
	err := act()
	a.Failed = a.faults.End()
	a.ended = err != nil
	if a.ended && (!errors.Is(err, a.Errno) || len(a.Failed) == 0) {
		a.t.Fatalf("%q: it ends with %v", a.Failed, err)
	}
	return err
}
