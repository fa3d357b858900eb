// Package bench measures geodrop against what people would otherwise use, on
// the machine that it runs on, and says which targets are met. It makes its own
// input, the same on every machine, and measures nothing that a node would not
// do: lookups run on releases that builder made, builds are processes of their
// own.
//
//	Lookup ── releases of synthetic towns ── tidwall/rtree, bisection, cold pages
//	Build  ── a synthetic bundle ─────────── GNU sort of the same keys and rows
//	HTTP   ── a release, served on loopback ─ bare net/http, Redis, Tile38
//	Areas  ── real or synthetic districts ── H3, boxes and exact test, PostGIS
//	Overload ─ a node with the sample ────── itself, without load
//	Stores ── synthetic rows in databases ── bare loops over their drivers
//
// Machines are shared and their speed drifts. So contenders take turns in one
// run, forwards and backwards, and a ratio is one of medians over the rounds.
// Lookups, which wait for nobody, are timed by the processor time of their
// thread. Absolute figures are for orientation.
//
// It does not judge: whoever reads the rows does.
package bench
