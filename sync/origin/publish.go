package origin

import (
	"context"
	"fmt"

	"geodrop/sync/manifest"
)

// Publication says how a release is published. The zero value moves the default
// channel to it.
type Publication struct {
	Channel string // default manifest.DefaultChannel
	// Older approves a release older than the one that the channel is at.
	Older bool
}

// Publish verifies the sealed release in dir, takes its objects over, makes the
// patches that lead to it, and moves the channel to it. When the channel is at
// that release already nothing happens, nor when operators pinned the channel or
// moved it away from that release. The error wraps ErrOlder where the release is
// older than that and not
// approved, and manifest.ErrObject or manifest.ErrInvalid where it is damaged.
//
// After an error the channel is where it was, or, if the disk failed at the very
// end, at the new release; publishing again settles it.
func (o *Origin) Publish(ctx context.Context, dir string, p Publication) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	var id string
	err := manifest.WithLatest(dir, func(m *manifest.Manifest) error {
		id = m.ID
		return o.take(ctx, dir, m, p)
	})
	if err != nil {
		return manifest.Pointer{}, fmt.Errorf("publish the release in %s: %w", dir, err)
	}
	if err := o.makePatches(ctx, id, p.channel()); err != nil {
		return manifest.Pointer{}, fmt.Errorf("make patches to release %s: %w", id, err)
	}
	at, err := o.announce(p, id)
	if err != nil {
		return manifest.Pointer{}, fmt.Errorf("publish release %s: %w", id, err)
	}
	if err := o.collect(); err != nil { // costs space, not answers
		o.options.Log.Warn("old releases stay on the disk", "error", err)
	}
	return at, nil
}

// announce moves the channel, unless operators said that it stays.
func (o *Origin) announce(p Publication, id string) (manifest.Pointer, error) {
	held, err := o.held(p.channel(), id)
	at := o.channels[p.channel()]
	switch {
	case err != nil:
		return manifest.Pointer{}, err
	case held && !at.served():
		return manifest.Pointer{}, ErrBad
	case held:
		o.options.Log.Info("a channel stays where operators left it", "channel", p.channel(), "release", at.pointer.Release, "published", id)
		return at.pointer, nil
	}
	if before := at.pointer.Release; before != "" && before != id {
		err = o.change(func(m *marks) {
			m.channel(p.channel(), func(c *channelMark) { c.Before = latest(c.Before, before) })
		})
		if err != nil {
			return manifest.Pointer{}, err
		}
	}
	return o.point(p.channel(), id, p.Older)
}

// Point moves a channel to a release that the origin has: to a newer one or back
// to an older one.
func (o *Origin) Point(channel, id string) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	at, err := o.point(Publication{Channel: channel}.channel(), id, true)
	if err != nil {
		return manifest.Pointer{}, fmt.Errorf("point channel %s to %s: %w", channel, id, err)
	}
	return at, nil
}

func (p Publication) channel() string {
	if p.Channel == "" {
		return manifest.DefaultChannel
	}
	return p.Channel
}

// take brings the objects of a release and lists it, unless it is there.
func (o *Origin) take(ctx context.Context, dir string, m *manifest.Manifest, p Publication) error {
	if err := o.checkAge(p.channel(), m.Sequence, p.Older); err != nil {
		return err
	}
	for name, object := range m.Objects {
		if err := o.store.bring(ctx, dir, name, object); err != nil {
			return err
		}
		o.step("object")
	}
	file, err := o.store.bringManifest(m)
	if err != nil {
		return err
	}
	o.step("manifest")
	if o.find(m.ID) != nil {
		return nil
	}
	listed := append(o.releases[:len(o.releases):len(o.releases)], release{
		Release:  Release{ID: m.ID, Sequence: m.Sequence, Manifest: file, Published: o.options.Now().UTC()},
		manifest: m,
	})
	if err := o.store.list(listed); err != nil {
		return err
	}
	o.step("list")
	o.replace(listed)
	return nil
}

func (o *Origin) replace(releases []release) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.releases, o.objects = releases, objectsOf(releases, o.objects)
}

func (o *Origin) checkAge(channel string, sequence uint64, approved bool) error {
	at := o.channels[channel].pointer
	if sequence >= at.Sequence || approved {
		return nil
	}
	return fmt.Errorf("%w: sequence %d after %d of %s; approve it if the config was put back", ErrOlder, sequence, at.Sequence, at.Release)
}

// point moves a channel, and wakes those who wait for that.
func (o *Origin) point(name, id string, older bool) (manifest.Pointer, error) {
	if !manifest.ValidChannel(name) {
		return manifest.Pointer{}, fmt.Errorf("%w: channel %.80q: use lower-case letters, digits, - and _", manifest.ErrPointer, name)
	}
	r, at := o.find(id), o.channels[name]
	switch {
	case r == nil:
		return manifest.Pointer{}, ErrUnknown
	case at.served() && at.pointer.Release == id:
		return at.pointer, nil
	}
	if err := o.checkAge(name, r.Sequence, older); err != nil {
		return manifest.Pointer{}, err
	}
	now := o.options.Now().UTC()
	next := manifest.Pointer{
		Channel: name, Version: nextVersion(at.pointer.Version, now.UnixMilli()),
		Release: id, Sequence: r.Sequence, Manifest: r.Manifest,
		Returned: r.Sequence < at.pointer.Sequence, Since: now,
	}
	c, err := o.issue(next)
	if err != nil {
		return manifest.Pointer{}, err
	}
	if err := o.store.point(c); err != nil {
		return manifest.Pointer{}, err
	}
	o.step("pointer")
	o.move(name, c)
	o.options.Log.Info("channel moved", "channel", name, "release", id, "version", next.Version, "returned", next.Returned)
	return c.pointer, nil
}

// nextVersion is greater than the one before, and the time of the move where
// that is: an origin that lost its folder goes on with greater ones as well.
func nextVersion(before uint64, unixMilli int64) uint64 {
	return max(before+1, uint64(max(unixMilli, 1)))
}

func (o *Origin) move(name string, c channel) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.channels[name] = c
	close(o.moved)
	o.moved = make(chan struct{})
}
