package main

import (
	"testing"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

func TestWhereabouts(t *testing.T) {
	at := manifest.Pointer{Channel: "main", Release: "r6-8c5937a9", Since: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}
	under := at
	under.Wave = manifest.Wave{Release: "r8-d3a60adf", Share: manifest.WholeFleet / 4}
	for _, tt := range []struct {
		p    manifest.Pointer
		want string
	}{
		{at, "Channel main is at r6-8c5937a9 since 2027-01-02T03:04:05Z, on all nodes."},
		{under, "Channel main is at r6-8c5937a9 since 2027-01-02T03:04:05Z, and 25 % of the nodes get r8-d3a60adf."},
	} {
		if got := whereabouts(tt.p); got != tt.want {
			t.Errorf("whereabouts = %q, want %q", got, tt.want)
		}
	}
}

func TestHeard(t *testing.T) {
	for _, tt := range []struct {
		w    origin.WaveState
		want string
	}{
		{origin.WaveState{Heard: 9, Nodes: 3, Serving: 2, Refusing: 1}, "of 3, 2 serve it, 1 refuse it"},
		{origin.WaveState{Heard: 9, Nodes: 3, Serving: 2}, "of 3, 2 serve it, 0 refuse it, 1 yet to report so"},
		{origin.WaveState{Heard: 9}, "of 9 that report none is in it, and it takes one in unless others report within two minutes"},
		{origin.WaveState{}, "no node reports, and it waits until one does"},
	} {
		if got := heard(&tt.w); got != tt.want {
			t.Errorf("heard = %q, want %q", got, tt.want)
		}
	}
}
