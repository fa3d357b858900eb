package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
)

// answer is what matters of a response.
type answer struct {
	status int
	code   string // of a problem
	empty  bool   // it has no drops
	close  bool   // the connection ends with it
	bytes  int64  // of the body
}

// kind names an answer that is not 200 in the report.
func (a *answer) kind() string {
	if a.code != "" {
		return a.code
	}
	return "status_" + strconv.Itoa(a.status)
}

// errNotHTTP marks bytes that are no response.
var errNotHTTP = errors.New("the answer is not HTTP/1.1")

// header is what matters of the header of a response.
type header struct {
	length  int64 // of the body; -1 when not said
	chunked bool
}

// readAnswer reads a response to its end.
func readAnswer(in *bufio.Reader) (answer, error) {
	line, err := readLine(in)
	if err != nil {
		return answer{}, err
	}
	// HTTP/1.1 200 OK
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[8] != ' ' {
		return answer{}, fmt.Errorf("%w: no status line", errNotHTTP)
	}
	a, h := answer{close: line[7] == '0'}, header{length: -1}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil || a.status < 200 {
		return answer{}, fmt.Errorf("%w: status %q", errNotHTTP, line[9:12])
	}
	for {
		if line, err = readLine(in); err != nil {
			return answer{}, err
		}
		if len(line) == 0 {
			return a, a.readBody(in, h)
		}
		if err := a.field(&h, line); err != nil {
			return answer{}, err
		}
	}
}

// readLine is the next line without its end.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: a line of its header has more than %d bytes", errNotHTTP, in.Size())
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// field reads a line of the header.
func (a *answer) field(h *header, line []byte) (err error) {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		return fmt.Errorf("%w: a line of its header has no colon", errNotHTTP)
	}
	value = bytes.TrimSpace(value)
	switch {
	case is(name, "Content-Length"):
		if h.length, err = strconv.ParseInt(string(value), 10, 64); err != nil || h.length < 0 {
			return fmt.Errorf("%w: Content-Length %.20q", errNotHTTP, value)
		}
	case is(name, "Transfer-Encoding"):
		h.chunked = true
	case is(name, "Connection"):
		a.close = a.close || is(value, "close")
	}
	return nil
}

func is(b []byte, name string) bool {
	return len(b) == len(name) && bytes.EqualFold(b, []byte(name))
}

// readBody reads the body and looks at how it begins.
func (a *answer) readBody(in *bufio.Reader, h header) error {
	switch {
	case h.chunked:
		return errors.Join(a.readUnsized(httputil.NewChunkedReader(in)), skipTrailer(in))
	case a.status == 204 || a.status == 304:
		return nil
	case h.length < 0: // until the connection ends
		a.close = true
		return a.readUnsized(in)
	}
	start, err := in.Peek(int(min(h.length, lookedAt)))
	if err != nil {
		return unexpected(err)
	}
	a.look(start)
	a.bytes = h.length
	for left := h.length; left > 0; {
		n, err := in.Discard(int(min(left, 1<<30)))
		if left -= int64(n); err != nil {
			return unexpected(err)
		}
	}
	return nil
}

func (a *answer) readUnsized(body io.Reader) error {
	start := make([]byte, lookedAt)
	n, err := io.ReadFull(body, start)
	a.look(start[:n])
	a.bytes = int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, body)
	a.bytes += rest
	return err
}

// skipTrailer reads what ends a chunked body.
func skipTrailer(in *bufio.Reader) error {
	for {
		if line, err := readLine(in); err != nil || len(line) == 0 {
			return err
		}
	}
}

// lookedAt is how much of a body is looked at: the drops of an answer and the
// code of a problem stand before.
const lookedAt = 1 << 10

var (
	noDrops = []byte(`"drops":[]`)
	codeKey = []byte(`"code":"`)
)

func (a *answer) look(start []byte) {
	if a.status == 200 {
		a.empty = bytes.Contains(start, noDrops)
		return
	}
	if _, after, ok := bytes.Cut(start, codeKey); ok {
		code, _, _ := bytes.Cut(after, []byte{'"'})
		a.code = word(code)
	}
}

// word is a code, or nothing where what stands there is none: it becomes a key
// of the report.
func word(b []byte) string {
	for _, c := range b {
		if (c < 'a' || c > 'z') && c != '_' {
			return ""
		}
	}
	return string(b[:min(len(b), 64)])
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
