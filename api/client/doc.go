// Package client asks a geodrop node over HTTP, as an app or a service does.
//
//	c, err := client.New("https://drops.example.com", client.Options{})
//	answer, err := c.Lookup(ctx, client.Request{Lat: 51.5145, Lng: -0.127})
//
// What may pass by itself is tried again: a connection that failed, and the
// statuses 429, 502, 503 and 504. The pauses double and are random from zero up,
// so that clients that failed together do not come back together; what the node
// asks for in Retry-After is waited in any case. Nothing else is tried again. The
// context bounds the whole.
//
//	status          what comes back
//	2xx             the answer
//	others          *Error, in which is an *api.Problem with its Code
//	none            the error of the connection, without the address asked, which
//	                may tell where somebody is
//
// The TypeScript client has the names of the OpenAPI document, those of the server
// itself:
//
//	Lookup          postLookup
//	LookupCached    getLookup, which leaves keeping answers to the browser
//	Cell            getCell
//	Tile            getTile
//	Task            getTask
//	CurrentRelease  getRelease
//	Ready           getReadiness
//	Health          getHealth
//	Metrics         getMetrics
//	Watch           watch
//	Request         Lookup, and the query of getLookup
//	Error           ProblemError
//	OpenAPI         getOpenAPI
//	Proto           getProto
//	–               ConnectionError
//
// A Client is safe for use by many goroutines. Redirects are not followed,
// answers are bounded in length, and every attempt has a time-out.
package client
