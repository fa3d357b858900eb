package storetest

import (
	"iter"
	"reflect"
	"testing"

	"geodrop/poi"
)

// State is all that a snapshot holds.
type State struct {
	Config      poi.Config
	POIs        []poi.POI
	Memberships []poi.Membership
	Districts   []poi.District
	Zones       []poi.Zone
	Rejects     []string
}

// Read reads all of a store.
func Read(t *testing.T, s poi.Store) *State {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return ReadSource(t, src)
}

// ReadSource reads all of a source.
func ReadSource(t *testing.T, src poi.Source) *State {
	t.Helper()
	ctx := t.Context()
	config, err := src.Config(ctx)
	if err != nil {
		t.Fatal(err)
	}
	state := &State{Config: *config}
	for _, b := range all(t, src.POIs(ctx)) {
		for _, row := range b.Rows {
			state.POIs = append(state.POIs, row.POI)
		}
	}
	for _, b := range all(t, src.Memberships(ctx)) {
		for _, row := range b.Rows {
			state.Memberships = append(state.Memberships, row.Membership)
		}
	}
	for _, d := range all(t, src.Districts(ctx)) {
		state.Districts = append(state.Districts, *d)
	}
	for _, z := range all(t, src.Zones(ctx)) {
		state.Zones = append(state.Zones, *z)
	}
	for _, r := range src.Rejects().Kept() {
		state.Rejects = append(state.Rejects, r.String())
	}
	return state
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// equal compares what reflect can; times are compared in their text.
func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
