package builder

import (
	"errors"
	"syscall"
)

// noRoom reports whether the disk takes nothing more, for now: what needs as much
// or more would fail as well.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}
