package agent

import "geodrop/sync/failover"

// upstream is one of those that are asked.
type upstream = failover.Upstream[pointed]

// pointed is what an upstream sent as its pointer; of Run alone.
type pointed struct {
	etag    string // when there is nothing to do about that one
	useless bool   // it leads to what cannot be served
}

// forget makes every pointer worth looking at again.
func (a *Agent) forget() {
	for _, u := range a.upstreams.All() {
		u.Kept = pointed{}
	}
}
