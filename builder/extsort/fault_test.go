package extsort

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

var background = context.Background()

// faults is a file system that fails on the n-th call of one operation.
type faults struct {
	osFiles
	op    string
	after atomic.Int64
	short bool // fewer bytes instead of an error
}

func (f *faults) fails(op string) bool { return op == f.op && f.after.Add(-1) < 0 }

func (f *faults) create(path string) (file, error) {
	if f.fails("create") {
		return nil, syscall.EMFILE
	}
	inner, err := f.osFiles.create(path)
	return &faultyFile{inner, f}, err
}

func (f *faults) open(path string) (file, error) {
	if f.fails("open") {
		return nil, syscall.EMFILE
	}
	inner, err := f.osFiles.open(path)
	return &faultyFile{inner, f}, err
}

func (f *faults) remove(path string) error {
	if f.fails("remove") {
		return syscall.EIO
	}
	return f.osFiles.remove(path)
}

type faultyFile struct {
	file
	faults *faults
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if !f.faults.fails("write") {
		return f.file.Write(b)
	}
	if f.faults.short {
		return f.file.Write(b[:len(b)/2])
	}
	return 0, syscall.ENOSPC
}

func (f *faultyFile) ReadAt(b []byte, at int64) (int, error) {
	if !f.faults.fails("read") {
		return f.file.ReadAt(b, at)
	}
	if f.faults.short {
		return f.file.ReadAt(b[:len(b)/2], at)
	}
	return 0, syscall.EIO
}

func (f *faultyFile) Close() error {
	err := f.file.Close()
	if f.faults.fails("close") {
		return syscall.EDQUOT
	}
	return err
}

func TestFaults(t *testing.T) {
	items := mix(12000, anyKey, sometimes(60, 2000, 50))
	tests := []struct {
		op    string
		short bool
		want  error
	}{
		{op: "create", want: syscall.EMFILE},
		{op: "open", want: syscall.EMFILE},
		{op: "remove", want: syscall.EIO},
		{op: "write", want: syscall.ENOSPC},
		{op: "write", short: true},
		{op: "read", want: syscall.EIO},
		{op: "read", short: true, want: ErrCorrupt},
		{op: "close", want: syscall.EDQUOT},
	}
	for _, tt := range tests {
		for _, after := range []int64{0, 1, 7} {
			dir := t.TempDir()
			f := &faults{op: tt.op, short: tt.short}
			f.after.Store(after)
			_, _, err := run(Options{Memory: MinMemory, TempDir: dir, files: f, fanIn: 4}, items)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s %d short=%v: got %v, want %v", tt.op, after, tt.short, err, tt.want)
			}
			emptyDir(t, dir)
		}
	}
}

func TestFolderCannotBeMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, _, err := run(Options{Memory: MinMemory, TempDir: dir}, mix(5000, anyKey, fixed(60)))
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

// spillFor returns a sorter that has run files and their paths.
func spillFor(t *testing.T, dir string) (*Sorter, []string) {
	t.Helper()
	s := New(Options{Memory: MinMemory, TempDir: dir})
	for _, it := range mix(4000, anyKey, fixed(60)) {
		if err := s.Add(it.key, it.payload); err != nil {
			t.Fatal(err)
		}
	}
	s.drain()
	if err := s.spill(); err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(dir, folderPrefix+"*", "run-*"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no runs: %v", err)
	}
	return s, runs
}

func TestCorruptRun(t *testing.T) {
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at%len(b)] ^= 0x10; return b }
	}
	type damage struct {
		name string
		do   func([]byte) []byte
	}
	tests := []damage{
		{"empty", func([]byte) []byte { return nil }},
		{"last byte missing", func(b []byte) []byte { return b[:len(b)-1] }},
		{"first header only", func(b []byte) []byte { return b[:blockHeader] }},
		{"zeros", func(b []byte) []byte { clear(b); return b }},
		{"first block gone", func(b []byte) []byte { return append(b[blockHeader+bodyLength(b):], b...) }},
		{"length absurd", func(b []byte) []byte { b[lengthAt+3] = 0xff; return b }},
	}
	for at := range blockHeader {
		tests = append(tests, damage{"header flip", flip(at)})
	}
	for at := blockHeader; at < 60000; at += 4999 {
		tests = append(tests, damage{"body flip", flip(at)})
	}
	for _, tt := range tests {
		dir := t.TempDir()
		s, runs := spillFor(t, dir)
		b, err := os.ReadFile(runs[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(runs[0], tt.do(b), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = drain(s, nil)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), runs[0]) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		emptyDir(t, dir)
	}
}

// A run file that is replaced by another one, whole and valid, is corrupt too.
func TestSwappedRuns(t *testing.T) {
	s, runs := spillFor(t, t.TempDir())
	defer s.Close()
	if len(runs) < 2 {
		t.Fatal("one run only")
	}
	if err := os.Rename(runs[1], runs[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(runs[0], runs[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := drain(s, nil); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	items := mix(20000, anyKey, fixed(60))
	stop := errors.New("enough")
	for _, after := range []int{0, 1, 5000} {
		dir := t.TempDir()
		s := New(Options{Memory: MinMemory, TempDir: dir, fanIn: 3})
		ctx, cancel := context.WithCancelCause(background)
		for _, it := range items {
			if err := s.Add(it.key, it.payload); err != nil {
				t.Fatal(err)
			}
		}
		if after == 0 {
			cancel(stop)
		}
		it, err := s.Sort(ctx)
		if err == nil {
			n := 0
			for it.Next() {
				if n++; n == after {
					cancel(stop)
				}
			}
			if err = it.Err(); n > len(items)/2 {
				t.Errorf("cancelled after %d, went on to %d", after, n)
			}
		}
		if !errors.Is(err, stop) {
			t.Errorf("after %d: got %v", after, err)
		}
		cancel(nil)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		emptyDir(t, dir)
	}
}
