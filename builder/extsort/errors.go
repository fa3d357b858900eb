package extsort

import "errors"

var (
	// ErrCorrupt marks a run file that is not what was written. The disk or
	// whoever shares the folder is at fault; nothing wrong was handed out.
	ErrCorrupt = errors.New("corrupt run file")
	// ErrTooLarge marks a payload that the sorter's memory cannot hold.
	ErrTooLarge = errors.New("payload too large for the sorter's memory")
	// ErrClosed marks the use of a sorter that is closed.
	ErrClosed = errors.New("sorter is closed")
	// ErrSorted marks records added, or a sort asked for, after Sort.
	ErrSorted = errors.New("sorter is already sorted")
)
