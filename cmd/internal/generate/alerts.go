package generate

import (
	"io"

	"go.yaml.in/yaml/v3"
)

// alert is a rule, as Prometheus reads it.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

type severity string

// page wakes somebody; ticket is for the day.
const (
	page   severity = "page"
	ticket severity = "ticket"
)

func rule(name string, s severity, lasts, expr, summary, do string) alert {
	return alert{
		Alert: name, Expr: expr, For: lasts,
		Labels:      map[string]string{"severity": string(s)},
		Annotations: map[string]string{"summary": summary, "description": do},
	}
}

func alerts() []alert {
	return []alert{
		rule("GeodropDown", page, "1m", `up{job=~"geodrop.*"} == 0`,
			"{{ $labels.instance }} does not answer.", "Look at the unit and its log. It starts with the release that it served last."),
		rule("GeodropNoRelease", page, "2m", `geodrop_http_in_flight unless on (instance) geodrop_release_info`,
			"{{ $labels.instance }} has no release to answer from.", "/readyz names the part that fails: the config, the builder or the upstream."),
		rule("GeodropShedding", page, "2m",
			`sum by (instance) (rate(geodrop_http_shed_total[1m])) / (sum by (instance) (rate(geodrop_http_shed_total[1m])) + sum by (instance) (rate(geodrop_http_requests_total[1m]))) > 0.05`,
			"{{ $labels.instance }} turns {{ $value | humanizePercentage }} of the requests away.", "Add nodes, or raise --next-poll so that clients ask more seldom."),
		rule("GeodropErrors", page, "5m",
			`sum by (instance) (rate(geodrop_http_requests_total{route=~"/v1/.*",status=~"5..",status!="503"}[5m])) / sum by (instance) (rate(geodrop_http_requests_total{route=~"/v1/.*"}[5m])) > 0.01`,
			"{{ $value | humanizePercentage }} of the answers of {{ $labels.instance }} are errors of its own.", "The log has the ids of requests that met a defect; /readyz has what is damaged."),
		rule("GeodropSlow", ticket, "5m",
			`histogram_quantile(0.99, sum by (instance, le) (rate(geodrop_http_request_seconds_bucket{route="/v1/lookup"}[5m]))) > 0.05`,
			"One of a hundred lookups of {{ $labels.instance }} takes more than {{ $value | humanizeDuration }}.", "Look at the processors and at reads from the disk: does the release fit into memory?"),
		rule("GeodropCheckFailing", ticket, "5m", `geodrop_check_failing == 1`,
			"{{ $labels.check }} of {{ $labels.instance }} fails.", "/readyz says why. Lookups go on with the last good release."),
		rule("GeodropConfigStale", page, "5m", `time() - (geodrop_published_as_of_timestamp_seconds > 0) > 600`,
			"What {{ $labels.instance }} publishes is {{ $value | humanizeDuration }} behind the config.", "/readyz says whether the config cannot be read or a build is refused."),
		rule("GeodropConfigNeverSeen", page, "10m", `geodrop_published_as_of_timestamp_seconds == 0`,
			"Since it started, {{ $labels.instance }} has not published what the config says.", "It serves what it did before. /readyz says whether the config cannot be read or a build is refused."),
		rule("GeodropUpstreamSilent", ticket, "5m", `time() - (geodrop_agent_last_contact_timestamp_seconds > 0) > 300`,
			"{{ $labels.instance }} has not heard from an upstream for {{ $value | humanizeDuration }}.", "Look at the origin and at the way to it. Lookups go on with the last good release."),
		rule("GeodropUpstreamNeverHeard", ticket, "10m", `geodrop_agent_last_contact_timestamp_seconds == 0`,
			"Since it started, {{ $labels.instance }} has not heard from an upstream.", "It serves what it did before. Look at the origin and at the way to it."),
		rule("GeodropReleasesDiffer", ticket, "15m", `count(count by (release) (geodrop_release_info)) > 1`,
			"Nodes serve {{ $value }} different releases.", "Those behind cannot fetch or open the new one: look for GeodropCheckFailing and GeodropUpstreamSilent."),
		rule("GeodropReleaseDamaged", ticket, "", `increase(geodrop_releases_quarantined_total[1h]) > 0`,
			"{{ $labels.instance }} has put a damaged release aside.", "Suspect the disk or the memory of the machine; the log has the file and what is wrong with it."),
		rule("GeodropWaveTakenBack", ticket, "", `increase(geodrop_origin_waves_taken_back_total[1h]) > 0`,
			"{{ $labels.instance }} has taken a wave back: {{ $labels.reason }}.", "`geodrop release list` says why. A release that is not bad is given to nodes by `geodrop release promote --wave`."),
		rule("GeodropWithoutHash", ticket, "10m", `geodrop_release_segments_without_hash > 0`,
			"Lookups bisect in {{ $value }} segments of {{ $labels.instance }}.", "They are slower but right. Build without --no-hash; otherwise see `geodrop verify`."),
		rule("GeodropMapShrank", page, "", `geodrop_release_pois < 0.5 * (geodrop_release_pois offset 1h)`,
			"{{ $labels.instance }} serves less than half of the places of an hour ago.", "If nobody meant it, put the config right; the builder only lets through what --max-shrink allows."),
		rule("GeodropConnectionsRefused", ticket, "5m", `rate(geodrop_http_connections_refused_total[5m]) > 0`,
			"{{ $labels.instance }} refuses {{ $value }} connections a second.", "Too many are open: add nodes, or look for a proxy that keeps too many."),
	}
}

func writeAlerts(w io.Writer, _ Options) error {
	type group struct {
		Name  string  `yaml:"name"`
		Rules []alert `yaml:"rules"`
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(map[string][]group{"groups": {{"geodrop", alerts()}}}); err != nil {
		return err
	}
	return e.Close()
}
