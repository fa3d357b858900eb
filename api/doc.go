// Package api is what geodrop says over HTTP: the requests it reads, the answers
// and problems it writes, and the OpenAPI document that describes them. It holds
// no connection and looks nothing up: package api/server does.
//
//	JSON    ─► DecodeLookup ────────┐                      ┌─► AppendAnswer        ─► JSON
//	message ─► DecodeLookupMessage ─┼─► Lookup ─► Answer ──┼─► AppendAnswerMessage ─► message
//	query   ─► ParseLookup ─────────┘      └─► *Problem ───┴─► AppendProblem       ─► JSON
//
// Messages are those of geodrop.proto, which ProtoFile is.
//
// Requests are read strictly: one JSON value and nothing after it, no key twice,
// UTF-8 without exception. Keys that are not known are ignored, so that an old
// node answers a new client.
package api
