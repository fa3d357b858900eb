package agent

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/trust"
	"geodrop/sync/upstreamtest"
)

func newKey(t testing.TB) trust.Key {
	t.Helper()
	k, err := trust.NewKey()
	must(t, err)
	return k
}

// circle is what a node believes, which can change.
type circle struct {
	mutex sync.Mutex
	keys  trust.Keys
	err   error
}

func (c *circle) read() (trust.Keys, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.keys, c.err
}

func (c *circle) change(how func(*circle)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	how(c)
}

func (c *circle) trust(t testing.TB, k trust.Key) {
	t.Helper()
	c.change(func(c *circle) {
		var err error
		c.keys, err = c.keys.Trust(trust.Named{Public: k.Public()})
		must(t, err)
	})
}

func (c *circle) revoke(t testing.TB, k trust.Key) {
	t.Helper()
	c.change(func(c *circle) {
		var err error
		c.keys, err = c.keys.Revoke(k.Public().ID())
		must(t, err)
	})
}

// clock is one that is put forward by hand.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

// signed is an origin that signs, a node that believes it, and what is between.
type signed struct {
	clock    *clock
	key      trust.Key
	origin   *origin.Origin
	upstream *liar
	circle   *circle
	node     *node
	options  Options
	agent    *Agent
	stop     func()
	first    *manifest.Manifest // is served
}

func newSigned(t *testing.T) *signed {
	t.Helper()
	s := &signed{clock: &clock{now: time.UnixMilli(1e12)}, key: newKey(t), circle: &circle{}, node: newNode()}
	s.origin = s.open(t, s.key)
	s.upstream = newLiar(s.origin)
	s.circle.trust(t, s.key)
	s.first = publish(t, s.origin, 10, "a", "b")
	s.options = quick(t, s.node, upstreamtest.Listen(t, s.upstream))
	s.options.Trust, s.options.Now = s.circle.read, s.clock.Now
	s.options.Wait = time.Nanosecond // it asks again and again: the clock moves by hand
	s.agent, s.stop = start(t, s.options)
	s.node.await(t, s.first.ID)
	return s
}

func (s *signed) open(t *testing.T, keys ...trust.Key) *origin.Origin {
	return upstreamtest.OpenOrigin(t, origin.Options{Keys: keys, Now: s.clock.Now, Validity: time.Hour})
}

// pointerNow is what an origin sends at this moment.
func pointerNow(o http.Handler) []byte {
	r, err := http.NewRequest(http.MethodGet, "/v1/channels/main", nil)
	if err != nil {
		panic(err)
	}
	return recorded(o, r).Body.Bytes()
}

// says answers for the channel, and leaves objects to the truth.
func (s *signed) says(body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if object(r) {
			s.upstream.truth.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write(body())
	}
}

