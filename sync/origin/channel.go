package origin

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/answer"
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
func (o *Origin) getChannel(x *answer.Exchange) error {
	name := chi.URLParam(x.R, "name")
	if !manifest.ValidChannel(name) {
		return answer.NotFound("no channel has such a name")
	}
	wait, err := longpoll.Wait(x.R, o.options.MaxWait)
	if err != nil {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_value", Detail: err.Error()}
	}
	o.renew(name)
	known := x.R.Header.Get("If-None-Match")
	c, moved := o.channel(name)
	if !c.news(known) && wait > 0 {
		if c, err = o.await(x, name, known, wait, moved); err != nil {
			return err
		}
	}
	return x.SendPointer(c.body, c.etag, "the channel has no release yet; wait for it, or look at the name")
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
func (o *Origin) await(x *answer.Exchange, name, known string, wait time.Duration, moved <-chan struct{}) (channel, error) {
	select {
	case o.waiters <- struct{}{}:
	default:
		o.metrics.traffic.Refused("waiters")
		return channel{}, overloaded("so many wait for a channel already; ask without waiting, or later")
	}
	defer func() { <-o.waiters }()
	x.Deadline(wait + o.options.SendTimeout)
	x.Applied(wait)
	ctx, cancel := context.WithTimeout(x.R.Context(), wait)
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
