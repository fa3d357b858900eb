package query

import (
	"fmt"

	"geodrop/grid/index"
)

// damage notes the first error of the release, and says what to do about it.
func (r *Release) damage(err error) error {
	err = fmt.Errorf("release %s is damaged: %w; fetch or build it again", r.manifest.ID, err)
	r.damaged.CompareAndSwap(nil, &err)
	return err
}

// CheckFiles reports a mapped file that was cut since it was opened, as Damaged
// does from then on. Most cuts fail the lookups that meet them; one within a page
// only gives them fewer drops. It costs a system call a file: a node asks every
// second. The release must be open.
func (r *Release) CheckFiles() error {
	for _, s := range r.index.Segments() {
		if err := s.CheckFile(); err != nil {
			return r.damage(err)
		}
	}
	if err := r.areas.CheckFile(); err != nil {
		return r.damage(err)
	}
	return nil
}

// Read runs f, which reads what Index and Areas give. The damage that it meets is
// that of the release, as with a lookup.
func (r *Release) Read(f func() error) error {
	if err := index.Protect(f); err != nil {
		return r.damage(err)
	}
	return nil
}

// Damaged is the first damage that a lookup, Read or CheckFiles met in a file of the
// release, or nil. Lookups elsewhere in it may still be answered.
func (r *Release) Damaged() error {
	if err := r.damaged.Load(); err != nil {
		return *err
	}
	return nil
}
