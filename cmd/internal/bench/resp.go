package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// respAhead is how many commands are sent before their replies are read.
const respAhead = 128

// respConn is a connection that pipelines. What it sends is made by hand: a
// client library would be measured beside the server.
type respConn struct {
	peer string
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func (s *respServer) dial() (*respConn, error) {
	c, err := net.Dial("tcp", s.address())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", s.name, err)
	}
	return &respConn{peer: s.name, conn: c, in: bufio.NewReaderSize(c, 256<<10)}, nil
}

// appendCommand appends a command in the protocol of Redis: the number of its
// words, then each word after its length.
func appendCommand(dst []byte, words ...[]byte) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(words)), 10), "\r\n"...)
	for _, word := range words {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(word)), 10), "\r\n"...)
		dst = append(append(dst, word...), "\r\n"...)
	}
	return dst
}

// send writes the commands and reads their replies, which hold so many strings.
func (c *respConn) send(commands [][]byte) (found int, err error) {
	for len(commands) > 0 {
		batch := commands[:min(respAhead, len(commands))]
		commands = commands[len(batch):]
		c.out = c.out[:0]
		for _, command := range batch {
			c.out = append(c.out, command...)
		}
		if _, err := c.conn.Write(c.out); err != nil {
			return found, fmt.Errorf("send to %s: %w", c.peer, err)
		}
		for range batch {
			n, err := c.reply()
			if err != nil {
				return found, fmt.Errorf("read from %s: %w", c.peer, err)
			}
			found += n
		}
	}
	return found, nil
}

// reply reads a reply and counts its strings.
func (c *respConn) reply() (found int, err error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	kind := line[0]
	if kind == '+' { // done
		return 0, nil
	}
	n, err := strconv.Atoi(string(line[1:]))
	switch {
	case err != nil:
		return 0, fmt.Errorf("the reply is %.200q", line)
	case kind == ':': // a number
		return 0, nil
	case kind == '$':
		_, err = c.in.Discard(n + len("\r\n"))
		return 1, err
	case kind != '*':
		return 0, fmt.Errorf("a reply of kind %q", kind)
	}
	for range n {
		m, err := c.reply()
		if err != nil {
			return 0, err
		}
		found += m
	}
	return found, nil
}

// line reads a line without its end. A reply that is an error is one.
func (c *respConn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	line = bytes.TrimSuffix(line, []byte("\r\n"))
	if len(line) < 2 || line[0] == '-' {
		return nil, fmt.Errorf("the reply is %.200q", line)
	}
	return line, nil
}
