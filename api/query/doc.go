// Package query answers what drops are around a position at a time, from the
// files of one release. It knows nothing of transports, of users, or of how many
// units are left.
//
//	position ─► window ─► postings ─► those that can be seen ─► nearest ─► drops
//	   │       (grid)   (grid/index)            ▲                            │
//	   └─► area file ─► district              view ◄─ clock                tasks
//
// Work is done as seldom as its result changes:
//
//	tables   what drops where: sites, lists of tasks        by Open
//	view     states of tasks, active zones, what is seen    when the first of them changes
//	answer   drops and their distances                      by each lookup
//
// A site is what the postings with one combination of labels share: their
// district, the tasks that drop there and the timed zones that they lie in.
// There are as many as there are different ones, however many POIs there are.
package query
