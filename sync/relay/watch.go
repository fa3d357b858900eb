package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/failover"
	"geodrop/sync/longpoll"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// watch follows a channel, for all who ask for it.
type watch struct {
	name string

	mutex   sync.Mutex
	sealed  trust.Sealed // without a body: none is known
	etag    string
	asked   bool          // an upstream, whatever it said
	moved   chan struct{} // closed, and made anew, when one of those changes
	wanted  time.Time     // when somebody last asked
	contact time.Time
	err     error // of the last answer

	etags map[*upstream]string // of what each sent last; of follow alone
}

// Channel is what a relay knows of one.
type Channel struct {
	manifest.Pointer
	LastContact time.Time // with an upstream that answered for it
	Err         error     // since then
}

// Channels are those that are followed, by name.
func (r *Relay) Channels() map[string]Channel {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	all := map[string]Channel{}
	for name, w := range r.watches {
		w.mutex.Lock()
		all[name] = Channel{w.sealed.Pointer, w.contact, w.err}
		w.mutex.Unlock()
	}
	return all
}

// Channel has a channel followed, and is what is known of it at this moment.
func (r *Relay) Channel(name string) Channel {
	w := r.watch(name)
	if w == nil {
		return Channel{}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return Channel{w.sealed.Pointer, w.contact, w.err}
}

// watch is the one of a channel, begun if there is none; nil if there are too
// many.
func (r *Relay) watch(name string) *watch {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	w := r.watches[name]
	if w == nil {
		if r.closed || len(r.watches) >= r.options.MaxChannels {
			return nil
		}
		w = &watch{name: name, moved: make(chan struct{}), etags: map[*upstream]string{}}
		r.watches[name] = w
		r.busy.Go(func() { r.follow(w) })
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.wanted = time.Now()
	return w
}

// follow asks upstreams until nobody wants to know any more.
func (r *Relay) follow(w *watch) {
	before, beforeErr := r.load(w.name)
	if beforeErr != nil {
		r.options.Log.Warn("a channel is not known from before", "channel", w.name, "error", beforeErr)
	}
	for r.ctx.Err() == nil && !r.retire(w) {
		u, err := r.upstreams.Choose(r.ctx, nil)
		if err != nil {
			return
		}
		asked, known := time.Now(), w.etags[u]
		sealed, err := r.poll(u, w)
		if r.ctx.Err() != nil {
			return
		}
		switch {
		case err != nil && missing(err):
			w.learn(err)
			r.pace(asked)
		case err != nil:
			delete(w.etags, u)
			r.failed(u, asked, err)
			r.options.Log.Warn("an upstream is left alone for a while", "upstream", u.Name(), "channel", w.name, "error", err)
			w.learn(err)
			w.fallBack(before)
		default:
			r.upstreams.Succeeded(u)
			r.accept(w, sealed)
			if known != "" || w.etags[u] == "" { // else it had no chance to wait
				r.pace(asked)
			}
		}
	}
}

// accept passes a pointer on, where it is another one.
func (r *Relay) accept(w *watch, s trust.Sealed) {
	w.mutex.Lock()
	same := s.Body == nil || string(s.Body) == string(w.sealed.Body)
	w.mutex.Unlock()
	w.set(s, same)
	if same {
		return
	}
	if err := atomicfile.Write(r.channels, w.name+".json", s.Body); err != nil {
		r.options.Log.Error("after a restart a channel is known only when an upstream is there", "channel", w.name, "error", err)
	}
}

func (w *watch) set(s trust.Sealed, same bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.contact, w.err = time.Now(), nil
	if !same {
		w.point(s)
	}
	w.tell(!same)
}

// learn notes what an upstream said instead of an answer.
func (w *watch) learn(err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.err = err
	w.tell(false)
}

// fallBack passes on what was known before the process began, where no upstream
// said better. Nodes judge.
func (w *watch) fallBack(s trust.Sealed) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.sealed.Body == nil && s.Body != nil {
		w.point(s)
		w.tell(true)
	}
}

func (w *watch) point(s trust.Sealed) {
	w.sealed, w.etag = s, `"`+string(manifest.ObjectOf(s.Body).Digest)+`"`
}

func (w *watch) tell(moved bool) {
	if !moved && w.asked {
		return
	}
	w.asked = true
	close(w.moved)
	w.moved = make(chan struct{})
}

// retire ends a watch that nobody wants.
func (r *Relay) retire(w *watch) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if time.Since(w.wanted) < r.options.Idle {
		return false
	}
	delete(r.watches, w.name)
	return true
}

