package builder

import "strings"

// Refusal is why nothing is sealed: an error of this package, all that befell, and
// what to do.
type Refusal struct {
	Reasons []string // each can stand alone
	kind    error
	remedy  string
}

// Error says what is common to the reasons once.
func (r *Refusal) Error() string {
	return r.kind.Error() + ": " + strings.Join(r.Reasons, "; ") + ": " + r.remedy
}

// Unwrap is ErrRejected or ErrShrink.
func (r *Refusal) Unwrap() error { return r.kind }

// err is nil when there is no reason to refuse.
func (r *Refusal) err() error {
	if len(r.Reasons) == 0 {
		return nil
	}
	return r
}
