package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"

	"geodrop/poi"
)

// file is one file of a bundle as it was when the bundle was opened.
type file struct {
	name string // slash-separated, below the bundle, or as it was given
	root *os.Root
	at   string // below root
	info fs.FileInfo
}

func (f file) gzipped() bool { return strings.HasSuffix(f.name, ".gz") }

// input is an open file whose bytes are UTF-8 text: unpacked, without a byte
// order mark, and known not to be UTF-16.
type input struct {
	io.Reader
	name string
	f    *os.File
	was  fs.FileInfo
}

// open opens the file for reading. The caller closes it.
func (f file) open() (*input, error) {
	in, err := f.raw()
	if err != nil {
		return nil, err
	}
	if err := in.start(f.gzipped()); err != nil {
		in.f.Close()
		return nil, err
	}
	return in, nil
}

// raw opens the file without a look at it.
func (f file) raw() (*input, error) {
	h, err := f.root.Open(f.at)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.name, err)
	}
	return &input{name: f.name, f: h, was: f.info}, nil
}

func (in *input) start(gzipped bool) error {
	if err := in.unchanged(); err != nil {
		return err
	}
	in.Reader = plainReader{in}
	if gzipped {
		z, err := gzip.NewReader(in.f)
		if err != nil {
			return in.fault(gzipFault(err, true))
		}
		in.Reader = gzipReader{in, z}
	}
	return in.text()
}

// unchanged checks that the open file is still the one that was listed.
func (in *input) unchanged() error {
	now, err := in.f.Stat()
	if err != nil {
		return fmt.Errorf("stat %s: %w", in.name, err)
	}
	if !os.SameFile(now, in.was) || now.Size() != in.was.Size() || !now.ModTime().Equal(in.was.ModTime()) {
		return fmt.Errorf("%s: %w: open the bundle again", in.name, poi.ErrChanged)
	}
	return nil
}

func (in *input) fault(reason string) error {
	return &FileError{File: in.name, Code: CodeSyntax, Reason: reason}
}

// text looks at the first bytes: it drops a UTF-8 byte order mark and refuses
// UTF-16 and packed files.
func (in *input) text() error {
	head := make([]byte, 4)
	n, err := io.ReadFull(in.Reader, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		head = head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")),
		n >= 2 && (head[0] == 0) != (head[1] == 0):
		return &FileError{File: in.name, Line: 1, Code: poi.CodeEncoding, Reason: "the file is UTF-16; save it as UTF-8"}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return in.fault("the file is gzip inside; name it .gz, and pack it once")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return in.fault("the file is a zip archive; unpack it, or pack it with gzip")
	}
	in.Reader = io.MultiReader(bytes.NewReader(head), in.Reader)
	return nil
}

// Close closes the file and reports whether it changed while it was read.
func (in *input) Close() error {
	err := in.unchanged()
	return errors.Join(err, in.f.Close())
}

// plainReader names the file in errors.
type plainReader struct{ in *input }

func (r plainReader) Read(p []byte) (int, error) {
	n, err := r.in.f.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("read %s: %w", r.in.name, err)
	}
	return n, err
}

// gzipReader turns faults of the packed data into FileErrors.
type gzipReader struct {
	in *input
	z  *gzip.Reader
}

func (r gzipReader) Read(p []byte) (int, error) {
	n, err := r.z.Read(p)
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return n, fmt.Errorf("read %s: %w", r.in.name, err)
	}
	return n, r.in.fault(gzipFault(err, false))
}

func gzipFault(err error, atStart bool) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the gzip data is cut short"
	case errors.Is(err, gzip.ErrHeader) && atStart:
		return "the file is named .gz but is not gzip"
	case errors.Is(err, gzip.ErrHeader):
		return "there is something after the gzip data"
	case errors.Is(err, gzip.ErrChecksum):
		return "the gzip checksum is wrong"
	}
	return "the gzip data is damaged: " + err.Error()
}

// at adds a line to a FileError that has none: how far reading had come.
func at(err error, line int) error {
	if fe, ok := errors.AsType[*FileError](err); ok && fe.Line == 0 {
		fe.Line = line
	}
	return err
}
