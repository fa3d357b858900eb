package builder

import (
	"errors"
	"fmt"

	"geodrop/poi"
	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
)

// rejected counts what was left out, by what was being read.
type rejected struct {
	config, pois, memberships int64
}

// count adds what was rejected since the last count.
func (b *build) countRejected(into *int64) {
	r := &b.rejected
	*into += b.src.Rejects().Total() - r.config - r.pois - r.memberships
}

// sortOutRejected moves rejects of files that hold rows, which a source may have
// looked through already when it was asked for its config, to those of rows.
func (b *build) sortOutRejected(s *sorted, early map[poi.RejectKey]int64) {
	for key, n := range early {
		if _, rows := s.fileNo[key.File]; rows {
			b.rejected.config -= n
			b.rejected.memberships += n
		}
	}
}

// checkRejected refuses a config of which too much was left out. Records that
// say what may be dropped where count one by one: a zone that was rejected is a
// hazard without its zone.
func (b *build) checkRejected() error {
	r, s := &b.rejected, b.summary
	if r.config > 0 && !b.opts.AcceptRejectedConfig {
		return fmt.Errorf("%w: %s among zones, districts, sets, tasks, prizes and merchants, of which each counts: mend %s missing (--accept-rejected-config)",
			ErrRejected, phrase.Number(r.config), phrase.Agree(r.config, "it, or accept that it is", "them, or accept that they are"))
	}
	// Duplicates and dangling memberships were read before they were rejected.
	refusal := Refusal{kind: ErrRejected, remedy: "mend the input or raise the limit (--max-rejected)"}
	for _, of := range []struct {
		what           string
		rejected, rows int64
	}{
		{"POI", r.pois + s.Duplicates, s.Read + r.pois},
		{"membership", r.memberships + s.Dangling, s.Memberships + r.memberships},
	} {
		if limit := max(b.opts.MaxRejected, 0); float64(of.rejected) > limit*float64(of.rows) {
			refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("%s of %s, more than %.3g %%",
				phrase.Number(of.rejected), phrase.Count(of.rows, of.what), 100*limit))
		}
	}
	return refusal.err()
}

// readBefore is the manifest of the release that is to be replaced, or nil.
func (b *build) readBefore() (*manifest.Manifest, error) {
	before, err := manifest.Read(b.opts.Out)
	switch {
	case err == nil:
		return before, nil
	case errors.Is(err, manifest.ErrNone):
		return nil, nil
	case !errors.Is(err, manifest.ErrInvalid) && !errors.Is(err, manifest.ErrFormat):
		return nil, err
	case b.opts.MaxShrink < 1:
		return nil, fmt.Errorf("%w, or not: approve it by a limit of 100 %% (--max-shrink), since the one that is there cannot be read: %w", ErrShrink, err)
	}
	b.opts.Log.Warn("the release that is there cannot be read and will be replaced", "error", err)
	return nil, nil
}

func (b *build) checkSize(before *manifest.Manifest) error {
	if b.summary.Postings == 0 {
		return fmt.Errorf("%w: %s read", ErrEmpty, phrase.Count(b.summary.Read, "row")+phrase.Agree(b.summary.Read, " was", " were"))
	}
	if before == nil {
		return nil
	}
	return CheckShrink(before.Counts, b.counts(), b.opts.MaxShrink)
}
