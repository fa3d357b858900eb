package origin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// getObject sends an object, or ranges of it. Only what is published can be
// named.
func (o *Origin) getObject(x *exchange) error {
	digest := manifest.Digest(chi.URLParam(x.r, "digest"))
	object := o.reading(digest)
	if object == nil {
		return notFound("no published object has this digest")
	}
	defer func() { object.done(o.options.Now()) }()
	return o.send(x, object, o.store.path(digest), "no published object has this digest")
}

// getPatch sends a patch, or ranges of it.
func (o *Origin) getPatch(x *exchange) error {
	const missing = "there is no such patch; fetch the whole segment"
	name := patchName{manifest.Digest(chi.URLParam(x.r, "to")), manifest.Digest(chi.URLParam(x.r, "key"))}
	o.mutex.RLock()
	p := o.patches[name]
	o.mutex.RUnlock()
	if p == nil {
		return notFound(missing)
	}
	return o.send(x, p.object, o.store.patchPath(name), missing)
}

// send sends a file that never changes, or says what is missing.
func (o *Origin) send(x *exchange, object *object, path, missing string) error {
	if !o.enter(x.r.Context()) {
		o.metrics.refused.WithLabelValues("sends").Inc()
		return overloaded("so many objects are being sent already")
	}
	defer func() { <-o.sends }()
	f, err := atomicfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return notFound(missing) // removed this moment
	}
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing to lose
	if info, err := f.Stat(); err != nil || info.Size() != object.Bytes {
		return errors.Join(fmt.Errorf("%s has not %d bytes", f.Name(), object.Bytes), err)
	}
	x.deadline(o.options.SendTimeout)
	x.w.pace = &pace{grace: o.options.SendTimeout, rate: o.options.MinRate}
	h := x.w.Header()
	h.Set("ETag", `"`+string(object.Digest)+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", "application/octet-stream")
	x.w.kind = object.kind
	http.ServeContent(x.w, x.r, "", time.Time{}, f)
	return sendError(x.w.err)
}

// sendPatience is how long a request waits for others to be sent: a herd of nodes
// after a small change is through before.
const sendPatience = 2 * time.Second

// enter waits for a place among those that are being sent.
func (o *Origin) enter(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	select {
	case o.sends <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// reading is an object that is noted as being read until done is called.
func (o *Origin) reading(d manifest.Digest) *object {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	object := o.objects[d]
	if object != nil {
		object.open(o.options.Now()) // within the lock: collect looks at it without
	}
	return object
}
