package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
	"geodrop/sync/vitals"
)

// TestReported: the origin knows which node serves what.
func TestReported(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{NodeToken: "of-nodes"})
	m := publish(t, o, 1, "a")
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, http.NotFoundHandler()), upstreamtest.Listen(t, o))
	options.Node, options.Token = "leeds-1", "of-nodes"
	start(t, options)
	n.await(t, m.ID)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if s := o.State().Nodes; len(s) == 1 && s[0].Release == m.ID {
			if s[0].Node != "leeds-1" || s[0].Channel != manifest.DefaultChannel || s[0].Since.IsZero() {
				t.Errorf("it is listed as %+v", s[0])
			}
			return
		}
	}
}

// TestReportPace: a report goes up when something changes, and from time to time, as
// an origin reads it, with what was counted lately.
func TestReportPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		var reports []origin.NodeState
		asked := 0
		options := quick(t, newNode(), nil)
		options.Upstreams = []*url.URL{{Scheme: "http", Host: "upstream.example"}}
		options.Node = "n"
		options.Client = &http.Client{Transport: taker(func(b []byte) {
			var r origin.NodeState
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(&r); err != nil {
				t.Error(err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			reports = append(reports, r)
		})}
		options.Health = func() vitals.Counts {
			asked++
			return vitals.Counts{Requests: asked, Lookups: vitals.Lookups{Answers: uint64(10 * asked), Empty: uint64(asked), Took: vitals.Times{uint64(10 * asked)}}}
		}
		a, err := Open(options)
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.report(ctx) }()
		after := func(d time.Duration) []origin.NodeState {
			time.Sleep(d)
			synctest.Wait()
			mutex.Lock()
			defer mutex.Unlock()
			return slices.Clone(reports)
		}
		got := after(10 * time.Minute)
		if n := len(got); n < 20 || n > 41 {
			t.Errorf("%d reports in 10 min", n)
		}
		before := len(got)
		a.state.change(func(s *Status) { s.Release = "r1-01234567" })
		got = after(1500 * time.Millisecond)
		if len(got) == before || got[len(got)-1].Release != "r1-01234567" {
			t.Errorf("a change is not told: %+v", got[before:])
		}
		got = after(5 * time.Minute)
		last := got[len(got)-1]
		if n := uint64(last.Requests); n < 10 || last.Recent.Answers != 10*n || last.Recent.Empty != n || last.Recent.Took.Total() != 10*n {
			t.Errorf("what was counted is told as %+v", last)
		}
		cancel()
		<-done
		must(t, a.Close())
	})
}

// taker is a network that takes every report.
type taker func(body []byte)

// RoundTrip takes one.
func (take taker) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	take(b)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}
