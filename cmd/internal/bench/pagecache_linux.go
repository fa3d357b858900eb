package bench

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropPages asks the kernel to forget the pages of files. No process may have
// them mapped, else it keeps them.
func dropPages(paths []string) error {
	for _, path := range paths {
		if err := withFile(path, func(f *os.File) error {
			if err := unix.Fdatasync(int(f.Fd())); err != nil { // dirty pages stay
				return err
			}
			return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		}); err != nil {
			return fmt.Errorf("drop the pages of %s: %w", path, err)
		}
	}
	return nil
}

// cachedShare is the share of the pages of files that the kernel holds.
func cachedShare(paths []string) (float64, error) {
	held, all := 0, 0
	for _, path := range paths {
		pages, err := residency(path)
		if err != nil {
			return 0, fmt.Errorf("count the cached pages of %s: %w", path, err)
		}
		for _, p := range pages {
			held += int(p & 1)
		}
		all += len(pages)
	}
	return float64(held) / float64(max(all, 1)), nil
}

// residency has a byte for each page of a file: bit 0, whether it is in memory.
func residency(path string) (pages []byte, err error) {
	err = withFile(path, func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		mapped, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		pages = make([]byte, (len(mapped)+os.Getpagesize()-1)/os.Getpagesize())
		_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mapped[0])), uintptr(len(mapped)),
			uintptr(unsafe.Pointer(&pages[0])))
		if err := unix.Munmap(mapped); err != nil {
			return err
		}
		if errno != 0 {
			return errno
		}
		return nil
	})
	return pages, err
}

func withFile(path string, do func(*os.File) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing to lose
	return do(f)
}

// residentBytes is the memory that this process holds of mapped files.
func residentBytes(paths []string) (int64, error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, fmt.Errorf("read the mappings: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	sorted := slices.Sorted(slices.Values(paths))
	total, ours := int64(0), false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if !strings.HasSuffix(fields[0], ":") { // address perms offset device inode path
			_, ours = slices.BinarySearch(sorted, strings.Join(fields[min(5, len(fields)):], " "))
			continue
		}
		if ours && fields[0] == "Rss:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read the mappings: %w", err)
			}
			total += kb << 10
		}
	}
	return total, lines.Err()
}
