// Package poi is the domain of geodrop: what operators configure and what the
// builder turns into a release. It holds no storage and reads no files: package
// poi/decode reads bundles, data/sqlite and data/mysql read databases, all of
// them through Source.
//
//	Merchant ◄── Prize ◄──┐
//	    ▲                 │ prizes (weights)
//	    └──────────────  Task ──► POISet ◄── Membership ──► POI
//	                      │ quotas                           │ lies in
//	                      ├──────────────► District ◄────────┤
//	                      │                Zone     ◄────────┘ (then it is no drop)
//	                      └── Schedule (window, daily sessions)
//
// A drop is one (POI, task) pair: the POI is in the task's set, in no zone, and
// in a district for which the task has a quota (Task.QuotaFor).
//
// Ids are string types, so that a task's id does not compile where a prize's is
// meant. Positions are coord.E7. Text obeys the limits in limits.go; whoever
// builds these types from outside input calls their Check methods, and everyone
// after that may rely on them.
package poi
