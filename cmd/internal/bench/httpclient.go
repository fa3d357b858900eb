package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// lookupClient is HTTP/1.1 on one connection that is kept, with as little work
// as can be: what is measured is to be the server. It sends prepared requests,
// one at a time or some ahead, and allocates nothing once it is open.
type lookupClient struct {
	conn net.Conn
	in   *bufio.Reader
}

// maxAnswerBytes is more than any answer has.
const maxAnswerBytes = 1 << 20

// connect opens the connection, in place of the one before.
func (c *lookupClient) connect(address string) (err error) {
	if c.conn, err = net.Dial("tcp", address); err != nil {
		return fmt.Errorf("connect to the server that is measured: %w", err)
	}
	if c.in == nil {
		c.in = bufio.NewReaderSize(nil, 64<<10)
	}
	c.in.Reset(c.conn)
	return nil
}

func (c *lookupClient) close() error { return c.conn.Close() }

// ask sends a request and reads the answer past its end. Its body goes to each,
// in pieces that are valid during the call.
func (c *lookupClient) ask(request []byte, each func([]byte)) (bodyBytes int, err error) {
	if err := c.send(request); err != nil {
		return 0, err
	}
	return c.read(each)
}

// send sends one request, or several in a row.
func (c *lookupClient) send(requests []byte) error {
	if _, err := c.conn.Write(requests); err != nil {
		return fmt.Errorf("send a request: %w", err)
	}
	return nil
}

// read reads the answer to the first request that has none yet.
func (c *lookupClient) read(each func([]byte)) (bodyBytes int, err error) {
	n, err := c.header()
	if err != nil {
		return 0, fmt.Errorf("read the header of an answer: %w", err)
	}
	for left := n; left > 0; {
		if _, err := c.in.Peek(1); err != nil { // fills the buffer
			return 0, fmt.Errorf("read an answer: %w", err)
		}
		part, _ := c.in.Peek(min(left, c.in.Buffered())) // no error: it is there
		each(part)
		discarded, _ := c.in.Discard(len(part)) // as above
		left -= discarded
	}
	return n, nil
}

// header reads the status, which has to be 200, and tells the length of the
// body.
func (c *lookupClient) header() (length int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("the answer is %.60q", line)
	}
	length = -1
	for {
		switch line, err = c.in.ReadSlice('\n'); {
		case err != nil:
			return 0, err
		case len(line) == len("\r\n"):
			if length < 0 || length > maxAnswerBytes {
				return 0, fmt.Errorf("the length of the answer is missing or above %d", maxAnswerBytes)
			}
			return length, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, fmt.Errorf("the length of the answer: %w", err)
			}
		}
	}
}
