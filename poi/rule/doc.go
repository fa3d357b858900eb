// Package rule says what is wrong with a config before anything is built of it.
// Each rule has a stable id, a reason and a way to mend what it finds; package
// poi/report shows the findings to people and machines.
//
// A validation reads the source once, however many rules there are, and within
// a cap of memory. What a rule wants to see it says with the hooks of a Check:
//
//	Config ─► Config ─► District, Zone ─► Areas
//	POIs ───► placed: cell, district, zones ─► POI ──┬─► by id ──► Census
//	memberships ─────────────────────────────────────┤
//	                                                 └─► by cell ► Cell
//	                                                               Done
//
// Decoding and placing share two cores. The hooks of all rules are called by one
// goroutine, in this order, so that rules need no locks and the findings of equal
// configs are equal.
//
// What a reader leaves out (poi.Reject) is a finding as well: of the first rule
// that claims it.
//
// It decides nothing: which findings keep a change from being merged is for
// whoever asked.
package rule
