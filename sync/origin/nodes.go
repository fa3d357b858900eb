package origin

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
	"geodrop/sync/vitals"
)

// NodeState is what a node says of itself. Nobody vouches for it.
type NodeState struct {
	Node     string    `json:"node"` // its name
	Channel  string    `json:"channel"`
	Release  string    `json:"release,omitempty"` // that it serves
	Since    time.Time `json:"since,omitzero"`
	Class    string    `json:"class,omitempty"` // of what it fails with
	Stale    bool      `json:"stale,omitempty"`
	Refused  string    `json:"refused,omitempty"`  // release that it does not serve for what is in it
	Requests int       `json:"requests,omitempty"` // since it serves the release
	Errors   int       `json:"errors,omitempty"`   // of those, answered by an error of its own
	Reported time.Time `json:"reported,omitzero"`  // set here

	Recent   vitals.Lookups `json:"recent,omitzero"`    // of the last minutes in which it serves the release
	Previous string         `json:"previous,omitempty"` // release that it served before
	Before   vitals.Lookups `json:"before,omitzero"`    // of the last minutes in which it did
}

const (
	// maxNodes bounds what is known of nodes.
	maxNodes = 16384
	// nodeLife is how long a node is listed after its last report;
	// one of a wave longer, see holdOn.
	nodeLife = 10 * time.Minute
)

var (
	nodeForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)
	releaseForm = regexp.MustCompile(`^(r[0-9]{1,20}-[0-9a-f]{8})?$`)
	classForm   = regexp.MustCompile(`^[a-z_]{0,32}$`)
)

// nodes is the list of those that reported.
type nodes struct {
	mutex  sync.Mutex
	byName map[string]NodeState
	waves  map[string]*waveMark // under way, by channel: their nodes are not forgotten
}

// holdOn has the nodes of waves stay known while those are under way, so that one
// that falls silent counts.
func (n *nodes) holdOn(m marks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.waves = map[string]*waveMark{}
	for name, c := range m.Channels {
		if c.Wave != nil {
			n.waves[name] = c.Wave
		}
	}
}

// recall makes the nodes of waves known that an earlier process had heard: they
// serve nothing until they report again.
func (n *nodes) recall(m marks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for channel, c := range m.Channels {
		if c.Wave == nil {
			continue
		}
		for _, name := range c.Wave.Nodes {
			n.byName[name] = NodeState{Node: name, Channel: channel, Reported: c.Wave.Began}
		}
	}
}

// note keeps a report; false when there are too many nodes.
func (n *nodes) note(s NodeState, now time.Time) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, known := n.byName[s.Node]; !known && len(n.byName) >= maxNodes {
		n.forget(now)
		if len(n.byName) >= maxNodes {
			return false
		}
	}
	s.Reported = now.UTC()
	n.byName[s.Node] = s
	return true
}

func (n *nodes) forget(now time.Time) {
	for name, s := range n.byName {
		w := n.waves[s.Channel]
		if now.Sub(s.Reported) > nodeLife && (w == nil || !w.counts(s)) {
			delete(n.byName, name)
		}
	}
}

// list is by name.
func (n *nodes) list(now time.Time) []NodeState {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.forget(now)
	list := make([]NodeState, 0, len(n.byName))
	for _, s := range n.byName {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b NodeState) int { return cmp.Compare(a.Node, b.Node) })
	return list
}

// postNode takes the report of a node.
func (o *Origin) postNode(x *answer.Exchange) error {
	if o.options.NodeToken != "" {
		if err := check(x, o.options.NodeToken, "nodes"); err != nil {
			return err
		}
	}
	var s NodeState
	if err := decode(body(x), &s); err != nil { // whatever else a newer node says
		return err
	}
	if !nodeForm.MatchString(s.Node) || !manifest.ValidChannel(s.Channel) || !releaseForm.MatchString(s.Release) || !releaseForm.MatchString(s.Refused) || !releaseForm.MatchString(s.Previous) || s.Requests < 0 || s.Errors < 0 || !classForm.MatchString(s.Class) {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_value", Detail: "node, channel, release or class is none"}
	}
	if err := errors.Join(s.Recent.Check(), s.Before.Check()); err != nil {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_value", Detail: err.Error()}
	}
	if !o.nodes.note(s, o.options.Now()) {
		o.metrics.traffic.Refused("nodes")
		return overloaded("so many nodes have reported already")
	}
	if s.Refused != "" {
		select {
		case o.refused <- struct{}{}:
		default: // it is being looked at already
		}
	}
	x.W.WriteHeader(http.StatusNoContent)
	return nil
}
