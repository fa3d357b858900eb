package main

import (
	"bytes"
	"errors"
	"testing"
)

// Text of others cannot steer a terminal.
func TestLine(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"Café 虎 👩‍🚀 العربية", "Café 虎 👩‍🚀 العربية"},
		{"\x1b[2J", "·[2J"},
		{"\u009b2J", "·2J"},
		{"\x9b2J", "\ufffd2J"}, // the same as a single byte
		{"a\r\nb\tc\x00d\x7f", "a··b·c·d·"},
		{"\u202egnp.\u202c\u2066\u2069\u200f\u061c", "·gnp.·····"},
		{"a\u2028b\u2029c", "a·b·c"},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		l := table{w: &out}
		l.line("<%s>", tt.arg)
		if want := "<" + tt.want + ">\n"; l.err != nil || out.String() != want {
			t.Errorf("%q is printed as %q, %v, want %q", tt.arg, &out, l.err, want)
		}
	}
}

func TestTableKeepsFirstError(t *testing.T) {
	w := &brokenWriter{}
	l := table{w: w}
	l.row("a", "b")
	l.row("c", "d")
	if !errors.Is(l.err, errBroken) || w.writes != 1 {
		t.Errorf("%v after %d writes, want %v after one", l.err, w.writes, errBroken)
	}
}

var errBroken = errors.New("broken")

type brokenWriter struct{ writes int }

func (w *brokenWriter) Write([]byte) (int, error) {
	w.writes++
	return 0, errBroken
}