// pace keeps to the interval of polling where the upstream did not wait.
func (r *Relay) pace(asked time.Time) {
	interval := r.options.Poll/2 + rand.N(r.options.Poll/2+1)
	if rest := interval - time.Since(asked); rest > 0 {
		_ = failover.Pause(r.ctx, rest) // the caller looks at the context
	}
}

// load reads what was passed on before the process began.
func (r *Relay) load(name string) (trust.Sealed, error) {
	b, err := os.ReadFile(filepath.Join(r.channels, name+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return trust.Sealed{}, nil
	}
	if err != nil {
		return trust.Sealed{}, err
	}
	return trust.Open(b)
}

// poll asks an upstream where a channel is, and to hold the request until that
// is another place. It returns a pointer without a body where it is not.
func (r *Relay) poll(u *upstream, w *watch) (trust.Sealed, error) {
	wait := r.options.Wait*3/4 + rand.N(r.options.Wait/4+1)
	ctx, cancel := context.WithTimeout(r.ctx, wait+r.options.Timeout)
	defer cancel()
	header := http.Header{}
	if s := int(wait / time.Second); s > 0 {
		header.Set("Prefer", "wait="+strconv.Itoa(s))
	}
	if etag := w.etags[u]; etag != "" {
		header.Set("If-None-Match", etag)
	}
	resp, err := r.get(ctx, u, "/v1/channels/"+w.name, header)
	if err != nil {
		return trust.Sealed{}, err
	}
	defer resp.Body.Close() // read only: nothing to lose
	switch {
	case resp.StatusCode == http.StatusNotModified && w.etags[u] != "":
		return trust.Sealed{}, r.holds(w)
	case resp.StatusCode != http.StatusOK:
		return trust.Sealed{}, newStatusError(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, manifest.MaxPointer+1))
	if err != nil {
		return trust.Sealed{}, fmt.Errorf("read the pointer: %w", err)
	}
	s, err := trust.Open(body)
	if err == nil {
		err = r.judge(w, s)
	}
	if err == nil {
		w.etags[u] = resp.Header.Get("ETag")
	}
	return s, err
}

// holds is nil while the pointer that is passed on holds.
func (r *Relay) holds(w *watch) error {
	if r.options.Trust != nil && trust.Expired(w.sealed.Pointer, r.options.Now()) {
		return fmt.Errorf("it has nothing new since %s, until when the pointer held", w.sealed.Expires.Format(time.RFC3339))
	}
	return nil
}

// judge refuses a pointer that no node would take, and one that is behind what
// was passed on.
func (r *Relay) judge(w *watch, s trust.Sealed) error {
	var keys trust.Keys
	if s.Channel != w.name {
		return fmt.Errorf("the pointer is of channel %s", s.Channel)
	}
	if r.options.Trust != nil {
		var err error
		if keys, err = r.options.Trust(); err != nil {
			return err
		}
		if _, err := s.Verify(keys); err != nil {
			return err
		}
		if trust.Expired(s.Pointer, r.options.Now()) {
			return fmt.Errorf("the pointer held until %s", s.Expires.Format(time.RFC3339))
		}
	}
	before := w.sealed
	named := slices.Contains(keys.Lineages, s.Lineage)
	switch {
	case len(keys.Lineages) > 0 && !named:
		return fmt.Errorf("the channel is of lineage %.80q there, which is not among the trusted", s.Lineage)
	case before.Body == nil || named && s.Lineage != before.Lineage:
		return nil
	case r.options.Trust != nil && s.Lineage != before.Lineage:
		return fmt.Errorf("the channel is of lineage %.80q there, and %.80q is passed on", s.Lineage, before.Lineage)
	case s.Version < before.Version, s.Version == before.Version && s.Issued.Before(before.Issued):
		return fmt.Errorf("the channel is at version %d there, issued before that of version %d which is passed on", s.Version, before.Version)
	}
	return nil
}

// look is the channel as it is, and what tells of a change.
func (w *watch) look() (s trust.Sealed, etag string, asked bool, moved <-chan struct{}) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.sealed, w.etag, w.asked, w.moved
}

// news reports whether a pointer is one for who knows that much.
func news(s trust.Sealed, etag, known string) bool {
	return s.Body != nil && !longpoll.Matches(known, etag)
}
