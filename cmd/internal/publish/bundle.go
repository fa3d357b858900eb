package publish

import (
	"context"
	"errors"

	"geodrop/poi"
)

// Bundle is a config in a folder of files, opened anew for each look: what is in
// it is known only by reading it.
type Bundle struct {
	Path   string // whole: the origin
	Reopen func() (poi.Source, error)
}

// State is the digest of the files.
func (b *Bundle) State(ctx context.Context) (s State, err error) {
	src, err := b.Reopen()
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	s.Origin = "dir:" + b.Path
	s.Revision, err = src.Revision(ctx)
	return s, err
}

// Open opens the folder.
func (b *Bundle) Open(context.Context) (poi.Source, error) { return b.Reopen() }

// Close has nothing to do.
func (b *Bundle) Close() error { return nil }
