package agent

import (
	"slices"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// open reads a pointer, as it was sent, for this node. With Trust it is believed
// only if a trusted key signed it, if it holds still, and if it is of the history
// that was followed so far or that the trusted keys name.
func (a *Agent) open(body []byte) (manifest.Pointer, error) {
	s, err := trust.Open(body)
	switch {
	case err != nil:
		return manifest.Pointer{}, failed(Manifest, "%w", err)
	case s.Channel != a.options.Channel:
		return manifest.Pointer{}, failed(Manifest, "%w: it is of channel %s", manifest.ErrPointer, s.Channel)
	case a.options.Trust == nil:
		return s.Pointer.For(a.options.Node), nil
	}
	return s.Pointer.For(a.options.Node), a.believe(s)
}

func (a *Agent) believe(s trust.Sealed) error {
	keys, err := a.options.Trust()
	if err != nil {
		return failed(Keys, "nobody can be believed: %w", err)
	}
	by, err := s.Verify(keys)
	switch {
	case err != nil:
		return failed(Untrusted, "the pointer to release %s is %w", s.Release, err)
	case s.Expires.IsZero():
		return failed(Untrusted, "the pointer to release %s does not say until when it holds", s.Release)
	case trust.Expired(s.Pointer, a.options.Now()):
		return failed(Expired, "the pointer to release %s held until %s: the upstream is behind, or the clock here is wrong", s.Release, s.Expires.Format(time.RFC3339))
	}
	known := keys.Lineages
	if before := a.shelf.taken().Lineage; len(known) == 0 && before != "" {
		known = []string{before}
	}
	if len(known) > 0 && !slices.Contains(known, s.Lineage) {
		return failed(Lineage, "the channel is of lineage %.80q there, and %.200q is followed here: name the other among the trusted keys if that is meant", s.Lineage, known)
	}
	a.state.believed(by, s.Expires)
	return nil
}

// holds is nil while the pointer that is known holds. An upstream that says that
// it has no other one afterwards holds news back, or has none itself.
func (a *Agent) holds(u *upstream) error {
	if a.options.Trust == nil {
		return nil
	}
	expires := a.Status().Expires
	if a.options.Now().Before(expires) {
		return nil
	}
	u.Kept.etag = "" // it is to send the whole pointer next time
	return failed(Expired, "%s has nothing new since %s, until when the pointer held", u.Name(), expires.Format(time.RFC3339))
}

// begunAnew reports whether a pointer that is believed is of another history
// than the one followed so far: its versions and sequences are not compared.
func (a *Agent) begunAnew(p manifest.Pointer) bool {
	before := a.shelf.taken().Lineage
	return a.options.Trust != nil && before != "" && p.Lineage != before
}
