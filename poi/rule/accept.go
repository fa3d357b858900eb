package rule

import (
	"errors"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// WriteAccepted writes settings that accept what was found, for whoever begins
// with a config that has findings already: up to maxEach of a rule by their
// object, more as a whole, and each up to what it amounts to now.
func WriteAccepted(w io.Writer, found *Result, reason string, expires time.Time) error {
	type entry struct {
		Rule    string `yaml:"rule"`
		Object  string `yaml:"object,omitempty"`
		Amount  int64  `yaml:"amount"`
		Reason  string `yaml:"reason"`
		Expires string `yaml:"expires"`
	}
	var list struct {
		Accepted []entry `yaml:"accepted"`
	}
	add := func(e entry) {
		e.Reason, e.Expires = reason, expires.Format(time.DateOnly)
		list.Accepted = append(list.Accepted, e)
	}
	findings := found.Findings
	for _, t := range found.Totals {
		if t.Count == 0 {
			continue
		}
		of := findings[:t.Kept]
		findings = findings[t.Kept:]
		objects := objectsOf(of)
		if t.Count > int64(len(of)) || len(objects) > maxEach || slices.Contains(objects, "") {
			add(entry{Rule: t.Rule.ID, Amount: t.Amount})
			continue
		}
		for _, object := range objects {
			add(entry{Rule: t.Rule.ID, Object: object, Amount: amountOf(object, of)})
		}
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	return errors.Join(e.Encode(&list), e.Close())
}

// maxEach is how many findings of a rule are accepted one by one.
const maxEach = 20

// objectsOf are the different objects, in the order of their findings.
func objectsOf(findings []Finding) (objects []string) {
	for i := range findings {
		if o := findings[i].Object; !slices.Contains(objects, o) {
			if objects = append(objects, o); len(objects) > maxEach {
				return objects
			}
		}
	}
	return objects
}

// amountOf is what the findings of an object amount to.
func amountOf(object string, findings []Finding) (n int64) {
	for i := range findings {
		if f := &findings[i]; f.Object == object {
			n = addAmounts(n, f.amount())
		}
	}
	return n
}
