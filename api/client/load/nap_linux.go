package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for as long as the kernel's timers are exact, some 50 µs. The
// runtime's own timers, while nothing else happens, are late by up to a
// millisecond, which would be in every latency.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	// Waking early, by a signal, is no harm: the pacer looks at the clock.
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
}
