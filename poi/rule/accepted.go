package rule

import (
	"fmt"
	"time"

	"geodrop/poi"
)

// Accepted is findings that are known and accepted for a while: one, of an
// object, or those of a whole rule up to a number.
type Accepted struct {
	Rule    string
	Object  string // as in Finding.Object; empty: any
	AtMost  int64  // findings; 0: no bound, which needs an object
	Reason  string
	Expires time.Time // from then on it counts for nothing
	At      poi.Place // where it is written
}

// The rules about accepted findings themselves.
const (
	idExpired = "accepted-expired"
	idUnused  = "accepted-unused"
	idBeyond  = "accepted-beyond"
)

func acceptedRules() []*Rule {
	const group = "Accepted findings"
	return []*Rule{
		{
			ID: idExpired, Group: group, Severity: Error,
			Reason: "the acceptance of a finding has expired",
			Fix:    "Mend what was accepted, or accept it again with a later date.",
			Doc: "What rules.yaml accepts is accepted until a date, so that a known fault is looked at again. " +
				"After that date its findings are reported as if they had never been accepted, and this is an error, so that the date is not passed over.",
		},
		{
			ID: idBeyond, Group: group, Severity: Warning,
			Reason: "there are more findings than were accepted",
			Fix:    "Look at what came on top, and mend it or raise at_most.",
			Doc: "An acceptance of all findings of a rule says how many there may be. " +
				"When there are more, none of them is taken as accepted, since nobody can tell the new from the known.",
		},
		{
			ID: idUnused, Group: group, Severity: Note,
			Reason: "an accepted finding is not found any more",
			Fix:    "Delete the entry.",
			Doc:    "What was accepted has been mended, or is called otherwise now.",
		},
	}
}

// acceptance is an Accepted at work.
type acceptance struct {
	*Accepted
	expired bool
	count   int64
	held    []Finding // the first
}

func (a *acceptance) matches(f *Finding) bool {
	return !a.expired && (a.Object == "" || a.Object == f.Object)
}

func (a *acceptance) hold(f Finding, keep int) {
	a.count++
	if len(a.held) < keep {
		a.held = append(a.held, f)
	}
}

func (a *acceptance) beyond() bool { return a.AtMost > 0 && a.count > a.AtMost }

// remark is what is to be said about the acceptance itself; nil if nothing is.
func (a *acceptance) remark() (id string, f Finding) {
	f = Finding{At: a.At, Object: "rule " + a.Rule}
	if a.Object != "" {
		f.Object += ", " + a.Object
	}
	switch {
	case a.expired:
		f.Value = a.Expires.Format(time.DateOnly)
		f.Message = fmt.Sprintf("was accepted until %s: %s", f.Value, a.Reason)
		return idExpired, f
	case a.beyond():
		f.Count = a.count
		f.Message = fmt.Sprintf("has %d findings, %d were accepted: %s", a.count, a.AtMost, a.Reason)
		return idBeyond, f
	case a.count == 0:
		f.Message = "is accepted and finds nothing: " + a.Reason
		return idUnused, f
	}
	return "", f
}
