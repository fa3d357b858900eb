package origin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/answer"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// getObject sends an object, or ranges of it. Only what is published can be
// named.
func (o *Origin) getObject(x *answer.Exchange) error {
	digest := manifest.Digest(chi.URLParam(x.R, "digest"))
	object := o.reading(digest)
	if object == nil {
		return answer.NotFound("no published object has this digest")
	}
	defer func() { object.done(o.options.Now()) }()
	return o.send(x, object, o.store.path(digest), "no published object has this digest")
}

// getPatch sends a patch, or ranges of it.
func (o *Origin) getPatch(x *answer.Exchange) error {
	const missing = "there is no such patch; fetch the whole segment"
	name := patchName{manifest.Digest(chi.URLParam(x.R, "to")), manifest.Digest(chi.URLParam(x.R, "key"))}
	o.mutex.RLock()
	p := o.patches[name]
	o.mutex.RUnlock()
	if p == nil {
		return answer.NotFound(missing)
	}
	return o.send(x, p.object, o.store.patchPath(name), missing)
}

// send sends a file that never changes, or says what is missing.
func (o *Origin) send(x *answer.Exchange, object *object, path, missing string) error {
	if !o.enter(x.R.Context()) {
		o.metrics.traffic.Refused("sends")
		return overloaded("so many objects are being sent already")
	}
	defer func() { <-o.sends }()
	f, err := atomicfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return answer.NotFound(missing) // removed this moment
	}
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing to lose
	if info, err := f.Stat(); err != nil || info.Size() != object.Bytes {
		return errors.Join(fmt.Errorf("%s has not %d bytes", f.Name(), object.Bytes), err)
	}
	x.Deadline(o.options.SendTimeout)
	x.W.Pace = &answer.Pace{Grace: o.options.SendTimeout, Rate: o.options.MinRate}
	return x.SendFile(f, object.Digest, object.kind)
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
