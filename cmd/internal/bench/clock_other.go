//go:build !linux

package bench

// threadClock and processClock are wallClock where there is no other.
func threadClock() clock  { return wallClock() }
func processClock() clock { return wallClock() }
