package relay

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/answer"
	"geodrop/sync/longpoll"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// getChannel answers as an origin does. Who comes first for a channel waits
// until an upstream was asked.
func (r *Relay) getChannel(x *answer.Exchange) error {
	name := chi.URLParam(x.R, "name")
	if !manifest.ValidChannel(name) {
		return answer.NotFound("no channel has such a name")
	}
	wait, err := longpoll.Wait(x.R, r.options.MaxWait)
	if err != nil {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_value", Detail: err.Error()}
	}
	w := r.watch(name)
	if w == nil {
		r.metrics.traffic.Refused("channels")
		return full("so many channels are followed already")
	}
	known := x.R.Header.Get("If-None-Match")
	if s, etag, asked, _ := w.look(); asked && (wait == 0 || news(s, etag, known)) {
		return sendChannel(x, s, etag)
	}
	s, etag, err := r.await(x, w, known, wait)
	if err != nil {
		return err
	}
	return sendChannel(x, s, etag)
}

// await waits for news, for so long at most, or for the first word of an
// upstream.
func (r *Relay) await(x *answer.Exchange, w *watch, known string, wait time.Duration) (trust.Sealed, string, error) {
	select {
	case r.waiters <- struct{}{}:
	default:
		r.metrics.traffic.Refused("waiters")
		return trust.Sealed{}, "", full("so many wait for a channel already; ask without waiting, or later")
	}
	defer func() { <-r.waiters }()
	most := max(wait, r.options.Timeout)
	if _, _, asked, _ := w.look(); asked {
		most = wait
	}
	x.Deadline(most + r.options.SendTimeout)
	if wait > 0 {
		x.Applied(wait)
	}
	ctx, cancel := context.WithTimeout(x.R.Context(), most)
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

func sendChannel(x *answer.Exchange, s trust.Sealed, etag string) error {
	return x.SendPointer(s.Body, etag, "no upstream has a release for the channel yet; wait for it, or look at the name")
}
