package extsort

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// bytesFile is a run file in memory.
type bytesFile struct{ bytes.Buffer }

func (f *bytesFile) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(f.Bytes()).ReadAt(b, at)
}

func (*bytesFile) Close() error { return nil }

// oneFile is a file system with one file.
type oneFile struct{ file *bytesFile }

func (o oneFile) create(string) (file, error) { return o.file, nil }
func (o oneFile) open(string) (file, error)   { return o.file, nil }
func (o oneFile) remove(string) error         { o.file.Reset(); return nil }

// memoryFeed feeds one buffer.
type memoryFeed struct{ buf []byte }

func (f *memoryFeed) next() ([]byte, error) {
	b := f.buf
	f.buf = nil
	return b, nil
}

func (*memoryFeed) close() error { return nil }

// encodeRun writes a run file of a few records, one of them large.
func encodeRun(tb testing.TB, g geometry) (diskRun, []byte) {
	tb.Helper()
	records, _ := indexOf([]item{{1, nil}, {2, bytes.Repeat([]byte("x"), 900)}, {2, bytes.Repeat([]byte("y"), 3000)}, {3, []byte("end")}})
	m := merge(background, []feed{&memoryFeed{records}}, []*block{{buf: make([]byte, g.slab)}}, g.inline())
	fs := oneFile{&bytesFile{}}
	run, err := writeRun(fs, newChecksums(), "", 1, m)
	if err != nil {
		tb.Fatal(err)
	}
	return run, fs.file.Bytes()
}

// decodeRun reads a run file to its end.
func decodeRun(g geometry, run diskRun, data []byte) ([]byte, error) {
	r := runReader{run: run, file: bytes.NewReader(data), sums: newChecksums()}
	buf := make([]byte, g.slab*run.bufferSlabs(g))
	var all []byte
	for {
		records, err := r.next(buf)
		if err != nil || records == nil {
			return all, err
		}
		all = append(all, records...)
	}
}

// FuzzRunFile feeds arbitrary files to the reader: it returns what was written
// or ErrCorrupt, and does not panic.
func FuzzRunFile(f *testing.F) {
	g := Options{Memory: MinMemory}.geometry()
	run, data := encodeRun(f, g)
	want, err := decodeRun(g, run, data)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add(data[:blockHeader])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := decodeRun(g, run, in)
		if err == nil && !bytes.Equal(got, want) {
			t.Fatal("a wrong answer")
		}
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(append(make([]byte, keySize), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80))
	f.Add(append(make([]byte, keySize), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))
	f.Add(append(make([]byte, keySize), 3, 'a', 'b', 'c'))
	f.Fuzz(func(t *testing.T, in []byte) {
		rec, ok := parseRecord(in)
		if ok && (rec.head > rec.end || rec.end > len(in)) {
			t.Fatalf("%+v of %d bytes", rec, len(in))
		}
	})
}

func TestShortWrite(t *testing.T) {
	if err := writeAll(shortWriter{}, []byte("abc")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) - 1, nil }
