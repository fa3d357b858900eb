package disktest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const aloneEnv = "GEODROP_TEST_ALONE"

// Alone runs the test that calls it again, in a process with mounts of its own
// and further namespaces (CLONE_NEWNET, say), in which it may do what root may;
// what it mounts is gone with it. It is true in that process: the caller goes on
// there, and returns where it is false. Where the machine does not allow it the
// test is skipped.
func Alone(t *testing.T, namespaces uintptr) bool {
	t.Helper()
	if os.Getenv(aloneEnv) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatalf("keep mounts to this process: %v", err)
		}
		return true
	}
	args := []string{"-test.run=^" + t.Name() + "$", "-test.v", "-test.timeout=5m"}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), aloneEnv+"="+t.Name(), promptly)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | namespaces, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		c.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("this machine gives a process no namespaces of its own: %v", err)
	}
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("in a process of its own: %v", err)
	}
	return false
}

// A Small disk is one that is soon full. It is for tests that run Alone.
type Small struct {
	Dir  string
	test testing.TB
}

// NewSmall makes one of so many bytes.
func NewSmall(t testing.TB, bytes string) *Small {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+bytes); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &Small{dir, t}
}

func (s *Small) filler() string { return filepath.Join(s.Dir, "filler") }

// Fill leaves so many bytes free, more or less.
func (s *Small) Fill(free int64) {
	s.test.Helper()
	err := os.Remove(s.filler())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var stat unix.Statfs_t
	err = errors.Join(err, unix.Statfs(s.Dir, &stat))
	if err == nil {
		err = os.WriteFile(s.filler(), make([]byte, max(int64(stat.Bavail)*stat.Bsize-free, 0)), 0o600)
	}
	if err != nil {
		s.test.Fatalf("fill a small disk: %v", err)
	}
}

// Free gives the space back.
func (s *Small) Free() {
	s.test.Helper()
	if err := os.Remove(s.filler()); err != nil {
		s.test.Fatal(err)
	}
}
