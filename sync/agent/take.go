package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// take brings the release of a pointer onto the disk, has it served, and makes
// it the one to start with. Fetching ends with waiting.
func (a *Agent) take(ctx, waiting context.Context, p manifest.Pointer) error {
	h := held{ID: p.Release, Sequence: p.Sequence, Manifest: p.Manifest}
	if err := a.bring(waiting, p); err != nil {
		return err
	}
	a.step("staged")
	if err := a.serve(ctx, h); err != nil {
		return err
	}
	a.step("served")
	a.adopt(p, h)
	return nil
}

// bring sees to it that the release of a pointer is on the disk, whole.
func (a *Agent) bring(ctx context.Context, p manifest.Pointer) error {
	there, err := a.there(ctx, p)
	if there || err != nil {
		return err
	}
	dir, err := a.shelf.staging(p.Manifest.Digest)
	if err != nil {
		return &failure{Disk, err}
	}
	a.step("folder")
	m, file, err := a.stageManifest(ctx, dir, p)
	if err != nil {
		return err
	}
	a.step("manifest")
	if err := a.makeRoom(m); err != nil {
		return err
	}
	if err := a.stageObjects(ctx, dir, m); err != nil {
		return fmt.Errorf("stage release %s: %w", m.ID, err)
	}
	return a.seal(dir, m, file)
}

// there reports whether the release is on the disk already: it was served
// before, or the process died before it was.
func (a *Agent) there(ctx context.Context, p manifest.Pointer) (bool, error) {
	if h := a.shelf.find(p.Release); h != nil {
		if h.Manifest == p.Manifest {
			return true, nil
		}
		return false, failed(Manifest, "two releases have the id %s", p.Release)
	}
	dir := a.shelf.path(p.Release)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if a.verify(ctx, dir, p.Manifest) == nil {
		// Whoever gave it its name may not have come to make that durable.
		if err := atomicfile.SyncDir(filepath.Dir(dir)); err != nil {
			return false, failed(Disk, "take release %s as it is there: %w", p.Release, err)
		}
		return true, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err := os.RemoveAll(dir); err != nil {
		return false, failed(Disk, "remove a damaged release: %w", err)
	}
	return false, nil
}

// verify compares a release on the disk with its manifest, and that with its
// digest.
func (a *Agent) verify(ctx context.Context, dir string, want manifest.Object) error {
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	if _, file, err := m.File(); err != nil || file != want {
		return errors.Join(fmt.Errorf("%s holds another manifest", dir), err)
	}
	return m.Verify(ctx, dir)
}

// serve has a release served. One that is refused is bad from now on, if its
// files are what its manifest lists.
func (a *Agent) serve(ctx context.Context, h held) error {
	err := a.options.Serve(ctx, a.shelf.path(h.ID))
	switch {
	case err == nil:
		a.serving = h.ID
		a.state.served(h, a.options.Now())
		a.options.Log.Info("serving", "release", h.ID)
		return nil
	case ctx.Err() != nil, errors.Is(err, ErrTransient):
		return failed(Transient, "serve release %s: %w", h.ID, err)
	}
	return a.discard(ctx, h, err)
}

// discard puts a release aside that was refused or met damage. If its files
// changed since they came, they are fetched anew; if not, it is bad.
func (a *Agent) discard(ctx context.Context, h held, reason error) error {
	class := Refused
	damage := a.verify(ctx, a.shelf.path(h.ID), h.Manifest)
	if ctx.Err() != nil {
		return failed(Transient, "serve release %s: %w", h.ID, reason)
	}
	switch {
	case damage != nil:
		class, a.distrust = Damaged, true
	case errors.Is(reason, manifest.ErrGolden):
		class = Golden
	}
	err := failed(class, "serve release %s: %w", h.ID, errors.Join(reason, damage))
	if keepErr := a.shelf.drop(h, class, reason); keepErr != nil {
		a.options.Log.Error("a release that is put aside may be tried again after a restart", "release", h.ID, "error", keepErr)
	}
	a.step("discarded")
	a.prune()
	return err
}

// adopt makes the release that is served the one to start with.
func (a *Agent) adopt(p manifest.Pointer, h held) {
	h.Since = a.options.Now().UTC()
	a.distrust = false
	if err := a.shelf.adopt(p, h, a.options.Settle); err != nil {
		a.state.failed(failed(Disk, "%w", err), a.options.Now())
		a.options.Log.Error("after a restart an older release is served first", "error", err)
	}
	a.state.took("served")
	a.step("adopted")
	a.prune()
	a.step("pruned")
}

func (a *Agent) prune() {
	err := errors.Join(a.shelf.prune(a.serving), a.shelf.pruneStaging(""))
	if err != nil {
		a.options.Log.Warn("old releases stay on the disk", "error", err)
	}
}
