package origin

import (
	"path/filepath"
	"sync/atomic"
	"time"

	"geodrop/sync/manifest"
)

// object is one file that can be asked for.
type object struct {
	manifest.Object
	kind     string       // of what it holds, for metrics
	readers  atomic.Int64 // requests that are sending it
	lastRead atomic.Int64 // Unix nanoseconds
}

const manifestKind = "manifest"

// kinds are the words for the endings of files.
func kindOf(name string) string {
	switch filepath.Ext(name) {
	case manifest.SegmentKind:
		return "segment"
	case manifest.AreasKind:
		return "areas"
	case manifest.CatalogKind:
		return "catalog"
	}
	return "other"
}

// release is one that is published, with what it lists.
type release struct {
	Release
	manifest *manifest.Manifest
}

// objects are its files, the manifest among them.
func (r release) objects(yield func(kind string, o manifest.Object) bool) {
	for name, o := range r.manifest.Objects {
		if !yield(kindOf(name), o) {
			return
		}
	}
	yield(manifestKind, r.Manifest)
}

// objectsOf are the objects of releases; those that were known keep their state.
func objectsOf(releases []release, known map[manifest.Digest]*object) map[manifest.Digest]*object {
	objects := map[manifest.Digest]*object{}
	for _, r := range releases {
		for kind, o := range r.objects {
			switch {
			case objects[o.Digest] != nil:
			case known[o.Digest] != nil:
				objects[o.Digest] = known[o.Digest]
			default:
				objects[o.Digest] = &object{Object: o, kind: kind}
			}
		}
	}
	return objects
}

func (o *object) open(now time.Time) {
	o.readers.Add(1)
	o.lastRead.Store(now.UnixNano())
}

func (o *object) done(now time.Time) {
	o.lastRead.Store(now.UnixNano())
	o.readers.Add(-1)
}

// beingRead reports whether somebody reads it, or did a moment ago.
func (o *object) beingRead(now time.Time, linger time.Duration) bool {
	if o.readers.Load() > 0 {
		return true
	}
	last := o.lastRead.Load()
	return last != 0 && now.Sub(time.Unix(0, last)) < linger
}
