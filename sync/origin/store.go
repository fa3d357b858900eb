package origin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// store is the folder of an origin.
//
//	DIR/
//	  .lock
//	  lineage            names the history of the folder
//	  marks.json         what operators said of releases and channels
//	  releases.json      what is published, in the order of publication
//	  channels/
//	    main.json        pointers, as they are sent
//	  objects/
//	    <sha256>         objects and manifests, immutable
//	  patches/
//	    <sha256>-<key>   patches, by the segment that they lead to
type store struct {
	dir   string
	sound map[manifest.Digest]bool // objects whose bytes were verified; of the one who writes
}

// Release is one that is published.
type Release struct {
	ID        string          `json:"id"`
	Sequence  uint64          `json:"sequence"`
	Manifest  manifest.Object `json:"manifest"` // its file
	Published time.Time       `json:"published"`
}

const (
	releasesName = "releases.json"
	channelsDir  = "channels"
	objectsDir   = "objects"
	patchesDir   = "patches"
	pointerExt   = ".json"
)

func openStore(dir string) (s *store, unlock func() error, err error) {
	s = &store{dir: dir, sound: map[manifest.Digest]bool{}}
	folders := []string{dir, s.in(channelsDir), s.in(objectsDir), s.in(patchesDir)}
	for _, f := range folders {
		if err := atomicfile.MkdirAll(f, 0o755); err != nil {
			return nil, nil, err
		}
	}
	if unlock, err = atomicfile.LockDir(dir); err != nil {
		return nil, nil, err
	}
	for _, f := range folders {
		if err := atomicfile.RemoveStale(f); err != nil {
			return nil, nil, errors.Join(err, unlock())
		}
	}
	return s, unlock, nil
}

func (s *store) in(name string) string { return filepath.Join(s.dir, name) }

func (s *store) path(d manifest.Digest) string { return filepath.Join(s.dir, objectsDir, string(d)) }

// releases are those listed.
func (s *store) releases() ([]Release, error) {
	b, err := os.ReadFile(s.in(releasesName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Release
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of releases %s (without it, move the folder away and publish again): %w", s.in(releasesName), err)
	}
	return list, nil
}

func (s *store) list(releases []release) error {
	list := make([]Release, len(releases))
	for i, r := range releases {
		list[i] = r.Release
	}
	b, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return fmt.Errorf("encode the list of releases: %w", err)
	}
	return atomicfile.Write(s.dir, releasesName, append(b, '\n'))
}

// whole reads the manifest of a release and looks whether its objects are there.
func (s *store) whole(r Release) (*manifest.Manifest, error) {
	path := s.path(r.Manifest.Digest)
	if !s.has(r.Manifest) {
		return nil, fmt.Errorf("%s is missing or has another length", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if m.ID != r.ID || manifest.ObjectOf(b) != r.Manifest {
		return nil, fmt.Errorf("%s is not what the list of releases says", path)
	}
	for _, o := range m.Objects {
		if !s.has(o) {
			return nil, fmt.Errorf("%s is missing or has another length", s.path(o.Digest))
		}
	}
	return m, nil
}

// has reports whether a file is there that was brought as the object.
func (s *store) has(o manifest.Object) bool {
	info, err := os.Lstat(s.path(o.Digest))
	return err == nil && info.Mode().IsRegular() && info.Size() == o.Bytes
}

// bring verifies an object of the release in dir and puts it in the store, which
// shares the file with dir where one file system has both. One that is there
// already is verified as well, once in the life of the process: a disk may have
// changed it at the same length. The name is not yet durable.
func (s *store) bring(ctx context.Context, dir, name string, o manifest.Object) error {
	if s.has(o) && s.sound[o.Digest] {
		return nil
	}
	present := manifest.VerifyObject(ctx, s.in(objectsDir), string(o.Digest), o)
	if err := ctx.Err(); err != nil {
		return err // then nothing is known of the object
	}
	if present != nil {
		if err := s.replace(ctx, dir, name, o); err != nil {
			return err
		}
	}
	s.sound[o.Digest] = true
	return nil
}

// replace puts an object where none is, or one that is damaged.
func (s *store) replace(ctx context.Context, dir, name string, o manifest.Object) error {
	delete(s.sound, o.Digest)
	if err := os.Remove(s.path(o.Digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace a damaged object: %w", err)
	}
	if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && immutable(info) {
		if err := manifest.VerifyObject(ctx, dir, name, o); err != nil {
			return err
		}
		if os.Link(filepath.Join(dir, name), s.path(o.Digest)) == nil {
			return nil
		}
	}
	return s.copy(ctx, dir, name, o)
}

// immutable reports whether nobody is meant to write to the file: only such a
// one is shared.
func immutable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o222 == 0
}

// copy brings an object by its bytes: the copy is what is verified.
func (s *store) copy(ctx context.Context, dir, name string, o manifest.Object) error {
	in, err := atomicfile.OpenRegular(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("copy object: %w", err)
	}
	defer in.Close() // read only: nothing to lose
	out, err := atomicfile.Create(s.in(objectsDir))
	if err != nil {
		return err
	}
	if err := o.Copy(ctx, out, in); err != nil {
		return errors.Join(fmt.Errorf("copy %s: %w", in.Name(), err), out.Abort())
	}
	return out.Commit(string(o.Digest))
}

// bringManifest puts the file of a manifest in the store, after its objects are
// durable.
func (s *store) bringManifest(m *manifest.Manifest) (manifest.Object, error) {
	if err := atomicfile.SyncDir(s.in(objectsDir)); err != nil {
		return manifest.Object{}, err
	}
	b, o, err := m.File()
	if err != nil {
		return manifest.Object{}, err
	}
	return o, atomicfile.Write(s.in(objectsDir), string(o.Digest), b)
}

// channels are the pointers by their names.
func (s *store) channels() (map[string]channel, error) {
	entries, err := os.ReadDir(s.in(channelsDir))
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	channels := map[string]channel{}
	for _, e := range entries {
		path := filepath.Join(s.in(channelsDir), e.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read channel: %w", err)
		}
		p, err := trust.Open(b)
		if err != nil || p.Channel+pointerExt != e.Name() {
			return nil, fmt.Errorf("read channel %s (remove it to publish anew): %w", path, errors.Join(manifest.ErrPointer, err))
		}
		channels[p.Channel] = newChannel(p.Pointer, b)
	}
	return channels, nil
}

func (s *store) point(c channel) error {
	return atomicfile.Write(s.in(channelsDir), c.pointer.Channel+pointerExt, c.body)
}

// sweep removes the files that no release has.
func (s *store) sweep(keep map[manifest.Digest]*object) error {
	entries, err := os.ReadDir(s.in(objectsDir))
	if err != nil {
		return fmt.Errorf("list objects: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if _, ok := keep[manifest.Digest(e.Name())]; !ok && !strings.HasPrefix(e.Name(), ".") {
			errs = append(errs, os.Remove(filepath.Join(s.in(objectsDir), e.Name())))
		}
	}
	return errors.Join(errs...)
}
