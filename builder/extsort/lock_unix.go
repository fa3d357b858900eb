//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package extsort

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// locksHold says that a lock keeps others out.
const locksHold = true

// lockFile takes an exclusive lock that ends with the open file, however the
// process ends. It does not wait.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
