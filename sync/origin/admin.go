package origin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
)

// State is what operators see of an origin.
type State struct {
	Releases []ReleaseState `json:"releases"` // in the order of their publication
	Channels []ChannelState `json:"channels"`
	Nodes    []NodeState    `json:"nodes"`
}

// ReleaseState is one release.
type ReleaseState struct {
	Release
	Bytes int64 `json:"bytes"`
	Bad   *Bad  `json:"bad,omitempty"`

	Aside []Aside `json:"aside,omitempty"` // channels whose gates put it aside
}

// ChannelState is where a channel is.
type ChannelState struct {
	manifest.Pointer
	Pinned bool   `json:"pinned,omitempty"`
	Before string `json:"before,omitempty"` // where rollback leads
	Next   string `json:"next,omitempty"`   // where the end of the pin, or of the wave, leads

	Under *WaveState `json:"under_way,omitempty"` // wave
}

// State is that of this moment.
func (o *Origin) State() State {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	s := State{Releases: []ReleaseState{}, Channels: []ChannelState{}, Nodes: o.nodes.list(o.options.Now())}
	for _, r := range o.releases {
		state := ReleaseState{Release: r.Release, Bytes: r.manifest.Bytes(), Aside: o.asideOf(r.ID)}
		if bad, ok := o.marks.Bad[r.ID]; ok {
			state.Bad = &bad
		}
		s.Releases = append(s.Releases, state)
	}
	for _, name := range slices.Sorted(maps.Keys(o.channels)) {
		if c := o.channels[name]; c.served() {
			mark := o.marks.Channels[name]
			s.Channels = append(s.Channels, ChannelState{c.pointer, mark.Pinned, o.before(name), mark.Next, o.waveState(name)})
		}
	}
	return s
}

// minToken is the least length of an operator's token.
const minToken = 16

// Admin is the handler for operators, who send the token as a bearer does:
//
//	GET  /v1/state                             State
//	POST /v1/channels/NAME/promote  {"release":"r42-…"}, in waves with "waves":[0.05,0.25]
//	POST /v1/channels/NAME/rollback
//	POST /v1/channels/NAME/pin      /unpin
//	POST /v1/releases/ID/bad        {"reason":"…"}
//
// All but the first answer with the pointers that moved.
func (o *Origin) Admin(token string) (http.Handler, error) {
	if len(token) < minToken {
		return nil, fmt.Errorf("the token of operators has fewer than %d characters", minToken)
	}
	mux := chi.NewRouter()
	mux.Use(func(next http.Handler) http.Handler { return o.admit(token, "operators", next) })
	mux.Get("/v1/state", o.answers.Answer("state", func(x *answer.Exchange) error { return x.SendJSON(o.State()) }))
	for pattern, act := range map[string]func(*answer.Exchange, order) ([]manifest.Pointer, error){
		"/v1/channels/{name}/promote": func(x *answer.Exchange, say order) ([]manifest.Pointer, error) {
			if len(say.Waves) > 0 {
				return one(o.PromoteInWaves(chi.URLParam(x.R, "name"), say.Release, say.Waves))
			}
			return one(o.Promote(chi.URLParam(x.R, "name"), say.Release))
		},
		"/v1/channels/{name}/rollback": func(x *answer.Exchange, _ order) ([]manifest.Pointer, error) {
			return one(o.Rollback(chi.URLParam(x.R, "name")))
		},
		"/v1/channels/{name}/pin": func(x *answer.Exchange, _ order) ([]manifest.Pointer, error) {
			return one(o.Pin(chi.URLParam(x.R, "name"), true))
		},
		"/v1/channels/{name}/unpin": func(x *answer.Exchange, _ order) ([]manifest.Pointer, error) {
			return one(o.Pin(chi.URLParam(x.R, "name"), false))
		},
		"/v1/releases/{id}/bad": func(x *answer.Exchange, say order) ([]manifest.Pointer, error) {
			return o.MarkBad(chi.URLParam(x.R, "id"), say.Reason)
		},
	} {
		mux.Post(pattern, o.answers.Answer(pattern, func(x *answer.Exchange) error { return o.obey(x, act) }))
	}
	mux.NotFound(o.answers.Answer("none", func(*answer.Exchange) error {
		return answer.NotFound("operators find /v1/state here, and what release list names")
	}))
	return mux, nil
}

func one(p manifest.Pointer, err error) ([]manifest.Pointer, error) {
	return []manifest.Pointer{p}, err
}

// order is the body of what operators ask for.
type order struct {
	Release string `json:"release"`
	Reason  string `json:"reason"`

	Waves []float64 `json:"waves"` // shares of the nodes
}

// maxBody bounds the body of a request.
const maxBody = 4 << 10

func (o *Origin) obey(x *answer.Exchange, act func(*answer.Exchange, order) ([]manifest.Pointer, error)) error {
	x.Deadline(o.options.SendTimeout + time.Minute) // a publication may have to end first
	var say order
	read := body(x)
	read.DisallowUnknownFields()
	if err := decode(read, &say); err != nil {
		return err
	}
	moved, err := act(x, say)
	o.options.Log.Info("an operator asked", "path", x.R.URL.Path, "release", say.Release, "moved", len(moved), "error", err)
	switch {
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrNoChannel):
		return answer.NotFound(err.Error())
	case errors.Is(err, ErrBad), errors.Is(err, ErrNoneBefore), errors.Is(err, errShares), errors.Is(err, manifest.ErrPointer):
		return &answer.Problem{Status: http.StatusConflict, Code: "conflict", Detail: err.Error()}
	case err != nil:
		return err
	}
	return x.SendJSON(moved)
}

// body reads the body of a request.
func body(x *answer.Exchange) *json.Decoder {
	return json.NewDecoder(http.MaxBytesReader(x.W, x.R.Body, maxBody))
}

// decode reads one value, or none.
func decode(d *json.Decoder, into any) error {
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("more than one value")
		}
	}
	if !errors.Is(err, io.EOF) {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_body", Detail: "the body is no JSON that is known here: " + err.Error()}
	}
	return nil
}
