package origin

import (
	"context"
	"sync"

	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

// Bounds of the work before a release is pointed to. What goes beyond them
// moves as whole segments.
const (
	maxStarts = 8 // releases that patches lead from to one other
	maxOlds   = 8 // segments that one patch starts from
)

// patchName says what a patch leads to, and what it starts from.
type patchName struct {
	to  manifest.Digest
	key manifest.Digest // see patch.Key
}

func (n patchName) file() string { return string(n.to) + "-" + string(n.key) }

// storedPatch is a patch that can be asked for.
type storedPatch struct {
	*object
	from []manifest.Segment
}

const patchKind = "patch"

// transition is a segment of one release and those of another that it can be
// made of.
type transition struct {
	name patchName
	to   manifest.Segment
	from []manifest.Segment
}

// transitions are those to the segments that a release before does not have.
func transitions(old, next *manifest.Manifest) []transition {
	if old.Grid.CellMetres != next.Grid.CellMetres {
		return nil
	}
	has := map[manifest.Digest]bool{}
	for _, s := range old.Segments {
		has[s.Digest] = true
	}
	var list []transition
	for _, s := range next.Segments {
		if from := patch.From(old, s); !has[s.Digest] && len(from) > 0 && len(from) <= maxOlds {
			list = append(list, transition{patchName{s.Digest, patch.Key(from)}, s, from})
		}
	}
	return list
}

// makePatches makes the patches that lead to a release from some of those before
// it, for so long as the options allow, before a channel is pointed to it. It is
// not an error when there are fewer than there could be.
func (o *Origin) makePatches(ctx context.Context, id, channel string) error {
	if at := o.channels[channel]; o.options.WithoutPatches || at.served() && at.pointer.Release == id {
		return nil
	}
	todo := o.missingPatches(id, channel)
	if len(todo) == 0 {
		return nil
	}
	m, err := newPatchMaker(o, o.find(id).manifest)
	if err != nil {
		o.options.Log.Warn("no patches lead to a release; segments move whole", "release", id, "error", err)
		return nil
	}
	late, cancel := context.WithTimeout(ctx, o.options.PatchTime)
	defer cancel()
	jobs := make(chan transition)
	var workers sync.WaitGroup
	for range o.options.PatchParallel {
		workers.Go(func() {
			for t := range jobs {
				m.make(late, t)
			}
		})
	}
	for _, t := range todo {
		jobs <- t
	}
	close(jobs)
	workers.Wait()
	m.report(id)
	return ctx.Err()
}

// missingPatches are those to be made, the most useful first.
func (o *Origin) missingPatches(id, channel string) []transition {
	next := o.find(id).manifest
	var list []transition
	listed := map[patchName]bool{}
	for _, old := range o.starts(id, channel) {
		for _, t := range transitions(old.manifest, next) {
			if o.patches[t.name] == nil && !listed[t.name] {
				listed[t.name] = true
				list = append(list, t)
			}
		}
	}
	return list
}

// starts are the releases that patches lead from: first where the channel is, as
// most nodes are there, then the newest, then where other channels are. All were
// published before: patches lead forward.
func (o *Origin) starts(id, channel string) []release {
	var before []release
	for i := range o.releases {
		if o.releases[i].ID == id {
			before = o.releases[:i]
		}
	}
	pointed := map[string]bool{}
	for _, c := range o.channels {
		pointed[c.pointer.Release] = true
	}
	var first, newest, others []release
	for i := len(before) - 1; i >= 0; i-- {
		switch r := before[i]; {
		case r.ID == o.channels[channel].pointer.Release:
			first = append(first, r)
		case len(before)-i <= o.options.PatchFrom:
			newest = append(newest, r)
		case pointed[r.ID]:
			others = append(others, r)
		}
	}
	all := append(append(first, newest...), others...)
	return all[:min(len(all), maxStarts)]
}

// loadPatches finds the patches in the folder that lead from one release to a
// later one, and removes the others.
func (o *Origin) loadPatches() error {
	o.patches = map[patchName]*storedPatch{}
	there, err := o.store.patchFiles()
	if err != nil || len(there) == 0 {
		return err
	}
	for i, next := range o.releases {
		for _, old := range o.releases[:i] {
			for _, t := range transitions(old.manifest, next.manifest) {
				o.loadPatch(t, there)
			}
		}
	}
	return o.store.removePatches(there)
}

// loadPatch takes a patch from the files that are there.
func (o *Origin) loadPatch(t transition, there map[string]bool) {
	if !there[t.name.file()] {
		return
	}
	file, err := o.store.patch(t.name)
	if err != nil {
		o.options.Log.Warn("a patch is lost; the segment moves whole", "error", err)
		return
	}
	delete(there, t.name.file())
	o.addPatch(t, file)
}

// addPatch makes a patch known that is in the folder.
func (o *Origin) addPatch(t transition, file manifest.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.patches[t.name] = &storedPatch{&object{Object: file, kind: patchKind}, t.from}
}

// collectPatches removes the patches of which a segment is no longer published.
func (o *Origin) collectPatches() error {
	gone := map[string]bool{}
	o.mutex.Lock()
	for name, p := range o.patches {
		useful := o.objects[name.to] != nil
		for _, s := range p.from {
			useful = useful && o.objects[s.Digest] != nil
		}
		if !useful {
			delete(o.patches, name)
			gone[name.file()] = true
		}
	}
	o.mutex.Unlock()
	return o.store.removePatches(gone)
}
