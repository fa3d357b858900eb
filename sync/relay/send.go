package relay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
)

// getObject sends an object.
func (r *Relay) getObject(x *answer.Exchange) error {
	digest := manifest.Digest(chi.URLParam(x.R, "digest"))
	if !digest.Valid() {
		return answer.NotFound("objects are named by their SHA-256")
	}
	return r.send(x, "object", string(digest), digest)
}

// patchForm is what follows /v1/patches/: names without dots in front.
var patchForm = regexp.MustCompile(`^[0-9A-Za-z_-][0-9A-Za-z._-]{0,127}(/[0-9A-Za-z_-][0-9A-Za-z._-]{0,127}){0,3}$`)

// getPatch sends a patch. What it has to be is for the upstream to say.
func (r *Relay) getPatch(x *answer.Exchange) error {
	if !patchForm.MatchString(chi.URLParam(x.R, "*")) {
		return answer.NotFound("no patch has such a name")
	}
	return r.send(x, "patch", "patch-"+string(manifest.ObjectOf([]byte(x.R.URL.Path)).Digest), "")
}

// send sends a file, and ranges of it, from the disk or as it comes.
func (r *Relay) send(x *answer.Exchange, kind, key string, want manifest.Digest) error {
	if !enter(x.R.Context(), r.sends) {
		r.metrics.traffic.Refused("sends")
		return full("so many files are being sent already")
	}
	defer func() { <-r.sends }()
	s, err := r.open(x.R.Context(), key, x.R.URL.Path, want)
	if err != nil {
		return err
	}
	defer s.close()
	x.Deadline(r.options.SendTimeout + r.options.Timeout + time.Duration(float64(s.size)/float64(r.options.MinRate)*float64(time.Second)))
	content := s.content
	if r.limiter != nil {
		content = &pacedReader{ReadSeeker: content, ctx: x.R.Context(), limiter: r.limiter}
	}
	return x.SendFile(content, s.digest, kind)
}

// source is where the bytes of a file come from.
type source struct {
	content io.ReadSeeker
	digest  manifest.Digest // empty: not known yet
	size    int64
	close   func()
}

// open finds a file on the disk, or has it fetched and waits until it begins to
// come.
func (r *Relay) open(ctx context.Context, key, path string, want manifest.Digest) (*source, error) {
	const rounds = 3 // a file may go between two looks, when it is tight
	for range rounds {
		if f, o, ok := r.files.open(ctx, key); ok {
			r.metrics.hits.Inc()
			return &source{content: f, digest: o.Digest, size: o.Bytes, close: func() { _ = f.Close() }}, nil
		}
		t, err := r.transfer(key, path, want)
		if err != nil {
			return nil, err
		}
		soon, cancel := context.WithTimeout(ctx, r.options.Timeout)
		size, ok, err := t.use(soon)
		cancel()
		if err != nil {
			return nil, r.refusal(ctx, err)
		}
		if ok {
			return &source{content: &transferReader{ctx: ctx, t: t, size: size}, digest: want, size: size, close: t.release}, nil
		}
	}
	return nil, full("there is no room to keep the file")
}

// refusal is what an asker is told when a file cannot be fetched.
func (r *Relay) refusal(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // nobody is there to be told
	case missing(err):
		return answer.NotFound("no upstream has it")
	case errors.Is(err, errBusy):
		r.metrics.traffic.Refused("fetches")
		return full("so many files are being fetched already")
	case errors.Is(err, errFull):
		r.metrics.traffic.Refused("disk")
		return full("there is no room to keep the file")
	}
	return &answer.Problem{Status: http.StatusBadGateway, Code: "upstream", Detail: "no upstream gives the file as it should be", Retry: true}
}
