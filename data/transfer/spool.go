package transfer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// A record is a POI as it is sorted: ids have no control characters, so records
// compare as their ids do, and those of one id by file and line.
//
//	id, 0x00 │ file, line (4 bytes each, big-endian) │ lat, lng (4 bytes each) │
//	name │ kind │ number of attributes │ name, value …   (each with its length)

const (
	originBytes = 8
	posBytes    = 8
)

func appendRecord(b []byte, file int, row *poi.POIRow) []byte {
	b = append(append(b, row.ID...), 0)
	b = binary.BigEndian.AppendUint32(b, uint32(file))
	b = binary.BigEndian.AppendUint32(b, uint32(row.Line))
	b = binary.BigEndian.AppendUint32(b, uint32(row.Pos.Lat))
	b = binary.BigEndian.AppendUint32(b, uint32(row.Pos.Lng))
	b = appendText(appendText(b, row.Name), row.Kind)
	b = binary.AppendUvarint(b, uint64(len(row.Attrs)))
	for i := range row.Attrs {
		b = appendText(appendText(b, row.Attrs[i].Name), row.Attrs[i].Value)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// recordKey is the first eight bytes of the id.
func recordKey(record []byte) uint64 {
	var key [8]byte
	copy(key[:], recordID(record))
	return binary.BigEndian.Uint64(key[:])
}

func recordID(record []byte) []byte { return record[:bytes.IndexByte(record, 0)] }

func recordOrigin(record []byte) (file, line int) {
	at := record[bytes.IndexByte(record, 0)+1:]
	return int(binary.BigEndian.Uint32(at)), int(binary.BigEndian.Uint32(at[4:]))
}

var errRecord = errors.New("a temporary file was changed")

// parseRecord reads what appendRecord wrote.
func parseRecord(record []byte, row *poi.POIRow) error {
	id, rest, ok := bytes.Cut(record, []byte{0})
	if !ok || len(rest) < originBytes+posBytes {
		return errRecord
	}
	row.ID, row.Line = poi.POIID(id), int(binary.BigEndian.Uint32(rest[4:]))
	row.Pos = coord.E7{Lat: int32(binary.BigEndian.Uint32(rest[originBytes:])), Lng: int32(binary.BigEndian.Uint32(rest[originBytes+4:]))}
	rest = rest[originBytes+posBytes:]
	text := func() (s string) {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			rest, ok = nil, false
			return ""
		}
		s, rest = string(rest[size:size+int(n)]), rest[size+int(n):]
		return s
	}
	row.Name, row.Kind = text(), text()
	n, size := binary.Uvarint(rest)
	if size <= 0 || n > poi.MaxAttrs {
		return errRecord
	}
	rest = rest[size:]
	for range n {
		row.Attrs = append(row.Attrs, poi.Attr{Name: text(), Value: text()})
	}
	if !ok || len(rest) > 0 {
		return errRecord
	}
	return nil
}

// spool is the POIs of one file in the order of their ids, in a file that no
// folder lists, so that a killed import leaves none.
type spool struct {
	name string
	rows int64
	f    *os.File
	w    *bufio.Writer
}

const spoolBuffer = 256 << 10

func (s *spool) add(dir string, record []byte) error {
	if s.f == nil {
		f, err := os.CreateTemp(dir, "geodrop-import-*")
		if err != nil {
			return fmt.Errorf("spool %s: %w", s.name, err)
		}
		s.f, s.w = f, bufio.NewWriterSize(f, spoolBuffer)
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("spool %s: %w", s.name, err)
		}
	}
	s.rows++
	var length [binary.MaxVarintLen64]byte
	if _, err := s.w.Write(binary.AppendUvarint(length[:0], uint64(len(record)))); err != nil {
		return fmt.Errorf("spool %s: %w", s.name, err)
	}
	if _, err := s.w.Write(record); err != nil {
		return fmt.Errorf("spool %s: %w", s.name, err)
	}
	return nil
}

const spoolBatch = 512

// batches reads the spool from its start; each batch is valid until the next.
func (s *spool) batches() iter.Seq2[[]poi.POIRow, error] {
	return func(yield func([]poi.POIRow, error) bool) {
		if s.f == nil {
			return
		}
		err := s.w.Flush()
		if err == nil {
			_, err = s.f.Seek(0, io.SeekStart)
		}
		in := bufio.NewReaderSize(s.f, spoolBuffer)
		for err == nil {
			var batch []poi.POIRow
			if batch, err = readBatch(in); len(batch) > 0 && !yield(batch, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read the spool of %s: %w", s.name, err))
		}
	}
}

// readBatch reads some records. The error is io.EOF with the last.
func readBatch(in *bufio.Reader) ([]poi.POIRow, error) {
	batch := make([]poi.POIRow, 0, spoolBatch)
	var record []byte
	for len(batch) < spoolBatch {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return batch, err
		}
		if n > spoolBuffer {
			return nil, errRecord
		}
		record = append(record[:0], make([]byte, n)...)
		if _, err := io.ReadFull(in, record); err != nil {
			return nil, errors.Join(errRecord, err)
		}
		batch = append(batch, poi.POIRow{})
		if err := parseRecord(record, &batch[len(batch)-1]); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

func closeAll(spools []*spool) (err error) {
	for _, s := range spools {
		if s.f != nil {
			err = errors.Join(err, s.f.Close())
		}
	}
	return err
}
