package origin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"geodrop/sync/manifest"
)

// maxLingering bounds the releases that stay for being read alone, so that no
// reader can fill the disk.
const maxLingering = 8

// collect removes the releases that nobody needs, their objects and patches. What
// is kept: the newest, those of channels, those to go back to, and those being
// read.
func (o *Origin) collect() error {
	kept := o.kept()
	if len(kept) == len(o.releases) {
		return nil
	}
	if err := o.store.list(kept); err != nil {
		return fmt.Errorf("remove old releases: %w", err)
	}
	o.step("unlist")
	before := o.objects // only the one who holds writing replaces it
	o.replace(kept)
	var errs []error
	for digest := range before {
		if o.objects[digest] == nil {
			delete(o.store.sound, digest)
			if err := os.Remove(o.store.path(digest)); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	o.step("removed")
	return errors.Join(append(errs, o.collectPatches())...)
}

// kept are the releases to keep, in order.
func (o *Origin) kept() []release {
	keep := map[string]bool{}
	for _, c := range o.channels {
		keep[c.pointer.Release] = true
		if c.pointer.Wave.Release != "" {
			keep[c.pointer.Wave.Release] = true
		}
	}
	o.keepMarked(keep)
	for _, r := range o.releases[max(0, len(o.releases)-o.options.Keep):] {
		keep[r.ID] = true
	}
	needed := o.digests(keep)
	for i, lingering := len(o.releases)-1, 0; i >= 0 && lingering < maxLingering; i-- {
		if r := o.releases[i]; !keep[r.ID] && o.beingRead(r, needed) {
			keep[r.ID] = true
			lingering++
		}
	}
	var kept []release
	for _, r := range o.releases {
		if keep[r.ID] {
			kept = append(kept, r)
		}
	}
	return kept
}

// digests are the objects of some releases.
func (o *Origin) digests(of map[string]bool) map[manifest.Digest]bool {
	digests := map[manifest.Digest]bool{}
	for _, r := range o.releases {
		if of[r.ID] {
			for _, object := range r.objects {
				digests[object.Digest] = true
			}
		}
	}
	return digests
}

// beingRead looks at what only r needs: what others have stays anyway.
func (o *Origin) beingRead(r release, needed map[manifest.Digest]bool) bool {
	now := o.options.Now()
	for _, object := range r.objects {
		if !needed[object.Digest] && o.objects[object.Digest].beingRead(now, o.options.Linger) {
			return true
		}
	}
	return false
}
