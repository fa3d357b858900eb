package bench

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"geodrop/grid/coord"
)

// asTile38 in the environment makes the test binary a stand-in for Tile38: no
// package of the system has one.
const asTile38 = "GEODROP_TEST_TILE38"

func TestMain(m *testing.M) {
	switch os.Getenv(asTile38) {
	case "":
		os.Exit(m.Run())
	case "broken":
		os.Exit(7)
	}
	if err := standIn(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tile38StandIn answers SET and WITHIN … BOUNDS as Tile38 does.
type tile38StandIn struct {
	mu     sync.RWMutex
	points []standInPoint
}

type standInPoint struct {
	id       string
	lat, lng float64
}

// standIn serves until it is ended.
func standIn(args []string) error {
	flags := flag.NewFlagSet("tile38-server", flag.ContinueOnError)
	host, port, dir := flags.String("h", "", ""), flags.String("p", "", ""), flags.String("d", "", "")
	flags.Bool("q", false, "")
	appendOnly, http := flags.String("appendonly", "yes", ""), flags.String("http-transport", "yes", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *host != "127.0.0.1" || *dir == "" || *appendOnly != "no" || *http != "no" || flags.NArg() > 0 {
		return fmt.Errorf("started with %q", args)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(*host, *port))
	if err != nil {
		return err
	}
	var s tile38StandIn
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go s.serve(c) // ends with the process
	}
}

func (s *tile38StandIn) serve(c net.Conn) {
	in, out := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		words, err := readCommand(in)
		if err != nil {
			return
		}
		_, _ = out.WriteString(s.reply(words))
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

func (s *tile38StandIn) reply(words []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := func(at int) float64 {
		v, _ := strconv.ParseFloat(words[at], 64) // the tests would find nothing
		return v
	}
	switch {
	case len(words) == 6 && words[0] == "SET" && words[1] == tile38Key && words[3] == "POINT":
		s.points = append(s.points, standInPoint{words[2], number(4), number(5)})
		return "+OK\r\n"
	case len(words) == 10 && words[0] == "WITHIN" && words[1] == tile38Key && words[2] == "LIMIT" && words[5] == "BOUNDS":
		return s.within(words[4], number(6), number(7), number(8), number(9))
	}
	return fmt.Sprintf("-ERR %q\r\n", words)
}

func (s *tile38StandIn) within(output string, south, west, north, east float64) string {
	var found []string
	for _, p := range s.points {
		switch {
		case p.lat < south || p.lat > north || p.lng < west || p.lng > east:
		case output == "IDS":
			found = append(found, bulk(p.id))
		default:
			found = append(found, "*2\r\n"+bulk(p.id)+"*2\r\n"+bulk(fmt.Sprint(p.lat))+bulk(fmt.Sprint(p.lng)))
		}
	}
	return fmt.Sprintf("*2\r\n:0\r\n*%d\r\n%s", len(found), strings.Join(found, ""))
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func readCommand(in *bufio.Reader) (words []string, err error) {
	var n int
	if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	for range n {
		var length int
		if _, err := fmt.Fscanf(in, "$%d\r\n", &length); err != nil {
			return nil, err
		}
		word := make([]byte, length+len("\r\n"))
		if _, err := io.ReadFull(in, word); err != nil {
			return nil, err
		}
		words = append(words, string(word[:length]))
	}
	return words, nil
}

func TestTile38Fails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv(asTile38, "broken")
	_, err := startTile38(t.Context(), os.Args[0])
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("a server that does not start: %v", err)
	}
	if _, err := startTile38(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a server that is not there: %v", err)
	}
	wantEmpty(t, os.TempDir())
}

func TestSquare(t *testing.T) {
	for _, lat := range []coord.Lat{0, 51.5, -60, 84} {
		at := coord.WGS84{Lat: lat, Lng: 13}.E7()
		south, west, north, east := square(at, windowMetres)
		for _, edge := range []coord.E7{{Lat: south, Lng: at.Lng}, {Lat: north, Lng: at.Lng}, {Lat: at.Lat, Lng: west}, {Lat: at.Lat, Lng: east}} {
			if d := at.WGS84().Distance(edge.WGS84()); d < windowMetres/2-0.1 || d > windowMetres/2+0.1 {
				t.Errorf("at latitude %v a side is %v m away, want %v", lat, d, windowMetres/2)
			}
		}
	}
}
