package extsort

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// region is anonymous memory outside the Go heap.
type region struct {
	bytes   []byte // aligned to maxSlab
	mapping []byte
}

// reserve maps size bytes of address space; a page becomes memory when it is
// first written.
func reserve(size int, huge bool) (region, error) {
	mapping, err := unix.Mmap(-1, 0, size+maxSlab, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return region{}, fmt.Errorf("reserve %d bytes of address space: %w", size, err)
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(mapping))) & (maxSlab - 1))
	r := region{bytes: mapping[skip : skip+size : skip+size], mapping: mapping}
	if huge {
		// Refused by kernels without huge pages, which costs speed only.
		_ = unix.Madvise(r.bytes, unix.MADV_HUGEPAGE)
	}
	return r, nil
}

// discard gives the whole pages under b back; what b held is lost.
func (r region) discard(b []byte) {
	page := uintptr(unix.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	first := (start + page - 1) &^ (page - 1)
	last := (start + uintptr(len(b))) &^ (page - 1)
	if first >= last {
		return
	}
	b = b[first-start : last-start]
	// Refused only for locked memory, which then stays until the end.
	_ = unix.Madvise(b, unix.MADV_DONTNEED)
}

func (r region) unmap() error {
	if r.mapping == nil {
		return nil
	}
	if err := unix.Munmap(r.mapping); err != nil {
		return fmt.Errorf("unmap sort memory: %w", err)
	}
	return nil
}
