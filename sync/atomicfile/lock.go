package atomicfile

import "errors"

// ErrLocked marks a folder that somebody else has locked.
var ErrLocked = errors.New("folder is locked")
