package extsort

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// diskRun is sorted records in a file.
type diskRun struct {
	path    string
	id      uint32
	blocks  uint32
	largest int   // bytes of the largest block, without its header
	bytes   int64 // of the file
}

// runWriter writes one run file.
type runWriter struct {
	file file
	sums checksums
	run  diskRun
}

// writeRun writes what a merge delivers to a new file. When it fails, no file is
// left.
func writeRun(files fileSystem, sums checksums, dir string, id uint32, m *merging) (diskRun, error) {
	path := filepath.Join(dir, fmt.Sprintf("run-%06d", id))
	f, err := files.create(path)
	if err != nil {
		return diskRun{}, errors.Join(fmt.Errorf("create sort run: %w", err), m.wait())
	}
	w := runWriter{file: f, sums: sums, run: diskRun{path: path, id: id}}
	err = w.drain(m)
	err = errors.Join(err, m.wait(), f.Close())
	if err != nil {
		err = fmt.Errorf("write sort run %s (is there room?): %w", path, err)
		return diskRun{}, errors.Join(err, files.remove(path))
	}
	return w.run, nil
}

func (w *runWriter) drain(m *merging) error {
	for b := range m.full {
		if err := w.block(b); err != nil {
			return err
		}
		m.empty <- b
	}
	return m.err
}

func (w *runWriter) block(b *block) error {
	body := b.records()
	id := blockID{w.run.id, w.run.blocks}
	w.run.blocks++
	w.run.largest = max(w.run.largest, len(body))
	w.run.bytes += int64(blockHeader + len(body))
	if b.lent == nil {
		w.sums.seal(b.buf[:blockHeader], id, body)
		return writeAll(w.file, b.buf[:b.used])
	}
	var header [blockHeader]byte
	w.sums.seal(header[:], id, body)
	if err := writeAll(w.file, header[:]); err != nil {
		return err
	}
	return writeAll(w.file, body)
}

func writeAll(w io.Writer, b []byte) error {
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// runReader reads one run file from its beginning.
type runReader struct {
	run    diskRun
	file   io.ReaderAt
	sums   checksums
	header [blockHeader]byte // of the next block
	number uint32            // of the next block
	offset int64             // of the byte after header
}

// next reads the next block's records into buf, together with the header that
// follows them. It returns nil at the end.
func (r *runReader) next(buf []byte) ([]byte, error) {
	if r.number == r.run.blocks {
		return nil, nil
	}
	if r.offset == 0 {
		if err := r.read(r.header[:]); err != nil {
			return nil, err
		}
	}
	length := bodyLength(r.header[:])
	if length == 0 || length > r.run.largest {
		return nil, fmt.Errorf("%w: %s: block %d has %d bytes where 1 to %d were written",
			ErrCorrupt, r.run.path, r.number, length, r.run.largest)
	}
	size := length + blockHeader
	if r.number == r.run.blocks-1 {
		size = length
	}
	if err := r.read(buf[:size]); err != nil {
		return nil, err
	}
	if err := r.sums.check(r.header[:], blockID{r.run.id, r.number}, buf[:length]); err != nil {
		return nil, fmt.Errorf("%s before byte %d: %w", r.run.path, r.offset, err)
	}
	copy(r.header[:], buf[length:size])
	r.number++
	return buf[:length], nil
}

func (r *runReader) read(b []byte) error {
	n, err := r.file.ReadAt(b, r.offset)
	r.offset += int64(n)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s ends at byte %d of %d", ErrCorrupt, r.run.path, r.offset, r.run.bytes)
	}
	return fmt.Errorf("read sort run at byte %d: %w", r.offset, err)
}