// TestUntrusted: a pointer that is signed by nobody who is trusted, or of
// another history, is refused; what is served still is.
func TestUntrusted(t *testing.T) {
	tests := []struct {
		name  string
		class Class
		lie   func(t *testing.T, s *signed) http.HandlerFunc
	}{
		{"unsigned", Untrusted, func(_ *testing.T, s *signed) http.HandlerFunc {
			return s.says(func() []byte {
				text, _, _ := bytes.Cut(pointerNow(s.origin), []byte("\n"))
				return text
			})
		}},
		{"signed by another", Untrusted, func(t *testing.T, s *signed) http.HandlerFunc {
			other := s.open(t, newKey(t))
			publish(t, other, 12, "x")
			return other.ServeHTTP
		}},
		{"signed by another in the name of the trusted one", Untrusted, func(t *testing.T, s *signed) http.HandlerFunc {
			wrong := newKey(t)
			other := s.open(t, wrong)
			publish(t, other, 12, "x")
			return s.says(func() []byte {
				return bytes.ReplaceAll(pointerNow(other), []byte(wrong.Public().ID()), []byte(s.key.Public().ID()))
			})
		}},
		{"changed after it was signed", Untrusted, func(_ *testing.T, s *signed) http.HandlerFunc {
			return s.says(func() []byte {
				return bytes.Replace(pointerNow(s.origin), []byte(`"sequence":11`), []byte(`"sequence":12`), 1)
			})
		}},
		{"signature of another pointer", Untrusted, func(_ *testing.T, s *signed) http.HandlerFunc {
			_, before, _ := bytes.Cut(pointerNow(s.origin), []byte("\n"))
			return s.says(func() []byte {
				text, _, _ := bytes.Cut(pointerNow(s.origin), []byte("\n"))
				return bytes.Join([][]byte{text, before}, []byte("\n"))
			})
		}},
		{"never ends", Untrusted, func(t *testing.T, s *signed) http.HandlerFunc {
			return s.says(func() []byte {
				p, err := trust.Open(pointerNow(s.origin))
				must(t, err)
				p.Expires = time.Time{}
				forever, err := trust.Seal(p.Pointer, []trust.Key{s.key})
				must(t, err)
				return forever.Body
			})
		}},
		{"another history, trusted key", Lineage, func(t *testing.T, s *signed) http.HandlerFunc {
			other := s.open(t, s.key)
			publish(t, other, 12, "x")
			return other.ServeHTTP
		}},
		{"replayed", Rollback, func(_ *testing.T, s *signed) http.HandlerFunc {
			s.upstream.tell(nil)
			before := pointerNow(s.origin)
			s.node.await(t, publish(t, s.origin, 11, "a", "c").ID)
			return s.says(func() []byte { return before })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSigned(t)
			s.upstream.tell(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			lie := tt.lie(t, s)
			served := s.node.last()
			until(t, s.agent, "serving "+served, func(s Status) bool { return s.Release == served })
			s.upstream.tell(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			if len(s.origin.Releases()) == 1 {
				publish(t, s.origin, 11, "a", "c")
			}
			s.upstream.tell(lie)
			got := until(t, s.agent, "refused as "+string(tt.class), withClass(tt.class))
			if got.Release != served || len(s.node.swaps) != 0 {
				t.Errorf("status %+v, want that %s is served still", got, served)
			}
			s.upstream.tell(nil)
			next := publish(t, s.origin, 13, "a", "d")
			s.node.await(t, next.ID)
			until(t, s.agent, "settled", withClass(""))
		})
	}
}

// timesFailed is how often a class of failures was met: a status shows the last alone.
func timesFailed(t *testing.T, a *Agent, class Class) float64 {
	t.Helper()
	var m dto.Metric
	must(t, a.state.failures.WithLabelValues(string(class)).Write(&m))
	return m.GetCounter().GetValue()
}

// TestFreeze: an upstream that holds news back is found out when the pointer
// that it shows should have been renewed, whether it repeats it, says that
// nothing is new, or is away. What is served still is, as stale, also after a
// restart.
func TestFreeze(t *testing.T) {
	tests := []struct {
		name  string
		class Class
		lie   func(s *signed) http.HandlerFunc
	}{
		{"repeats", Expired, func(s *signed) http.HandlerFunc {
			frozen := pointerNow(s.origin)
			return s.says(func() []byte { return frozen })
		}},
		{"says that nothing is new", Expired, func(*signed) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") == "" {
					w.WriteHeader(http.StatusBadGateway) // it does not even have it
					return
				}
				w.WriteHeader(http.StatusNotModified)
			}
		}},
		{"is away", Network, func(*signed) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSigned(t)
			until(t, s.agent, "settled", func(got Status) bool { return !got.LastContact.IsZero() && got.Class == "" })
			s.upstream.tell(tt.lie(s))
			second := publish(t, s.origin, 11, "a", "c")
			s.clock.forward(59 * time.Minute)
			if got := s.agent.Status(); got.Stale || got.SignedBy != s.key.Public().ID() {
				t.Errorf("before its end %+v, want not stale, and who signed", got)
			}
			s.clock.forward(2 * time.Minute)
			got := until(t, s.agent, "stale for "+string(tt.class), func(got Status) bool {
				return got.Stale && timesFailed(t, s.agent, tt.class) > 0
			})
			if got.Release != s.first.ID {
				t.Errorf("status %+v, want that %s is served still", got, s.first.ID)
			}
			s.stop()
			s.agent, s.stop = start(t, s.options)
			s.node.await(t, s.first.ID)
			until(t, s.agent, "stale after a restart", func(got Status) bool { return got.Stale && got.Release == s.first.ID })
			s.upstream.tell(nil)
			s.node.await(t, second.ID)
			until(t, s.agent, "no longer stale", func(got Status) bool { return !got.Stale && got.Class == "" })
		})
	}
}

