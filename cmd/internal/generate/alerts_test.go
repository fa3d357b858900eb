package generate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// series is a metric and its values, a minute apart, in promtool's notation.
type series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// example is what makes an alert fire, and what does not, after so many minutes.
type example struct {
	minutes     int
	fires       map[string]string // values by series
	quiet       map[string]string
	extraLabels map[string]string // of the alert, beside severity and instance
	instance    bool
}

const (
	lookups  = `geodrop_http_requests_total{instance="a",route="/v1/lookup",method="POST",status="200"}`
	failures = `geodrop_http_requests_total{instance="a",route="/v1/lookup",method="POST",status="500"}`
	unready  = `geodrop_http_requests_total{instance="a",route="/readyz",method="GET",status="503"}`
	turned   = `geodrop_http_requests_total{instance="a",route="/v1/lookup",method="POST",status="503"}`
	shed     = `geodrop_http_shed_total{instance="a",reason="queue"}`
	within   = `geodrop_http_request_seconds_bucket{instance="a",route="/v1/lookup",le="0.05"}`
	within1  = `geodrop_http_request_seconds_bucket{instance="a",route="/v1/lookup",le="1"}`
	all      = `geodrop_http_request_seconds_bucket{instance="a",route="/v1/lookup",le="+Inf"}`
	inFlight = `geodrop_http_in_flight{instance="a"}`
	asOf     = `geodrop_published_as_of_timestamp_seconds{instance="a"}`
	contact  = `geodrop_agent_last_contact_timestamp_seconds{instance="a"}`
	refused  = `geodrop_http_connections_refused_total{instance="a"}`
)

func info(instance, release string) string {
	return fmt.Sprintf(`geodrop_release_info{instance=%q,release=%q}`, instance, release)
}

func one(series, values string) map[string]string { return map[string]string{series: values} }

func examples() map[string]example {
	job := map[string]string{"job": "geodrop-node"}
	return map[string]example{
		"GeodropDown":               {2, one(`up{job="geodrop-node",instance="a"}`, "1 0 0"), one(`up{job="geodrop-node",instance="a"}`, "0 0 1"), job, true},
		"GeodropNoRelease":          {3, one(inFlight, "0x3"), map[string]string{inFlight: "0x3", info("a", "r1"): "1x3"}, nil, true},
		"GeodropShedding":           {10, map[string]string{lookups: "0+60x10", shed: "0+6x10"}, map[string]string{lookups: "0+60x10", shed: "0+3x10"}, nil, true},
		"GeodropErrors":             {15, map[string]string{lookups: "0+60x15", failures: "0+1x15"}, map[string]string{lookups: "0+600x15", failures: "0+1x15", unready: "0+60x15", turned: "0+60x15"}, nil, true},
		"GeodropSlow":               {15, map[string]string{within: "0+90x15", within1: "0+100x15", all: "0+100x15"}, map[string]string{within: "0+999x15", within1: "0+1000x15", all: "0+1000x15"}, nil, true},
		"GeodropCheckFailing":       {6, one(`geodrop_check_failing{instance="a",check="source"}`, "1x6"), one(`geodrop_check_failing{instance="a",check="source"}`, "1x3 0x3"), map[string]string{"check": "source"}, true},
		"GeodropConfigStale":        {20, one(asOf, "1x20"), one(asOf, "1+60x20"), nil, true},
		"GeodropConfigNeverSeen":    {14, one(asOf, "1x2 0x11"), one(asOf, "0x9 500x4"), nil, true},
		"GeodropUpstreamNeverHeard": {14, one(contact, "1x2 0x11"), one(contact, "0x9 500x4"), nil, true},
		"GeodropUpstreamSilent":     {15, one(contact, "1x15"), one(contact, "1+60x15"), nil, true},
		"GeodropReleasesDiffer":     {20, map[string]string{info("a", "r1"): "1x20", info("b", "r2"): "1x20"}, map[string]string{info("a", "r1"): "1x20", info("b", "r1"): "1x20"}, nil, false},
		"GeodropReleaseDamaged":     {5, one(`geodrop_releases_quarantined_total{instance="a"}`, "0 0 1 1 1 1"), one(`geodrop_releases_quarantined_total{instance="a"}`, "1x5"), nil, true},
		"GeodropWaveTakenBack":      {5, one(`geodrop_origin_waves_taken_back_total{instance="a",reason="refused"}`, "0 0 1 1 1 1"), one(`geodrop_origin_waves_taken_back_total{instance="a",reason="refused"}`, "1x5"), map[string]string{"reason": "refused"}, true},
		"GeodropWithoutHash":        {11, one(`geodrop_release_segments_without_hash{instance="a"}`, "2x11"), one(`geodrop_release_segments_without_hash{instance="a"}`, "0x11"), nil, true},
		"GeodropMapShrank":          {70, one(`geodrop_release_pois{instance="a"}`, "1000x60 400x10"), one(`geodrop_release_pois{instance="a"}`, "1000x60 600x10"), nil, true},
		"GeodropConnectionsRefused": {12, one(refused, "0+60x12"), one(refused, "7x12"), nil, true},
	}
}

// promtool runs promtool, of Debian's package prometheus.
func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("promtool", args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func writeYAML(t *testing.T, name string, v any) {
	t.Helper()
	b, err := yaml.Marshal(v)
	if err == nil {
		err = os.WriteFile(name, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// written is what is generated under a name.
func written(t *testing.T, name string, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, name, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAlerts: promtool takes the rules, and each alert fires for what it is made
// for and keeps quiet for what is almost that.
func TestAlerts(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yml"), written(t, "alerts", Options{}), 0o644); err != nil {
		t.Fatal(err)
	}
	promtool(t, dir, "check", "rules", "rules.yml")
	given := examples()
	var tests []any
	for _, a := range alerts() {
		e, ok := given[a.Alert]
		if !ok {
			t.Errorf("%s has no example", a.Alert)
			continue
		}
		delete(given, a.Alert)
		for _, fires := range []bool{true, false} {
			tests = append(tests, e.unitTest(a, fires))
		}
	}
	writeYAML(t, filepath.Join(dir, "tests.yml"), map[string]any{"rule_files": []string{"rules.yml"}, "evaluation_interval": "1m", "tests": tests})
	promtool(t, dir, "test", "rules", "tests.yml")
	for name := range given {
		t.Errorf("there is no alert %s", name)
	}
}

// unitTest is a test as promtool reads it: whether the alert fires, with its
// labels.
func (e example) unitTest(a alert, fires bool) map[string]any {
	values := e.quiet
	if fires {
		values = e.fires
	}
	var input []series
	for s, v := range values {
		input = append(input, series{s, v})
	}
	count := 0
	if fires {
		count = 1
	}
	// ALERTS is what Prometheus itself keeps of alerts that fire.
	check := map[string]any{
		"expr":        fmt.Sprintf(`count(ALERTS{alertname=%q,alertstate="firing"%s}) or vector(0)`, a.Alert, e.matchers(a)),
		"eval_time":   fmt.Sprintf("%dm", e.minutes),
		"exp_samples": []map[string]any{{"labels": "{}", "value": count}},
	}
	return map[string]any{"name": fmt.Sprintf("%s: %v", a.Alert, fires), "interval": "1m", "input_series": input, "promql_expr_test": []any{check}}
}

func (e example) matchers(a alert) string {
	text := fmt.Sprintf(",severity=%q", a.Labels["severity"])
	if e.instance {
		text += `,instance="a"`
	}
	for name, value := range e.extraLabels {
		text += fmt.Sprintf(",%s=%q", name, value)
	}
	return text
}
