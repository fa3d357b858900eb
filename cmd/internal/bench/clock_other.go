//go:build !linux

package bench

// threadClock is wallClock where there is no other.
func threadClock() clock { return wallClock() }

// processClock is wallClock where there is no other.
func processClock() clock { return wallClock() }

// clockOf is wallClock where there is no other.
func clockOf(int) clock { return wallClock() }
