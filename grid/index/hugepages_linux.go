package index

import "golang.org/x/sys/unix"

// adviseHugePages asks the kernel to map memory with huge pages. One that does
// not have them for files of this file system refuses, and nothing is lost.
func adviseHugePages(mapped []byte) { _ = unix.Madvise(mapped, unix.MADV_HUGEPAGE) }
