package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/failover"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// cutting breaks objects off after so many bytes, and notes the ranges asked.
type cutting struct {
	truth  http.Handler
	after  int
	ranges chan string
}

func (c *cutting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !object(r) {
		c.truth.ServeHTTP(w, r)
		return
	}
	c.ranges <- r.Header.Get("Range")
	answer := recorded(c.truth, r)
	b := answer.Body.Bytes()
	w.Header().Set("Content-Range", answer.Header().Get("Content-Range"))
	w.Header().Set("Content-Length", answer.Header().Get("Content-Length"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(b[:min(len(b), c.after)])
	if len(b) > c.after {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// TestResume: what broke off goes on where it was, and nothing is sent twice.
func TestResume(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := &cutting{truth: o, after: objectSize/4 + 1, ranges: make(chan string, 100)}
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, upstream))
	options.Parallel = 1
	a, _ := start(t, options)
	m := publish(t, o, 1, "a")
	n.await(t, m.ID)
	file, _, err := m.File()
	must(t, err)
	s := until(t, a, "settled", func(s Status) bool { return s.Fetching == "" })
	if want := m.Bytes() + int64(len(file)); s.Fetched != want {
		t.Errorf("%d bytes fetched of %d", s.Fetched, want)
	}
	close(upstream.ranges)
	var ranges []string
	for r := range upstream.ranges {
		if r != "" {
			ranges = append(ranges, r)
		}
	}
	want := "[bytes=16385- bytes=32770- bytes=49155-]"
	if fmt.Sprint(ranges) != want {
		t.Errorf("ranges %v, want %s", ranges, want)
	}
}

// TestResumeAfterRestart: what one process has fetched another goes on with.
func TestResumeAfterRestart(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	ranges := make(chan string, 100)
	upstream := newLiar(o)
	stuck := make(chan struct{})
	upstream.tell(func(w http.ResponseWriter, r *http.Request) {
		answer := recorded(o, r)
		if b := answer.Body.Bytes(); object(r) && len(b) == objectSize {
			w.Header().Set("Content-Length", answer.Header().Get("Content-Length"))
			_, _ = w.Write(b[:1000])
			_ = http.NewResponseController(w).Flush()
			close(stuck)
			<-r.Context().Done()
			return
		}
		resend(w, answer, answer.Body.Bytes())
	})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, upstream))
	m := publish(t, o, 1, "a")
	a, stop := start(t, options)
	<-stuck
	until(t, a, "at the first bytes", func(Status) bool { return a.partial(t, m) == 1000 })
	stop()
	upstream.tell(func(w http.ResponseWriter, r *http.Request) {
		if object(r) {
			ranges <- r.Header.Get("Range")
		}
		o.ServeHTTP(w, r)
	})
	options.Registry = nil
	start(t, options)
	n.await(t, m.ID)
	var asked []string
	for len(ranges) > 0 {
		asked = append(asked, <-ranges)
	}
	if !slices.Contains(asked, "bytes=1000-") {
		t.Errorf("asked for %q, want bytes=1000-", asked)
	}
}

// TestWithoutRanges: an upstream that always sends all of an object will do.
func TestWithoutRanges(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := &cutting{truth: o, after: 5000, ranges: make(chan string, 100)}
	whole := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ranged := r.Header.Get("Range") != ""
		r.Header.Del("Range")
		if ranged {
			o.ServeHTTP(w, r)
			return
		}
		upstream.ServeHTTP(w, r)
	})
	n := newNode()
	start(t, quick(t, n, upstreamtest.Listen(t, whole)))
	n.await(t, publish(t, o, 1, "a").ID)
}

// tripper answers requests within the process, so that a test has its own clock.
type tripper func(r *http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// through answers by a handler, at once.
func through(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp
}

// drip gives a byte each second.
type drip struct {
	ctx context.Context
	r   io.Reader
}

func (d *drip) Read(b []byte) (int, error) {
	if err := failover.Pause(d.ctx, time.Second); err != nil {
		return 0, err
	}
	return d.r.Read(b[:1])
}

func (d *drip) Close() error { return nil }

func hosts(names ...string) []*url.URL {
	var list []*url.URL
	for _, name := range names {
		list = append(list, &url.URL{Scheme: "http", Host: name})
	}
	return list
}

// TestSlowUpstreams: of two upstreams the preferred one is too slow, each in its
// way; it is given up for the other.
func TestSlowUpstreams(t *testing.T) {
	tests := []struct {
		name  string
		slow  func(r *http.Request, o http.Handler) (*http.Response, error)
		class Class
	}{
		{"never answers", func(r *http.Request, _ http.Handler) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, Timeout},
		{"never answers for objects", func(r *http.Request, o http.Handler) (*http.Response, error) {
			if object(r) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return through(o, r), nil
		}, Timeout},
		{"drips objects", func(r *http.Request, o http.Handler) (*http.Response, error) {
			resp := through(o, r)
			if object(r) {
				resp.Body = &drip{r.Context(), resp.Body}
			}
			return resp, nil
		}, Slow},
		{"drips all", func(r *http.Request, o http.Handler) (*http.Response, error) {
			resp := through(o, r)
			resp.Body = &drip{r.Context(), resp.Body}
			return resp, nil
		}, Timeout},
		{"stops amid an object", func(r *http.Request, o http.Handler) (*http.Response, error) {
			resp := through(o, r)
			if object(r) {
				rest := &drip{r.Context(), neverReader{r.Context()}}
				resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 100), rest))
			}
			return resp, nil
		}, Slow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := upstreamtest.OpenOrigin(t, origin.Options{})
				m := publish(t, o, 1, "a")
				n := newNode()
				options := Options{Upstreams: hosts("slow", "good"), Dir: t.TempDir(), Serve: n.Serve, Registry: prometheus.NewRegistry()}
				options.Client = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Host == "slow" {
						return tt.slow(r, o)
					}
					return through(o, r), nil
				})}
				began := time.Now()
				_, stop := start(t, options)
				n.await(t, m.ID)
				if took := time.Since(began); took < 10*time.Second || took > 2*time.Minute {
					t.Errorf("served after %v", took)
				}
				if figure(t, options.Registry, "geodrop_agent_failures_total", string(tt.class)) == 0 {
					t.Errorf("no failure of class %s", tt.class)
				}
				stop()
			})
		})
	}
}