// TestRenewal: an origin that lives renews what it signed, so that nothing is
// ever stale, and the release is not fetched or swapped again.
func TestRenewal(t *testing.T) {
	s := newSigned(t)
	for range 12 {
		before := s.agent.Status().Expires
		s.clock.forward(21 * time.Minute)
		until(t, s.agent, "renewed", func(got Status) bool { return got.Expires.After(before) && !got.Stale })
	}
	if len(s.node.swaps) != 0 || s.agent.Status().Release != s.first.ID {
		t.Errorf("it was served again: %+v", s.agent.Status())
	}
}

// TestKeysChange: a node that knows the new key follows an origin that signs
// with both, then with the new one alone, then the old one is revoked.
func TestKeysChange(t *testing.T) {
	s := newSigned(t)
	dir := t.TempDir()
	next := newKey(t)
	reopen := func(sequence uint64, segment string, keys ...trust.Key) *manifest.Manifest {
		t.Helper()
		s.clock.forward(time.Second) // versions are times
		o, err := origin.Open(origin.Options{Dir: dir, Keys: keys, Now: s.clock.Now, Lineage: "one"})
		must(t, err)
		t.Cleanup(func() { must(t, o.Close()) })
		m := publish(t, o, sequence, segment)
		s.upstream.tell(o.ServeHTTP)
		dir = t.TempDir() // the folder has one process; objects are brought anew
		return m
	}
	s.circle.change(func(c *circle) { c.keys.Lineages = []string{"one"} })
	s.circle.trust(t, next)
	s.node.await(t, reopen(20, "x", s.key, next).ID)
	s.node.await(t, reopen(21, "y", next).ID)
	s.circle.revoke(t, s.key)
	stolen := reopen(22, "z", s.key)
	got := until(t, s.agent, "refused", withClass(Untrusted))
	if !strings.Contains(got.Error, "is revoked") || len(s.node.swaps) != 0 {
		t.Errorf("%s signed with a revoked key: %+v", stolen.ID, got)
	}
	s.node.await(t, reopen(23, "zz", next).ID)
}

// TestAnotherLineage: a history that the trusted keys name is followed, from its
// own beginning.
func TestAnotherLineage(t *testing.T) {
	s := newSigned(t)
	other := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{s.key}, Now: func() time.Time { return s.clock.Now().Add(-time.Minute) }, Lineage: "restored"})
	restored := publish(t, other, 1, "a") // an older version and an older sequence
	s.upstream.tell(other.ServeHTTP)
	until(t, s.agent, "refused", withClass(Lineage))
	s.circle.change(func(c *circle) { c.keys.Lineages = []string{"restored"} })
	s.node.await(t, restored.ID)
	s.upstream.tell(nil) // the lost one comes back
	until(t, s.agent, "refused", withClass(Lineage))
}

// TestKeysCannotBeRead: without its keys a node believes nobody, and goes on.
func TestKeysCannotBeRead(t *testing.T) {
	s := newSigned(t)
	s.circle.change(func(c *circle) { c.err = errors.New("no such file") })
	next := publish(t, s.origin, 11, "a", "c")
	if got := until(t, s.agent, "refused", withClass(Keys)); got.Release != s.first.ID {
		t.Errorf("status %+v, want that %s is served still", got, s.first.ID)
	}
	s.circle.change(func(c *circle) { c.err = nil })
	s.node.await(t, next.ID)
}
