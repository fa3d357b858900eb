//go:build amd64 || arm64

package disktest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Faults have operations on the files of a folder fail, in this process: the kernel
// asks before each of them, in whatever thread it is made.
//
//	write, fsync, rename, … ──► kernel ──► Faults: the n-th below the folder?
//	                     ◄── EIO ◄─────────┤ yes
//	                     ◄── as ever ◄─────┘ no
//
// They are for tests that run Alone: what asks cannot be taken back.
type Faults struct {
	listener int
	alone    []int // descriptors that are never asked about

	mutex      sync.Mutex
	dir, real  string // the folder, as it is named and without symbolic links; empty: nothing fails
	first      int    // operation that fails
	lasting    bool   // and all after it that take space
	errno      syscall.Errno
	operations int
	failed     []string
}

// NewFaults asks the kernel. Where the machine does not allow it the test is
// skipped.
func NewFaults(t testing.TB) *Faults {
	t.Helper()
	f := &Faults{}
	if err := f.install(); err != nil {
		t.Skipf("this machine does not ask a process about its calls: %v", err)
	}
	go f.answer() // as long as the process lives: without it no call would come back
	return f
}

// Fail has the n-th operation below a folder fail from now on until End, and with
// lasting all those that follow and take space.
func (f *Faults) Fail(dir string, n int, errno syscall.Errno, lasting bool) {
	linkless, err := filepath.EvalSymlinks(dir)
	if err != nil {
		linkless = dir // it is not there yet
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.dir, f.real, f.first, f.errno, f.lasting = filepath.Clean(dir), filepath.Clean(linkless), n, errno, lasting
	f.operations, f.failed = 0, nil
}

// End has all succeed again. It tells which failed.
func (f *Faults) End() (failed []string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.dir = ""
	return f.failed
}

// operation is a system call that changes files.
type operation struct {
	name   string
	number uint32
	path   int  // argument that is its name, after that of the folder's descriptor; 0: argument file is a descriptor
	file   int  // argument that is a descriptor
	frees  bool // or keeps: a full disk lets it pass
}

func operations() []operation {
	return []operation{
		{name: "open", number: unix.SYS_OPENAT, path: 1},
		{name: "write", number: unix.SYS_WRITE},
		{name: "write", number: unix.SYS_PWRITE64},
		{name: "write", number: unix.SYS_COPY_FILE_RANGE, file: 2},
		{name: "write", number: unix.SYS_SENDFILE},
		{name: "truncate", number: unix.SYS_FTRUNCATE, frees: true},
		{name: "chmod", number: unix.SYS_FCHMOD, frees: true},
		{name: "fsync", number: unix.SYS_FSYNC},
		{name: "fsync", number: unix.SYS_FDATASYNC},
		{name: "mkdir", number: unix.SYS_MKDIRAT, path: 1},
		{name: "remove", number: unix.SYS_UNLINKAT, path: 1, frees: true},
		{name: "rename", number: unix.SYS_RENAMEAT, path: 3},
		{name: "rename", number: unix.SYS_RENAMEAT2, path: 3},
		{name: "link", number: unix.SYS_LINKAT, path: 3},
	}
}

// install has the kernel ask. The runtime writes to a descriptor to wake itself up,
// and would wait for itself.
func (f *Faults) install() (err error) {
	if f.alone, err = wakers(); err != nil {
		return err
	}
	filter := f.filter()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const flags = unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	f.listener = int(listener)
	return nil
}

// wakers are the standard streams, and what the runtime wakes itself up with.
func wakers() ([]int, error) {
	r, w, err := os.Pipe() // so that it has made that
	if err != nil {
		return nil, err
	}
	list := []int{0, 1, 2}
	entries, err := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); to == "anon_inode:[eventfd]" {
			list = append(list, fd)
		}
	}
	return list, errors.Join(err, r.Close(), w.Close())
}

