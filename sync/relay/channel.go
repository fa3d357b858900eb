package relay

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/longpoll"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// getChannel answers as an origin does. Who comes first for a channel waits
// until an upstream was asked.
func (r *Relay) getChannel(x *exchange) error {
	name := chi.URLParam(x.r, "name")
	if !manifest.ValidChannel(name) {
		return notFound("no channel has such a name")
	}
	wait, err := longpoll.Wait(x.r, r.options.MaxWait)
	if err != nil {
		return &problem{status: http.StatusBadRequest, code: "invalid_value", detail: err.Error()}
	}
	w := r.watch(name)
	if w == nil {
		r.metrics.refused.WithLabelValues("channels").Inc()
		return full("so many channels are followed already")
	}
	known := x.r.Header.Get("If-None-Match")
	if s, etag, asked, _ := w.look(); asked && (wait == 0 || news(s, etag, known)) {
		return x.sendChannel(s, etag, known)
	}
	s, etag, err := r.await(x, w, known, wait)
	if err != nil {
		return err
	}
	return x.sendChannel(s, etag, known)
}

// await waits for news, for so long at most, or for the first word of an
// upstream.
func (r *Relay) await(x *exchange, w *watch, known string, wait time.Duration) (trust.Sealed, string, error) {
	select {
	case r.waiters <- struct{}{}:
	default:
		r.metrics.refused.WithLabelValues("waiters").Inc()
		return trust.Sealed{}, "", full("so many wait for a channel already; ask without waiting, or later")
	}
	defer func() { <-r.waiters }()
	most := max(wait, r.options.Timeout)
	if _, _, asked, _ := w.look(); asked {
		most = wait
	}
	x.deadline(most + r.options.SendTimeout)
	if wait > 0 {
		x.w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), most)
	defer cancel()
	for {
		s, etag, asked, moved := w.look()
		if asked && (wait == 0 || news(s, etag, known)) {
			return s, etag, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return s, etag, nil
		case <-r.ctx.Done():
			return s, etag, nil
		}
	}
}

func (x *exchange) sendChannel(s trust.Sealed, etag, known string) error {
	if s.Body == nil {
		return &problem{status: http.StatusNotFound, code: "no_release", detail: "no upstream has a release for the channel yet; wait for it, or look at the name", retry: true}
	}
	h := x.w.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Prefer")
	if !news(s, etag, known) {
		x.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Length", strconv.Itoa(len(s.Body)))
	x.w.kind = x.kind
	_, _ = x.w.Write(s.Body) // who is gone needs no answer
	return nil
}
