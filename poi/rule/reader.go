package rule

import "geodrop/poi"

// readerRules are about what cannot be read. Those further down claim what those
// above left.
func readerRules() []*Rule {
	return []*Rule{
		{
			ID: "duplicate-id", Group: "Files and rows", Severity: Error,
			Reason: "an id is given twice",
			Fix:    "Give one of the two another id, or delete it.",
			Doc: "Ids name one merchant, prize, task, district, zone or POI in the whole config, " +
				"whatever the file. Of two the first stays and the other is left out of the release.",
			Claims: func(r *poi.Reject) bool { return r.Code == poi.CodeDuplicate },
		},
	}
}
