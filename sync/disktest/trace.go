// Package disktest tells tests what a disk may hold after a power cut. It has
// strace write down what a process does to the files of a folder, and makes the
// folder again as it may be found when the power goes after any of these steps:
//
//	open, write, chmod, truncate ──► durable with fsync of the file
//	mkdir, rename, link, unlink  ──► durable with fsync of the folder
//
// Until then each step is there or not, whatever became of the others, and of a
// write there may be the first half. That is all that POSIX promises; no file
// system is as bad. Of a rename from one folder to another each half is a step.
//
// Nothing is built into the programs that are looked at: what they do beside
// the packages that are careful is seen as well. It can also have system calls
// fail: what an fsync that failed was to make durable of a file no later one does.
package disktest

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// changing are the system calls that change files, or that it takes to know
// which one is meant.
const changing = "openat,open,creat,close,dup,dup2,dup3,read,pread64,write,pwrite64,writev,pwritev,lseek," +
	"copy_file_range,sendfile,splice,fallocate,truncate,ftruncate,chmod,fchmod,fchmodat,fsync,fdatasync,sync_file_range," +
	"rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat"

// call is a system call that came back.
type call struct {
	name  string
	args  []arg
	ret   int64
	began int // how many had come back when it began
}

type arg struct {
	text string // a string, or as it is written
	path string // of a descriptor
}

func (a arg) number() int64 {
	n, err := strconv.ParseInt(a.text, 0, 64)
	if err != nil {
		return -1
	}
	return n
}

// Strace has a command run under strace with further arguments, its output in a
// file. It fails the test without strace, and skips it where the machine does not
// let one process trace another.
func Strace(t testing.TB, c *exec.Cmd, args ...string) (out string) {
	t.Helper()
	tracer, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("the test needs strace: apt-get install strace, or make deps")
	}
	if b, err := exec.Command(tracer, "-qq", "-e", "trace=none", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets no process trace another: %v: %s", err, b)
	}
	out = filepath.Join(t.TempDir(), "calls")
	args = append(append([]string{tracer, "-f", "-qq", "-e", "signal=none", "-o", out}, args...), c.Path)
	c.Args = append(args, c.Args[1:]...)
	c.Path, c.Env = tracer, append(c.Environ(), promptly)
	return out
}

// promptly has a process under the race detector end without a second's pause.
const promptly = "GORACE=atexit_sleep_ms=0"

// trace runs a command, which must succeed, and returns its system calls in the
// order in which they came back.
func trace(t testing.TB, c *exec.Cmd, args []string) []call {
	t.Helper()
	out := Strace(t, c, append(args, "-y", "-xx", "-s", strconv.Itoa(64<<20), "--seccomp-bpf", "-e", "trace="+changing)...)
	if b, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the process that is traced ended with %v: %s", err, b)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // read only: nothing to lose
	calls, err := parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// parse reads what strace wrote: a line for each call, or two where others came
// in between.
func parse(r io.Reader) (calls []call, err error) {
	type half struct {
		text  string
		began int
	}
	begun := map[string]half{} // by thread
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF && line == "" {
			return calls, nil
		}
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read the calls of a process: %w", err)
		}
		thread, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		h := half{strings.TrimLeft(text, " "), len(calls)}
		if first, ok := strings.CutSuffix(h.text, " <unfinished ...>"); ok {
			begun[thread] = half{first, len(calls)}
			continue
		}
		if rest, ok := strings.CutPrefix(h.text, "<... "); ok {
			_, rest, _ = strings.Cut(rest, " resumed>")
			h = begun[thread]
			h.text += rest
		}
		c, ok, err := parseCall(h.text)
		if err != nil {
			return nil, err
		}
		if ok {
			c.began = h.began
			calls = append(calls, c)
		}
	}
}

// parseCall reads name(arg, arg) = result. Strings are in hexadecimal: there is
// no comma in them. A call that failed, or is no call, is left out, but an fsync,
// and a mark, which is always one that failed.
func parseCall(text string) (c call, ok bool, err error) {
	head, result, found := cutLast(text, " = ")
	name, list, _ := strings.Cut(head, "(")
	if !found || name == "" {
		return call{}, false, nil
	}
	c = call{name: name}
	c.ret, err = strconv.ParseInt(result[:strings.IndexFunc(result+" ", func(r rune) bool { return r == ' ' || r == '<' })], 0, 64)
	if err != nil {
		return call{}, false, nil // "?": the process ended within it
	}
	for _, s := range strings.Split(strings.TrimSuffix(strings.TrimRight(list, " "), ")"), ", ") {
		a, err := parseArg(s)
		if err != nil {
			return call{}, false, fmt.Errorf("read a call of a process: %.200s: %w", text, err)
		}
		c.args = append(c.args, a)
	}
	return c, c.ret >= 0 || c.marks() != "" || c.syncs(), nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func parseArg(s string) (a arg, err error) {
	a.text = s
	if before, path, ok := strings.Cut(s, "<"); ok && strings.HasSuffix(path, ">") {
		a.text = before
		a.path, err = unhex(strings.TrimSuffix(path, ">"))
	} else if quoted, ok := strings.CutPrefix(s, `"`); ok {
		a.text, err = unhex(strings.TrimSuffix(quoted, `"`))
	}
	return a, err
}

// unhex reads \x2f\x61 and leaves what is written otherwise.
func unhex(s string) (string, error) {
	if !strings.HasPrefix(s, `\x`) {
		return s, nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	return string(b), err
}

// markRoot is a folder that does not exist.
const markRoot = "/geodrop-mark/"

// Mark notes in the recording that a process has come to a point.
func Mark(name string) { _ = os.Mkdir(markRoot+name, 0o700) } // it fails: the attempt is recorded

func (c call) syncs() bool { return c.name == "fsync" || c.name == "fdatasync" }

func (c call) marks() string {
	if c.name == "mkdirat" && len(c.args) > 1 {
		if name, ok := strings.CutPrefix(c.args[1].text, markRoot); ok {
			return name
		}
	}
	return ""
}

// Failing is the argument of strace, after -e, that does what Fail says.
func Failing(call, errno string, n int) string {
	return fmt.Sprintf("inject=%s:error=%s:when=%d", call, errno, n)
}

// Fail has the n-th system call of a name fail in each thread of a command, as
// strace's inject does; in the other threads, and after it, they work. Once the
// command has ended, failed is how many did.
func Fail(t testing.TB, c *exec.Cmd, call, errno string, n int) (failed func() int) {
	t.Helper()
	out := Strace(t, c, "-e", "trace="+call, "-e", Failing(call, errno, n))
	return func() int {
		t.Helper()
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "(INJECTED)")
	}
}
