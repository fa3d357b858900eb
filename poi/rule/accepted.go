package rule

import (
	"fmt"
	"time"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// Accepted is findings that are known and accepted for a while: one, of an
// object, or those of a whole rule up to a number.
type Accepted struct {
	Rule    string
	Object  string // as in Finding.Object; empty: any
	AtMost  int64  // findings; 0: no bound, which needs another
	Amount  int64  // what they are about together, at most; 0: no bound
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
			Reason: "there is more than was accepted",
			Fix:    "Look at what came on top, and mend it, or raise at_most or amount.",
			Doc: "An acceptance says how many findings there may be (at_most), or what they may amount to (amount): a finding that is about many " +
				"(places at one point, units over a budget) counts as many as its count in the JSON says, each other one. " +
				"When there is more, nothing of it is taken as accepted, since nobody can tell the new from the known.",
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
	amount  int64
	held    []Finding // the first
}

func (a *acceptance) matches(f *Finding) bool {
	return !a.expired && (a.Object == "" || a.Object == f.Object)
}

func (a *acceptance) hold(f Finding, keep int) {
	a.count++
	a.amount = addAmounts(a.amount, f.amount())
	if len(a.held) < keep {
		a.held = append(a.held, f)
	}
}

func (a *acceptance) beyond() bool  { return a.tooMany() || a.tooMuch() }
func (a *acceptance) tooMany() bool { return a.AtMost > 0 && a.count > a.AtMost }
func (a *acceptance) tooMuch() bool { return a.Amount > 0 && a.amount > a.Amount }

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
	case a.tooMany():
		f.Count = a.count
		f.Message = fmt.Sprintf("is accepted up to %s, now there are %s: %s", phrase.Count(a.AtMost, "finding"), phrase.Number(a.count), a.Reason)
		return idBeyond, f
	case a.tooMuch():
		f.Count = a.amount
		f.Message = fmt.Sprintf("is accepted up to an amount of %s, now it is %s: %s", phrase.Number(a.Amount), phrase.Number(a.amount), a.Reason)
		return idBeyond, f
	case a.count == 0:
		f.Message = "is accepted and finds nothing: " + a.Reason
		return idUnused, f
	}
	return "", f
}
