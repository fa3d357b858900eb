package publish

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"geodrop/poi"
	"geodrop/sync/manifest"
)

// current is what has been read of the release that is published.
type current struct {
	no    uint64
	state State
	ok    bool
}

// published is the state that the current release was built from; false if
// there is none, or it cannot be read.
func (p *Publisher) published() (State, bool) {
	list := p.options.Shelf.Candidates()
	if len(list) == 0 {
		return State{}, false
	}
	if p.current.no != list[0] {
		p.current = p.read(list[0])
	}
	return p.current.state, p.current.ok
}

func (p *Publisher) read(no uint64) current {
	dir := p.options.Shelf.Path(no)
	m, err := manifest.Read(dir)
	if err != nil {
		p.options.Log.Error("the current release cannot be read", "folder", dir, "error", err)
		return current{no: no}
	}
	origin, err := OriginOf(dir)
	if err != nil {
		p.options.Log.Error("where the current release comes from cannot be read", "folder", dir, "error", err)
	}
	p.state.found(sealedAt(dir))
	return current{no: no, state: State{Revision: poi.Revision(m.Source), Origin: origin}, ok: true}
}

// sealedAt is when the release was; zero if unknown.
func sealedAt(dir string) time.Time {
	info, err := os.Stat(filepath.Join(dir, manifest.Name))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// OriginOf is the origin of the state that the release in a folder was built
// from; empty if that was not noted.
func OriginOf(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, originName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}
