// Package answer is what origins and relays have in common as servers: both hand
// out pointers of channels and files that never change, over HTTP, and differ in
// where these come from.
//
//	connection ─► Serve ─► router ─► Handler ─► handle ─┬─► Exchange.SendPointer, SendFile
//	              limits             │ recovery          └─► error ─► Problem
//	                                 └ metrics, log          (one place: fail)
//
// A handle returns an error or sends; it never does both.
package answer
