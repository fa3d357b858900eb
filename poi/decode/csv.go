package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"geodrop/poi"
)

// The limits of a CSV file.
const (
	MaxRowBytes = 1 << 20
	MaxColumns  = 1000
)

// csvReader splits RFC 4180 text into rows and fields without copying them.
//
// A row that is no CSV is a *rowFault and reading goes on at the line after the
// one on which the row began: a quote that is never closed costs its own line,
// not the rest of the file. At most one row (MaxRowBytes) is held.
type csvReader struct {
	in   io.Reader
	buf  []byte
	lo   int // of what has not been split yet
	hi   int
	eof  bool
	err  error // of in, given when the bytes before it are used up
	line int   // of buf[lo]

	row row
}

// row is one record. Its bytes are valid until the next one is read.
type row struct {
	line   int // on which it begins
	raw    []byte
	fields []field
	clean  bool // nothing but printable ASCII
}

// add appends a field. Of those beyond MaxColumns it keeps only the last, so that
// a row of a million commas costs no more than its bytes.
func (r *row) add(f field) {
	if len(r.fields) > MaxColumns {
		r.fields = r.fields[:MaxColumns]
	}
	r.fields = append(r.fields, f)
}

// field is a span of row.raw, without its quotes.
type field struct {
	lo, hi  int
	quoted  bool
	escaped bool // has doubled quotes or CRLF
}

// rowFault is a row that cannot be split.
type rowFault struct {
	line, column int
	fault
	value string
}

func (f *rowFault) Error() string { return fmt.Sprintf("line %d: %s", f.line, f.reason) }

const csvBuffer = 128 << 10

func newCSVReader(in io.Reader) *csvReader {
	return &csvReader{in: in, buf: make([]byte, csvBuffer), line: 1}
}

// Classes of bytes. A byte of class stop ends the plain run of a field.
const (
	classStop  = 1 << iota // , " LF
	classOther             // control characters, DEL and everything beyond ASCII
)

var classes = func() (c [256]uint8) {
	for i := range c {
		if i < ' ' || i >= 0x7f {
			c[i] = classOther
		}
	}
	c['\r'] = 0
	c[','], c['"'], c['\n'] = classStop, classStop, classStop
	return c
}()

