package generate

import (
	"encoding/json"
	"io"
)

// The parts of a dashboard that are used, as Grafana's JSON has them.
type (
	dashboard struct {
		UID           string     `json:"uid"`
		Title         string     `json:"title"`
		Tags          []string   `json:"tags"`
		Timezone      string     `json:"timezone"`
		SchemaVersion int        `json:"schemaVersion"`
		Version       int        `json:"version"`
		Editable      bool       `json:"editable"`
		Refresh       string     `json:"refresh"`
		Time          span       `json:"time"`
		Templating    templating `json:"templating"`
		Panels        []panel    `json:"panels"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	templating struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string  `json:"name"`
		Label      string  `json:"label"`
		Type       string  `json:"type"`
		Query      string  `json:"query"`
		Datasource *source `json:"datasource,omitempty"`
		Refresh    int     `json:"refresh"`
		Multi      bool    `json:"multi"`
		IncludeAll bool    `json:"includeAll"`
		AllValue   string  `json:"allValue,omitempty"`
	}
	source struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	panel struct {
		ID          int         `json:"id"`
		Title       string      `json:"title"`
		Description string      `json:"description,omitempty"`
		Type        string      `json:"type"`
		Datasource  *source     `json:"datasource,omitempty"`
		GridPos     place       `json:"gridPos"`
		FieldConfig fieldConfig `json:"fieldConfig"`
		Targets     []target    `json:"targets,omitempty"`
	}
	place struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	}
	fieldConfig struct {
		Defaults  defaults   `json:"defaults"`
		Overrides []struct{} `json:"overrides"`
	}
	defaults struct {
		Unit string   `json:"unit,omitempty"`
		Min  *float64 `json:"min,omitempty"`
	}
	target struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	}
)

const (
	columns    = 24 // of Grafana's grid
	panelWidth = 8
	panelRows  = 8
)

// graph is a panel to be: legends and expressions in turn.
type graph struct {
	title, says, unit string
	lines             []string
}

type section struct {
	title  string
	graphs []graph
}

const here = `{instance=~"$instance"}`

func sections() []section {
	return []section{
		{"Requests", []graph{
			{"Requests", "Answered, by status.", "reqps", []string{"{{status}}", `sum by (status) (rate(geodrop_http_requests_total` + here + `[$__rate_interval]))`}},
			{"Lookup latency", "From the header of a request to the end of its answer.", "s", []string{
				"p50", `histogram_quantile(0.5, sum by (le) (rate(geodrop_http_request_seconds_bucket{instance=~"$instance",route="/v1/lookup"}[$__rate_interval])))`,
				"p99", `histogram_quantile(0.99, sum by (le) (rate(geodrop_http_request_seconds_bucket{instance=~"$instance",route="/v1/lookup"}[$__rate_interval])))`,
				"p99.9", `histogram_quantile(0.999, sum by (le) (rate(geodrop_http_request_seconds_bucket{instance=~"$instance",route="/v1/lookup"}[$__rate_interval])))`,
			}},
			{"Drops in an answer", "", "short", []string{
				"median", `histogram_quantile(0.5, sum by (le) (rate(geodrop_lookup_drops_bucket` + here + `[$__rate_interval])))`,
				"mean", `sum(rate(geodrop_lookup_drops_sum` + here + `[$__rate_interval])) / sum(rate(geodrop_lookup_drops_count` + here + `[$__rate_interval]))`,
			}},
		}},
		{"Overload", []graph{
			{"Turned away", "By reason: the queue before the handlers, or too many lookups or tiles at a time.", "reqps", []string{"{{instance}} {{reason}}", `sum by (instance, reason) (rate(geodrop_http_shed_total` + here + `[$__rate_interval]))`}},
			{"Queue before the handlers", "How long an echo waits in it.", "s", []string{"{{instance}}", `geodrop_http_queue_seconds` + here}},
			{"Limit", "Requests let in; 0 where there is no limit.", "reqps", []string{"{{instance}}", `geodrop_http_limit_requests_per_second` + here}},
			{"Requests and connections", "", "short", []string{
				"in flight", `sum(geodrop_http_in_flight` + here + `)`,
				"wait to be turned away", `sum(geodrop_http_shed_waiting` + here + `)`,
				"connections", `sum(geodrop_http_connections` + here + `)`,
			}},
			{"Connections refused", "", "cps", []string{"{{instance}}", `rate(geodrop_http_connections_refused_total` + here + `[$__rate_interval])`}},
		}},
		{"Releases", []graph{
			{"Nodes by release", "", "short", []string{"{{release}}", `count by (release) (geodrop_release_info` + here + `)`}},
			{"Places served", "", "short", []string{"{{instance}}", `geodrop_release_pois` + here}},
			{"Segments that bisect", "Their prefix hash is missing or damaged.", "short", []string{"{{instance}}", `geodrop_release_segments_without_hash` + here}},
			{"Behind the config", "", "s", []string{"{{instance}}", `time() - (geodrop_published_as_of_timestamp_seconds` + here + ` > 0)`}},
			{"Builds", "", "short", []string{"{{result}}", `sum by (result) (increase(geodrop_builds_total` + here + `[$__rate_interval]))`}},
			{"Last build", "", "s", []string{"{{instance}}", `geodrop_last_build_seconds` + here}},
		}},
		{"Sync", []graph{
			{"Since an upstream answered", "", "s", []string{"{{instance}}", `time() - (geodrop_agent_last_contact_timestamp_seconds` + here + ` > 0)`}},
			{"Fetched", "", "Bps", []string{"{{instance}}", `rate(geodrop_agent_fetched_bytes_total` + here + `[$__rate_interval])`}},
			{"Sent by origins", "", "Bps", []string{"{{instance}} {{kind}}", `sum by (instance, kind) (rate(geodrop_origin_sent_bytes_total` + here + `[$__rate_interval]))`}},
			{"Failing checks", "", "short", []string{"{{instance}} {{check}}", `geodrop_check_failing` + here + ` == 1`}},
		}},
		{"Process", []graph{
			{"Processors", "", "short", []string{"{{instance}}", `rate(process_cpu_seconds_total` + here + `[$__rate_interval])`}},
			{"Memory", "Resident, with the mapped files that are in memory.", "bytes", []string{
				"{{instance}} resident", `process_resident_memory_bytes` + here,
				"{{instance}} heap", `go_memstats_heap_inuse_bytes` + here,
			}},
			{"Goroutines and descriptors", "", "short", []string{
				"{{instance}} goroutines", `go_goroutines` + here,
				"{{instance}} descriptors", `process_open_fds` + here,
			}},
		}},
	}
}

func newDashboard() *dashboard {
	d := &dashboard{
		UID: "geodrop", Title: "geodrop", Tags: []string{"geodrop"}, Timezone: "browser", SchemaVersion: 39, Version: 1,
		Editable: true, Refresh: "10s", Time: span{"now-1h", "now"},
		Templating: templating{[]variable{
			{Name: "datasource", Label: "Prometheus", Type: "datasource", Query: "prometheus", Refresh: 1},
			{Name: "instance", Label: "Instance", Type: "query", Query: "label_values(geodrop_check_failing, instance)",
				Datasource: prometheusSource(), Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".*"},
		}},
	}
	y := 0
	for _, s := range sections() {
		d.add(panel{Title: s.title, Type: "row", GridPos: place{0, y, columns, 1}})
		y++
		for i, g := range s.graphs {
			const aRow = columns / panelWidth
			d.add(g.panel(place{i % aRow * panelWidth, y + i/aRow*panelRows, panelWidth, panelRows}))
		}
		y += (len(s.graphs)*panelWidth + columns - 1) / columns * panelRows
	}
	return d
}

func prometheusSource() *source { return &source{"prometheus", "${datasource}"} }

func (d *dashboard) add(p panel) {
	p.ID = len(d.Panels) + 1
	p.FieldConfig.Overrides = []struct{}{}
	d.Panels = append(d.Panels, p)
}

func (g graph) panel(at place) panel {
	p := panel{Title: g.title, Description: g.says, Type: "timeseries", Datasource: prometheusSource(), GridPos: at}
	p.FieldConfig.Defaults = defaults{Unit: g.unit, Min: new(float64)}
	for i := 0; i < len(g.lines); i += 2 {
		p.Targets = append(p.Targets, target{string(rune('A' + i/2)), g.lines[i+1], g.lines[i]})
	}
	return p
}

func writeDashboard(w io.Writer, _ Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(newDashboard())
}
