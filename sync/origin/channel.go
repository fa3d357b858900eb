package origin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/longpoll"
	"geodrop/sync/manifest"
)

// channel is a pointer as it is sent.
type channel struct {
	pointer manifest.Pointer
	body    []byte // nil while its release is not there
	etag    string
}

func newChannel(p manifest.Pointer, body []byte) channel {
	return channel{pointer: p, body: body, etag: `"` + string(manifest.ObjectOf(body).Digest) + `"`}
}

func (c channel) served() bool { return c.body != nil }

// getChannel sends the pointer of a channel: at once when it is not the one that
// the asker has, else when it moves, or 304 when the asker no longer wants to
// wait. Who has none waits for the first one likewise.
func (o *Origin) getChannel(x *exchange) error {
	name := chi.URLParam(x.r, "name")
	if !manifest.ValidChannel(name) {
		return notFound("no channel has such a name")
	}
	wait, err := longpoll.Wait(x.r, o.options.MaxWait)
	if err != nil {
		return &problem{status: http.StatusBadRequest, code: "invalid_value", detail: err.Error()}
	}
	o.renew(name)
	known := x.r.Header.Get("If-None-Match")
	c, moved := o.channel(name)
	if !c.news(known) && wait > 0 {
		if c, err = o.await(x, name, known, wait, moved); err != nil {
			return err
		}
	}
	return x.sendChannel(c, known)
}

// channel is the channel as it is, and what tells when one moves.
func (o *Origin) channel(name string) (channel, <-chan struct{}) {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	return o.channels[name], o.moved
}

// news reports whether the channel has something for who knows that much.
func (c channel) news(known string) bool { return c.served() && !longpoll.Matches(known, c.etag) }

// await waits until the channel has news, for so long at most.
func (o *Origin) await(x *exchange, name, known string, wait time.Duration, moved <-chan struct{}) (channel, error) {
	select {
	case o.waiters <- struct{}{}:
	default:
		o.metrics.refused.WithLabelValues("waiters").Inc()
		return channel{}, overloaded("so many wait for a channel already; ask without waiting, or later")
	}
	defer func() { <-o.waiters }()
	x.deadline(wait + o.options.SendTimeout)
	x.w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
	ctx, cancel := context.WithTimeout(x.r.Context(), wait)
	defer cancel()
	due, stop := o.whenDue(name)
	defer stop()
	for {
		select {
		case <-moved:
		case <-due:
			o.renew(name)
		case <-ctx.Done(): // the time is over, or the asker or the origin goes
			c, _ := o.channel(name)
			return c, nil
		}
		var c channel
		if c, moved = o.channel(name); c.news(known) {
			return c, nil
		}
	}
}

func (x *exchange) sendChannel(c channel, known string) error {
	if !c.served() {
		return &problem{status: http.StatusNotFound, code: "no_release", detail: "the channel has no release yet; wait for it, or look at the name", retry: true}
	}
	h := x.w.Header()
	h.Set("ETag", c.etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Prefer")
	if !c.news(known) {
		x.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/x-ndjson") // signatures follow
	h.Set("Content-Length", strconv.Itoa(len(c.body)))
	if x.r.Method == http.MethodHead {
		x.w.WriteHeader(http.StatusOK)
		return nil
	}
	x.w.kind = "channel"
	_, err := x.w.Write(c.body)
	return sendError(err)
}
