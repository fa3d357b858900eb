//go:build !linux

package extsort

// region is memory of the Go heap, one allocation without pointers. Systems
// that zero fresh memory on first use still hand it out gradually.
type region struct{ bytes []byte }

func reserve(size int, _ bool) (region, error) { return region{make([]byte, size)}, nil }

func (r region) discard([]byte) {}

func (r region) unmap() error { return nil }