// fill reads more input behind buf[hi]. False at the end of the input, and when
// the row has reached its limit.
func (r *csvReader) fill() bool {
	if r.eof {
		return false
	}
	if r.lo > 0 {
		copy(r.buf, r.buf[r.lo:r.hi])
		r.hi -= r.lo
		r.lo = 0
	}
	if r.hi == len(r.buf) {
		if len(r.buf) > MaxRowBytes {
			return false
		}
		grown := make([]byte, min(2*len(r.buf), MaxRowBytes+csvBuffer))
		copy(grown, r.buf[:r.hi])
		r.buf = grown
	}
	for range 100 {
		n, err := r.in.Read(r.buf[r.hi:])
		r.hi += n
		if err != nil {
			r.eof = true
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	r.eof, r.err = true, io.ErrNoProgress
	return false
}

// next reads a row; lines without anything on them are passed over. The error
// is io.EOF at the end, a *rowFault for a bad row, after which reading goes on,
// and anything else for what ends the file.
func (r *csvReader) next() (*row, error) {
	for {
		if r.lo == r.hi && !r.fill() {
			if r.err != nil {
				return nil, at(r.err, r.line)
			}
			return nil, io.EOF
		}
		c := r.buf[r.lo]
		if c == '\r' && r.lo+1 == r.hi {
			r.fill()
		}
		switch {
		case c == '\n':
			r.lo++
		case c == '\r' && r.lo+1 < r.hi && r.buf[r.lo+1] == '\n':
			r.lo += 2
		case c == '\r' && r.lo+1 == r.hi && r.err == nil:
			r.lo++
		default:
			return r.split()
		}
		r.line++
	}
}

// split splits the row at buf[lo].
func (r *csvReader) split() (*row, error) {
	row := &r.row
	row.line, row.fields, row.clean = r.line, row.fields[:0], true
	lines := 0 // line feeds inside quotes
	i := 0     // offset from r.lo, which moves when the buffer is filled
	for {
		if i < r.hi-r.lo || r.more(i) {
			if r.buf[r.lo+i] == '"' {
				f, next, n, err := r.quoted(i)
				if err != nil {
					return nil, err
				}
				lines += n
				row.add(f)
				i = next
			} else {
				start := i
				var err error
				if i, err = r.plain(i); err != nil {
					return nil, err
				}
				row.add(field{lo: start, hi: i})
			}
		} else {
			row.add(field{lo: i, hi: i}) // the text ends after a comma
		}
		if i > MaxRowBytes {
			return nil, r.tooLong()
		}
		if i < r.hi-r.lo && r.buf[r.lo+i] == ',' {
			i++
			continue
		}
		return r.finish(i, lines)
	}
}

// more makes sure that there is a byte at offset i.
func (r *csvReader) more(i int) bool {
	for i >= r.hi-r.lo {
		if !r.fill() {
			return false
		}
	}
	return true
}

// plain scans a field without quotes from offset i to the comma or line feed
// after it, or to the end of the text.
func (r *csvReader) plain(i int) (int, error) {
	seen := uint8(0)
	for {
		b := r.buf[r.lo+i : r.hi]
		j := 0
		for ; j < len(b); j++ {
			k := classes[b[j]]
			seen |= k
			if k == classStop {
				break
			}
		}
		i += j
		if j < len(b) {
			break
		}
		if !r.more(i) {
			break
		}
	}
	if seen&classOther != 0 {
		r.row.clean = false
	}
	if i < r.hi-r.lo && r.buf[r.lo+i] == '"' {
		return 0, r.recover(i, CodeQuote, "has a quote inside a field without quotes; put the field in quotes and double the quote")
	}
	return i, nil
}

// quoted scans the field whose opening quote is at offset i. It returns the
// offset behind the closing quote and the number of line feeds in between.
func (r *csvReader) quoted(i int) (f field, next, lines int, err error) {
	open := i
	i++
	f = field{lo: i, quoted: true}
	seen := uint8(0)
	for {
		if !r.more(i) || i > MaxRowBytes {
			if r.err != nil {
				return f, 0, 0, at(r.err, r.line)
			}
			reason := "opens a quote that is never closed"
			if i > MaxRowBytes {
				reason = fmt.Sprintf("opens a quote that is not closed within %d bytes", MaxRowBytes)
			}
			return f, 0, 0, r.recover(open, CodeQuote, reason)
		}
		b := r.buf[r.lo+i : r.hi]
		j := 0
		for ; j < len(b) && b[j] != '"'; j++ {
			c := b[j]
			seen |= classes[c]
			if c == '\n' {
				lines++
				f.escaped = f.escaped || r.buf[r.lo+i+j-1] == '\r'
			}
		}
		i += j
		if j == len(b) {
			continue
		}
		i++ // behind the quote
		if r.more(i) && r.buf[r.lo+i] == '"' {
			f.escaped = true
			i++
			continue
		}
		break
	}
	f.hi = i - 1
	if seen&classOther != 0 || lines > 0 {
		r.row.clean = false
	}
	if i < r.hi-r.lo {
		switch c := r.buf[r.lo+i]; {
		case c == ',' || c == '\n':
		case c == '\r' && r.more(i+1) && r.buf[r.lo+i+1] == '\n':
			i++ // finish looks at the line feed
		case c == '\r' && !r.more(i+1):
			i++
		default:
			return f, 0, 0, r.recover(i-1, CodeQuote, "closes a quote before the field ends; double the quotes inside a field")
		}
	}
	return f, i, lines, nil
}

// finish ends the row at offset i, which is at its line feed or at the end of
// the text.
func (r *csvReader) finish(i, lines int) (*row, error) {
	if i >= r.hi-r.lo && r.err != nil {
		return nil, at(r.err, r.line)
	}
	row := &r.row
	row.raw = r.buf[r.lo : r.lo+i]
	if last := &row.fields[len(row.fields)-1]; !last.quoted && last.hi > last.lo && row.raw[last.hi-1] == '\r' {
		last.hi--
	}
	row.clean = row.clean && bytes.IndexByte(row.raw[:max(0, i-1)], '\r') < 0
	r.lo = min(r.lo+i+1, r.hi)
	r.line += lines + 1
	if len(row.fields) > MaxColumns {
		return nil, &rowFault{line: row.line, fault: fault{CodeFieldCount,
			fmt.Sprintf("has more than %d fields", MaxColumns)}}
	}
	return row, nil
}

// recover gives up the row for a fault at offset i and goes on at its second
// line.
func (r *csvReader) recover(i int, code poi.Code, reason string) error {
	raw := r.buf[r.lo:r.hi]
	f := &rowFault{fault: fault{code, reason}, value: clip(lineOf(raw[i:]))}
	f.line, f.column = placeIn(raw[:i], r.line, 1)
	if err := r.skipLine(); err != nil {
		return err
	}
	return f
}

func (r *csvReader) tooLong() error {
	f := &rowFault{line: r.line, fault: fault{poi.CodeTooLong, fmt.Sprintf("has more than %d bytes", MaxRowBytes)}}
	if err := r.skipLine(); err != nil {
		return err
	}
	return f
}

// skipLine drops everything up to and including the next line feed.
func (r *csvReader) skipLine() error {
	for {
		if n := bytes.IndexByte(r.buf[r.lo:r.hi], '\n'); n >= 0 {
			r.lo += n + 1
			r.line++
			return nil
		}
		r.lo = r.hi
		if !r.fill() {
			if r.err != nil {
				return at(r.err, r.line)
			}
			return nil
		}
	}
}

func lineOf(b []byte) []byte {
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		b = b[:n]
	}
	return bytes.TrimSuffix(b, []byte{'\r'})
}

// bytes is the content of field i. Fields with doubled quotes are put together
// in scratch.
func (r *row) bytes(i int, scratch *[]byte) []byte {
	f := &r.fields[i]
	b := r.raw[f.lo:f.hi]
	if !f.escaped {
		return b
	}
	out := (*scratch)[:0]
	for j := 0; j < len(b); j++ {
		if b[j] == '"' || b[j] == '\r' && j+1 < len(b) && b[j+1] == '\n' {
			j++
		}
		out = append(out, b[j])
	}
	*scratch = out
	return out
}

// place is the line and the column at which field i begins.
func (r *row) place(i int) (line, column int) {
	f := &r.fields[i]
	start := f.lo
	if f.quoted {
		start--
	}
	return placeIn(r.raw[:start], r.line, 1)
}
