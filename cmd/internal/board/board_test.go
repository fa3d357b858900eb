package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/api"
)

// TestBoard: checks and metrics say the same; Since is that of the state.
func TestBoard(t *testing.T) {
	began := time.Unix(1000, 0).UTC()
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	source, releases := NewPart("source", began), NewPart("releases", began)
	releases.LastIs(func() time.Time { return at(7) })
	b := New(source, releases)
	source.OK("", at(1))
	source.Did(at(2))
	source.Fail(Class{Name: "timeout", Says: "no answer"}, at(3))
	source.Fail(Class{Name: "denied", Says: "not allowed"}, at(4))
	releases.Working("fetching", at(5))
	want := []api.Check{
		{Name: "source", State: api.CheckFailing, Class: "denied", Detail: "not allowed", Since: at(3), Last: at(2)},
		{Name: "releases", State: api.CheckWorking, Detail: "fetching", Since: began, Last: at(7)},
	}
	for i, got := range b.Checks() {
		if got != want[i] {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
	if !source.Failing() || releases.Failing() {
		t.Error("another part is failing")
	}
	gathered := []string{
		"geodrop_check_failing releases 0", "geodrop_check_failing source 1",
		"geodrop_check_last_timestamp_seconds releases 1007", "geodrop_check_last_timestamp_seconds source 1002",
		"geodrop_check_reason source denied 1",
	}
	if got := gather(t, b); !slices.Equal(got, gathered) {
		t.Errorf("metrics %q, want %q", got, gathered)
	}
	source.OK("", at(9))
	if c := source.Check(); c.Class != "" || c.Since != at(9) {
		t.Errorf("%+v when all is well again", c)
	}
}

// gather is what Prometheus is told: name, values of labels, value.
func gather(t *testing.T, c prometheus.Collector) (lines []string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			line := f.GetName()
			for _, l := range m.GetLabel() {
				line += " " + l.GetValue()
			}
			lines = append(lines, fmt.Sprint(line, " ", m.GetGauge().GetValue()))
		}
	}
	return lines
}
