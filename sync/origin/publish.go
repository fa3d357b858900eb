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
// moved it away from that release. Where the channel has a plan the release goes to
// its first wave, or waits until the wave that is under way has ended. The error
// wraps ErrOlder where the release is older than that and not approved, and manifest.ErrObject or manifest.ErrInvalid where it is damaged.
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
	o.publishes(p.channel(), id)
	held, err := o.held(p.channel(), id)
	at := o.channels[p.channel()]
	switch {
	case err != nil:
		return manifest.Pointer{}, err
	case held && !at.served():
		return manifest.Pointer{}, ErrBad
	case held && !o.backTo(p.channel(), id):
		o.options.Log.Info("a channel stays where operators left it", "channel", p.channel(), "release", at.pointer.Release, "published", id)
		return at.pointer, nil
	}
	return o.launch(p.channel(), waveMark{Release: id, Shares: o.shares(p.channel())}, func(*channelMark) {})
}

// backTo reports whether a release, at which a channel is, ends a wave by being
// published again, since the config is as it was. One of operators goes on.
func (o *Origin) backTo(name, id string) bool {
	w := o.marks.Channels[name].Wave
	return o.channels[name].pointer.Release == id && w != nil && !w.Operators && o.fit(id)
}

// Point moves a channel to a release that the origin has: to a newer one or back
// to an older one, all nodes at once.
func (o *Origin) Point(channel, id string) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	channel = Publication{Channel: channel}.channel()
	_, err := o.endWave(channel, func(c *channelMark, _ string) { c.Next = "" })
	var at manifest.Pointer
	if err == nil {
		at, err = o.point(channel, id, true)
	}
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
	case at.served() && at.pointer.Release == id && at.pointer.Wave.Release == "":
		return at.pointer, nil
	}
	if err := o.checkAge(name, r.Sequence, older); err != nil {
		return manifest.Pointer{}, err
	}
	return o.steer(name, manifest.Pointer{
		Channel: name, Release: id, Sequence: r.Sequence, Manifest: r.Manifest,
		Returned: r.Sequence < max(at.pointer.Sequence, o.marks.Channels[name].Offered),
		Since:    at.pointer.Since,
	})
}

// steer makes a pointer the channel's, at the next version.
func (o *Origin) steer(name string, next manifest.Pointer) (manifest.Pointer, error) {
	at, now := o.channels[name].pointer, o.options.Now().UTC()
	if next.Version = nextVersion(at.Version, now.UnixMilli()); next.Release != at.Release {
		next.Since = now
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
	o.options.Log.Info("channel moved", "channel", name, "release", next.Release, "wave", next.Wave.Release, "share", next.Wave.Share, "version", next.Version, "returned", next.Returned)
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
