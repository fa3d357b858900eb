package client

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// scripted answers requests one after another, as a transport.
type scripted struct {
	t       *testing.T
	answers []scriptedAnswer
	asked   []*http.Request
	bodies  []string
	at      []time.Time
}

type scriptedAnswer struct {
	status int
	header string // "Name: value" lines
	body   string
	err    error
	late   time.Duration
}

// RoundTrip gives the next answer; the last one again and again.
func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	a := s.answers[min(len(s.asked), len(s.answers)-1)]
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		body = string(b)
	}
	s.asked, s.bodies, s.at = append(s.asked, r), append(s.bodies, body), append(s.at, time.Now())
	if !sleep(r.Context(), a.late) {
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{}
	for line := range strings.Lines(a.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		h.Add(name, value)
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func newScripted(t *testing.T, o Options, answers ...scriptedAnswer) (*Client, *scripted) {
	t.Helper()
	s := &scripted{t: t, answers: answers}
	o.Transport = s
	c, err := New("http://node/base", o)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// Answers that tests use.
var (
	found  = scriptedAnswer{status: 200, body: `{"release":"r1","cell":"c","district":null,"drops":[],"next_poll_ms":5000}`}
	broken = scriptedAnswer{err: io.ErrUnexpectedEOF}
)

func problem(status int, code, header string) scriptedAnswer {
	return scriptedAnswer{
		status: status, header: "Content-Type: application/problem+json; charset=utf-8\n" + header,
		body: `{"type":"about:blank","title":"t","status":999,"code":"` + code + `","field":"f","detail":"d","instance":"i"}`,
	}
}
