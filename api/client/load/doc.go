// Package load asks a node at a rate that does not depend on how fast it
// answers, as phones do, and tells how long the answers took from the moment at
// which each question was due. A generator that waits for an answer before it
// asks again slows down with the node and never sees the queue that it causes.
//
//	schedule ─► pacer ─► jobs ─► connections ─► node
//	 constant    sleeps   those     each one question          slow clients,
//	 or Poisson  until    due       at a time; idle ones ─►    beside them
//	             due                wait for jobs
//	                                  │
//	                             recorder ─► a Report for each phase
//
// A question that is due while all connections are busy waits, and the wait is
// part of its latency; when it has waited too long it counts as unsent. When the
// generator itself is late, because the machine has no time for it, the report
// says so.
//
// It writes and reads HTTP/1.1 itself, in a small part of the time that net/http
// takes: on one machine whatever the generator uses is missing to the node.
package load