// filter lets pass what does not change files.
func (f *Faults) filter() []unix.SockFilter {
	const number, argument, size = 0, 16, 8 // of the kernel's data about a call
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	end := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	// unless skips the next n instructions where the value is not k.
	unless := func(test uint16, k uint32, n int) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: k, Jf: uint8(n)}
	}
	var program []unix.SockFilter
	for _, o := range operations() {
		var ask []unix.SockFilter
		switch o.number {
		case unix.SYS_WRITE:
			ask = append(ask, load(argument))
			for _, fd := range f.alone {
				ask = append(ask, unless(unix.BPF_JEQ, uint32(fd), 1), end(unix.SECCOMP_RET_ALLOW))
			}
		case unix.SYS_OPENAT:
			ask = append(ask, load(argument+2*size), unless(unix.BPF_JSET, unix.O_CREAT, 1), end(unix.SECCOMP_RET_USER_NOTIF), end(unix.SECCOMP_RET_ALLOW))
		}
		ask = append(ask, end(unix.SECCOMP_RET_USER_NOTIF))
		program = append(append(program, load(number), unless(unix.BPF_JEQ, o.number, len(ask))), ask...)
	}
	return append(program, end(unix.SECCOMP_RET_ALLOW))
}

// answer answers the kernel.
func (f *Faults) answer() {
	runtime.LockOSThread()
	const noticeSize, replySize = 80, 24
	order := binary.NativeEndian
	for {
		var notice [noticeSize]byte
		if err := f.control(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&notice)); err != nil {
			continue // a signal, or who asked is gone
		}
		var reply [replySize]byte
		copy(reply[:8], notice[:8]) // which one it is
		if errno := f.decide(order.Uint32(notice[16:]), func(i int) uint64 { return order.Uint64(notice[32+8*i:]) }); errno != 0 {
			order.PutUint32(reply[16:], uint32(-int32(errno)))
		} else {
			order.PutUint32(reply[20:], unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		}
		_ = f.control(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&reply)) // who asked may be gone
	}
}

func (f *Faults) control(request uintptr, data unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(f.listener), request, uintptr(data)); errno != 0 {
		return errno
	}
	return nil
}

// decide is what a call ends with; 0 to let it be made.
func (f *Faults) decide(number uint32, arg func(int) uint64) syscall.Errno {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	list := operations()
	i := slices.IndexFunc(list, func(o operation) bool { return o.number == number })
	if f.dir == "" || i < 0 {
		return 0
	}
	path, below := f.within(list[i].of(arg))
	if !below {
		return 0
	}
	f.operations++
	if f.operations == f.first || f.operations > f.first && f.lasting && !list[i].frees {
		f.failed = append(f.failed, fmt.Sprintf("%d: %s %s", f.operations, list[i].name, path))
		return f.errno
	}
	return 0
}

// within is what of a path is below the folder.
func (f *Faults) within(path string) (rest string, below bool) {
	for _, dir := range []string{f.dir, f.real} {
		if rest, below = strings.CutPrefix(path, dir); below && (rest == "" || rest[0] == '/') {
			return rest, true
		}
	}
	return "", false
}

// of is the path of the file that an operation is about.
func (o operation) of(arg func(int) uint64) string {
	if o.path == 0 {
		return pathOf(int32(arg(o.file)))
	}
	name := text(uintptr(arg(o.path)))
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(pathOf(int32(arg(o.path-1))), name)
}

// pathOf is the path of a descriptor, or of the folder that the process is in.
func pathOf(fd int32) string {
	link := "/proc/self/fd/" + strconv.Itoa(int(fd))
	if fd == unix.AT_FDCWD {
		link = "/proc/self/cwd"
	}
	path, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	return path
}

// text reads a string of this process; it stands still meanwhile.
func text(at uintptr) string {
	var b [unix.PathMax]byte
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(len(b))
	n, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Base: at, Len: len(b)}}, 0)
	if n <= 0 || err != nil {
		return ""
	}
	s, _, _ := strings.Cut(string(b[:n]), "\x00")
	return s
}
