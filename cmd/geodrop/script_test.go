package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected files in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"geodrop": func() { os.Exit(mainCode()) }, "signalled": signalled})
}

// The scripts in testdata run the command as people do. Beside what testscript
// has, they know:
//
//	exits CODE geodrop …    run, and want that exit code
//	has stdout|stderr FILE  each line of FILE is one of the output, but for its indent
//	write FILE "text"       write a file from a quoted Go string
//	gzip FILE               pack it as FILE.gz and remove it
//	bomb FILE MB            pack that many megabytes of zeros
//	flip FILE OFFSET        flip a bit of a file
//	port VARIABLE           an address where nothing listens
//	asks URL STATUS TEXT    ask until the answer is so
//	curls FILE              run the curl line that up has printed
func TestScripts(t *testing.T) {
	params := testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "has": has, "write": write, "gzip": pack, "bomb": bomb, "flip": flip,
			"port": port, "asks": asks, "prints": prints, "curls": curls,
		},
	}
	if testing.Short() { // those of services: in the others little runs side by side
		params.Dir = ""
		for _, name := range []string{"relay", "release", "signals", "up"} {
			params.Files = append(params.Files, "testdata/script/"+name+".txtar")
		}
	}
	testscript.Run(t, params)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
	if strings.Contains(ts.ReadFile("stderr"), "panic") {
		ts.Fatalf("it panicked:\n%s", ts.ReadFile("stderr"))
	}
}

func has(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: has stdout|stderr FILE")
	}
	var got []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		got = append(got, strings.TrimSpace(line))
	}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(got, line) {
			ts.Fatalf("%s lacks\n%s\nit has\n%s", args[0], line, strings.Join(got, "\n"))
		}
	}
}

func write(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf(`usage: write FILE "text"`)
	}
	text, err := strconv.Unquote(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

func pack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gzip FILE")
	}
	packTo(ts, args[0]+".gz", []byte(ts.ReadFile(args[0])))
	ts.Check(os.Remove(ts.MkAbs(args[0])))
}

func packTo(ts *testscript.TestScript, name string, b []byte) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	ts.Check(errors.Join(err, z.Close(), os.WriteFile(ts.MkAbs(name), out.Bytes(), 0o644)))
}

func bomb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bomb FILE MB")
	}
	mb, err := strconv.Atoi(args[1])
	ts.Check(err)
	packTo(ts, args[0], append([]byte("id,name,lat,lng\n"), make([]byte, mb<<20)...))
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	path := ts.MkAbs(args[0])
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	b, err := os.ReadFile(path)
	ts.Check(err)
	if at >= len(b) {
		ts.Fatalf("%s has %d bytes", args[0], len(b))
	}
	b[at] ^= 1
	ts.Check(errors.Join(os.Remove(path), os.WriteFile(path, b, 0o444)))
}

// The sizes and shares that people write.
func TestUnits(t *testing.T) {
	sizes := map[string]int64{
		"1GiB": 1 << 30, "64MiB": 64 << 20, "1.5GiB": 3 << 29, "2 GB": 2e9, "500kB": 500_000, "7": 7, "7B": 7, "1TiB": 1 << 40,
		"": 0, "0": 0, "-1GiB": 0, "1gib": 0, "GiB": 0, "1e999": 0, "NaN": 0, "9999999TiB": 0, "0.5B": 0, "1 Gi B": 0,
	}
	for text, want := range sizes {
		var s size
		if err := s.UnmarshalText([]byte(text)); (err == nil) != (want > 0) || int64(s) != want {
			t.Errorf("size %q is %d, %v, want %d", text, s, err, want)
		}
	}
	shares := map[string]float64{
		"1%": 0.01, "0.01": 0.01, "100%": 1, "0": 0, "0%": 0, "1": 1, " 5 %": 0.05,
		"101%": -1, "1.01": -1, "-1%": -1, "": -1, "%": -1, "NaN": -1, "x": -1,
	}
	for text, want := range shares {
		var p percent
		err := p.UnmarshalText([]byte(text))
		if (err == nil) != (want >= 0) || err == nil && fmt.Sprint(float64(p)) != fmt.Sprint(want) {
			t.Errorf("share %q is %v, %v, want %v", text, p, err, want)
		}
	}
	if p := percent(0); p.limit() >= 0 {
		t.Error("a share of 0 is not the default of the builder")
	}
}
