package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"geodrop/poi"
)

// TestCutStream cuts the connection after each share of the bytes of a stream:
// that must be an error, however many rows came.
func TestCutStream(t *testing.T) {
	const rows = 20_000
	name := database(t)
	fill(t, open(t, server.Address(name)), rows)
	p := newProxy(t, server.Socket)
	through := strings.Replace(server.Address(name), server.Socket, p.socket, 1)
	for _, percent := range []int64{1, 20, 50, 99} {
		s := open(t, through)
		p.cutAfter(percent * rows * 105 / 100) // a row has 105 bytes
		n, err := count(t, s)
		if err == nil || n >= rows {
			t.Errorf("cut after %d %%: %d rows and the error %v", percent, n, err)
		}
		p.cutAfter(0)
		if n, err := count(t, s); err != nil || n != rows {
			t.Errorf("after the cut: %d rows, %v", n, err)
		}
	}
}

// TestCutWrite cuts the connection at many moments of a write, that of the
// commit among them: the write is done once.
func TestCutWrite(t *testing.T) {
	name := database(t)
	p := newProxy(t, server.Socket)
	s := open(t, strings.Replace(server.Address(name), server.Socket, p.socket, 1))
	fill(t, s, 1)
	runs := 0
	for after := int64(1); after < 900; after += 30 {
		before, err := s.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			if runs++; runs%2 == 1 {
				p.cutAfter(after)
			}
			return w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "one", Name: fmt.Sprint(after)}}})
		})
		p.cutAfter(0)
		if runs%2 == 1 {
			runs++
		}
		now, readErr := s.Sequence(t.Context())
		if err != nil || readErr != nil || now != before+1 {
			t.Fatalf("cut after %d bytes: %v, %v; the sequence went from %d to %d", after, err, readErr, before, now)
		}
	}
}

// TestCutCommit cuts the connection at the commit: before the server has it,
// when the write has to be done again, and behind that, when it must not.
func TestCutCommit(t *testing.T) {
	name := database(t)
	p := newProxy(t, server.Socket)
	s := open(t, strings.Replace(server.Address(name), server.Socket, p.socket, 1))
	for _, test := range []struct {
		what string
		cut  commitCut
		runs int
	}{
		{"the request is lost", cutRequest, 2},
		{"the answer is lost", cutAnswer, 1},
	} {
		for round := range 5 {
			before, err := s.Sequence(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			runs := 0
			err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
				if runs++; runs == 1 {
					p.cutAtCommit(test.cut)
				}
				return w.PutSets(ctx, []poi.SetID{poi.SetID(fmt.Sprint("s", round))})
			})
			if err != nil || runs != test.runs {
				t.Errorf("%s: the write ran %d times, want %d; %v", test.what, runs, test.runs, err)
			}
			if now, err := s.Sequence(t.Context()); err != nil || now != before+1 {
				t.Errorf("%s: the sequence went from %d to %d, %v", test.what, before, now, err)
			}
		}
	}
}

// TestStalledServer stops answers in the middle of a stream, without an end.
func TestStalledServer(t *testing.T) {
	const rows = 20_000
	name := database(t)
	fill(t, open(t, server.Address(name)), rows)
	p := newProxy(t, server.Socket)
	s := open(t, strings.Replace(server.Address(name), server.Socket, p.socket, 1)+"?read_timeout=200ms")
	p.stallAfter(1 << 20)
	n, err := count(t, s)
	if err == nil || n >= rows {
		t.Errorf("a server that stalls: %d rows and the error %v", n, err)
	}
	p.cutAfter(0)
	if n, err := count(t, s); err != nil || n != rows {
		t.Errorf("after that: %d rows, %v", n, err)
	}
}
