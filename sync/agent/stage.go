package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// manifestKind is the ending of a manifest that waits for its objects.
const manifestKind = ".manifest"

// stageManifest brings the manifest of a release, under a name that nobody takes
// for one.
func (a *Agent) stageManifest(ctx context.Context, dir string, p manifest.Pointer) (*manifest.Manifest, []byte, error) {
	name := p.Manifest.FileName(manifestKind)
	if err := a.stageObject(ctx, dir, name, p.Manifest, nil); err != nil {
		return nil, nil, fmt.Errorf("fetch the manifest of %s: %w", p.Release, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, nil, &failure{Disk, err}
	}
	m, err := manifest.Parse(b)
	if errors.Is(err, manifest.ErrFormat) {
		return nil, nil, failed(Format, "read the manifest of %s: %w", p.Release, err)
	}
	if err != nil {
		return nil, nil, failed(Manifest, "read the manifest of %s: %w", p.Release, err)
	}
	if !p.Matches(m, b) {
		return nil, nil, failed(Manifest, "the pointer speaks of release %s, its manifest is of %s", p.Release, m.ID)
	}
	return m, b, nil
}

// seal makes a staged folder a release: its manifest is written last, then the
// folder gets its name.
func (a *Agent) seal(dir string, m *manifest.Manifest, file []byte) error {
	err := atomicfile.SyncDir(dir)
	a.step("objects-durable")
	if err == nil {
		err = atomicfile.Write(dir, manifest.Name, file)
	}
	a.step("manifest-written")
	if err == nil {
		err = os.Remove(filepath.Join(dir, manifest.ObjectOf(file).FileName(manifestKind)))
	}
	if err == nil {
		err = atomicfile.MoveDir(dir, a.shelf.path(m.ID))
	}
	if err != nil {
		return failed(Disk, "stage release %s: %w", m.ID, err)
	}
	a.step("moved")
	return nil
}

// stageObjects brings so many objects at a time, until one fails.
func (a *Agent) stageObjects(ctx context.Context, dir string, m *manifest.Manifest) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	patches := a.newPatching(m)
	slots := make(chan struct{}, a.options.Parallel)
	var workers sync.WaitGroup
	for name, o := range m.Objects {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() {
			defer func() { <-slots }()
			if err := a.stageObject(ctx, dir, name, o, patches); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return dropPatches(dir)
}

// stageObject brings one object: it is there from before, or a release on the
// disk has it, or a patch makes it of those that such a release has, or it is
// fetched.
func (a *Agent) stageObject(ctx context.Context, dir, name string, o manifest.Object, patches *patching) error {
	err := manifest.VerifyObject(ctx, dir, name, o)
	if err == nil {
		a.state.object("staged")
		return nil
	}
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(Disk, "replace a damaged object: %w", err)
	}
	if a.link(ctx, dir, name, o) {
		a.state.object("linked")
		a.step("linked")
		return nil
	}
	if patched, err := patches.bring(ctx, dir, name, o); patched || err != nil {
		return err
	}
	if err := a.fetchObject(ctx, dir, name, o); err != nil {
		return err
	}
	a.state.object("fetched")
	a.step("fetched")
	return nil
}

// link shares an object with a release on the disk.
func (a *Agent) link(ctx context.Context, dir, name string, o manifest.Object) bool {
	for _, h := range a.shelf.kept() {
		from := a.shelf.path(h.ID)
		info, err := os.Lstat(filepath.Join(from, name))
		if err != nil || !info.Mode().IsRegular() || info.Size() != o.Bytes {
			continue
		}
		if a.distrust && manifest.VerifyObject(ctx, from, name, o) != nil {
			continue
		}
		if os.Link(filepath.Join(from, name), filepath.Join(dir, name)) == nil {
			return true
		}
	}
	return false
}

func (a *Agent) fetchObject(ctx context.Context, dir, name string, o manifest.Object) (err error) {
	part, err := atomicfile.OpenPart(dir, name)
	if err != nil {
		return &failure{Disk, err}
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	in, err := newIntake(o, name, part)
	if err != nil {
		return err
	}
	if a.intercept != nil {
		in.before = func(b []byte) error { return a.intercept(name, b) }
	}
	a.step("part")
	if err := a.fetch(ctx, in); err != nil {
		return fmt.Errorf("fetch %s: %w", name, err)
	}
	if err := part.Commit(); err != nil {
		return &failure{Disk, err}
	}
	return nil
}

// makeRoom sees to it that a release fits into the quota beside the one that is
// served, giving up older ones if need be.
func (a *Agent) makeRoom(m *manifest.Manifest) error {
	if a.options.Quota <= 0 {
		return nil
	}
	for {
		need, err := a.shelf.bytesWith(m)
		if err != nil {
			return &failure{Disk, err}
		}
		if need <= a.options.Quota {
			return nil
		}
		if gone, err := a.shelf.giveUp(a.serving); err != nil {
			return &failure{Disk, err}
		} else if !gone {
			return failed(Quota, "release %s needs %d bytes on the disk with the one served, %d are allowed", m.ID, need, a.options.Quota)
		}
	}
}
