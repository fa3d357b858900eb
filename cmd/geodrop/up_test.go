package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// port sets a variable to an address of this machine where nothing listens.
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port VARIABLE")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

// asks asks until the answer has a status and a text.
func asks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: asks URL STATUS TEXT")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	until(ts, want, args[2], func() (*http.Response, error) { return http.Get(args[0]) })
}

// prints runs a command until what it prints matches.
func prints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: prints PATTERN command [args]")
	}
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	for began := time.Now(); time.Since(began) < patience; {
		if ts.Exec(args[1], args[2:]...) == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("%s never printed %s, but\n%s", args[1:], want, ts.ReadFile("stdout"))
}

// curls does what the line that begins with curl says, in a file that up has
// printed to, and wants drops.
func curls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: curls FILE")
	}
	_, line, _ := strings.Cut(ts.ReadFile(args[0]), "curl -s ")
	line, _, _ = strings.Cut(line, "\n")
	url, line, ok1 := strings.Cut(line, " -H 'Content-Type: application/json' -d '")
	body, _, ok2 := strings.Cut(line, "'")
	if !ok1 || !ok2 {
		ts.Fatalf("no line for curl in\n%s", ts.ReadFile(args[0]))
	}
	until(ts, http.StatusOK, `"drops":[{"poi":"`, func() (*http.Response, error) {
		return http.Post(url, "application/json", strings.NewReader(body))
	})
}

func until(ts *testscript.TestScript, status int, text string, send func() (*http.Response, error)) {
	last := ""
	for began := time.Now(); time.Since(began) < patience; {
		resp, err := send()
		if err != nil {
			last = err.Error()
			continue
		}
		b, err := io.ReadAll(resp.Body)
		ts.Check(err)
		ts.Check(resp.Body.Close())
		if resp.StatusCode == status && strings.Contains(string(b), text) {
			http.DefaultClient.CloseIdleConnections() // or the next one may get a connection that up has closed
			return
		}
		last = fmt.Sprintf("%d %s", resp.StatusCode, b)
	}
	ts.Fatalf("the last answer was %s, want %d with %s", last, status, text)
}