type neverReader struct{ ctx context.Context }

func (r neverReader) Read([]byte) (int, error) { <-r.ctx.Done(); return 0, r.ctx.Err() }

// TestPace: how often an upstream is asked in a minute.
func TestPace(t *testing.T) {
	tests := []struct {
		name        string
		change      func(*http.Response)
		least, most int32
	}{
		{"it waits", nil, 2, 4},
		{"it does not wait", func(*http.Response) {}, 29, 70},
		{"it has no ETags", func(resp *http.Response) { resp.Header.Del("ETag") }, 29, 70},
		{"each answer has another ETag", func(resp *http.Response) {
			resp.Header.Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano()))
		}, 29, 70},
		{"it is broken", func(resp *http.Response) { resp.StatusCode = 500 }, 6, 60},
		{"it is overloaded", func(resp *http.Response) {
			resp.StatusCode = 503
			resp.Header.Set("Retry-After", "30")
		}, 1, 3},
		{"it is overloaded until a date", func(resp *http.Response) {
			resp.StatusCode = 429
			resp.Header.Set("Retry-After", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))
		}, 1, 3},
		{"it is overloaded for a year", func(resp *http.Response) {
			resp.StatusCode = 503
			resp.Header.Set("Retry-After", "31536000")
		}, 1, 2},
		{"it is back to an older version", func(resp *http.Response) {
			resp.StatusCode = 200
			resp.Body = io.NopCloser(strings.NewReader(olderPointer))
		}, 6, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := upstreamtest.OpenOrigin(t, origin.Options{})
				m := publish(t, o, 1, "a")
				n := newNode()
				var asked atomic.Int32
				var lying atomic.Bool
				options := Options{Upstreams: hosts("one"), Dir: t.TempDir(), Serve: n.Serve}
				options.Client = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
					asked.Add(1)
					if !lying.Load() || tt.change == nil {
						return through(o, r), nil
					}
					r.Header.Del("Prefer")
					resp := through(o, r)
					tt.change(resp)
					return resp, nil
				})}
				_, stop := start(t, options)
				n.await(t, m.ID)
				lying.Store(true)
				time.Sleep(30 * time.Second) // what waits has ended
				asked.Store(0)
				time.Sleep(time.Minute)
				if got := asked.Load(); got < tt.least || got > tt.most {
					t.Errorf("asked %d times in a minute, want %d…%d", got, tt.least, tt.most)
				}
				stop()
			})
		})
	}
}

var olderPointer = func() string {
	b, err := manifest.Pointer{Channel: "main", Version: 1, Release: "r1-00000000", Manifest: manifest.ObjectOf([]byte("x"))}.Encode()
	if err != nil {
		panic(err)
	}
	return string(b)
}()

// TestFailOverAndBack: while the preferred upstream is away another one is
// followed, and no longer than that.
func TestFailOverAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := upstreamtest.OpenOrigin(t, origin.Options{})
		n := newNode()
		var away atomic.Bool
		options := Options{Upstreams: hosts("near", "far"), Dir: t.TempDir(), Serve: n.Serve}
		options.Client = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "near" && away.Load() {
				return nil, errors.New("connection refused")
			}
			return through(o, r), nil
		})}
		a, stop := start(t, options)
		for i := range 4 {
			away.Store(i%2 == 1)
			time.Sleep(2 * time.Minute) // a wait ends, and the pause after a failure
			n.await(t, publish(t, o, uint64(i+1), "a", fmt.Sprint(i)).ID)
			want := "http://near"
			if away.Load() {
				want = "http://far"
			}
			synctest.Wait()
			if s := a.Status(); s.Upstream != want {
				t.Errorf("%d: follows %s, want %s", i, s.Upstream, want)
			}
		}
		stop()
	})
}

// TestFrozenUpstream: a preferred upstream that is behind, and says that there is
// nothing new, is found out by comparing.
func TestFrozenUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := upstreamtest.OpenOrigin(t, origin.Options{})
		frozen := upstreamtest.OpenOrigin(t, origin.Options{})
		dir, m := seal(t, 1, "a")
		_, err := frozen.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		time.Sleep(time.Second)
		_, err = o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		n := newNode()
		options := Options{Upstreams: hosts("frozen", "good"), Dir: t.TempDir(), Serve: n.Serve}
		options.Client = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "frozen" {
				return through(frozen, r), nil
			}
			return through(o, r), nil
		})}
		_, stop := start(t, options)
		n.await(t, m.ID)
		next := publish(t, o, 2, "b")
		began := time.Now()
		n.await(t, next.ID)
		if took := time.Since(began); took > 2*compareEvery {
			t.Errorf("found out after %v", took)
		}
		stop()
	})
}
