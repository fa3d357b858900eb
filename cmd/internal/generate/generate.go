// Package generate writes what goes beside the binary: a dashboard, alert rules,
// units of systemd, a Dockerfile, and what validates a config in CI. They are made from what the commands and
// metrics are called here, and the tests hold each of them against that, and
// against the tools that read it.
//
//	grafana     Grafana: import dashboard
//	alerts      Prometheus: rule_files
//	systemd-up, systemd-origin, systemd-relay, systemd-node
//	            /etc/systemd/system/geodrop-….service
//	nginx       nginx: a cache in place of a relay
//	dockerfile  docker build, in a checkout
//	github-actions
//	            .github/workflows/config.yml of a repository with a config
//	pre-commit  .git/hooks/pre-commit there
package generate

import (
	"fmt"
	"io"
	"strings"
)

// Options of what is written. The zero value is fit for use.
type Options struct {
	Binary   string // where it is installed; default /usr/local/bin/geodrop
	Upstream string // URL that a node, relay or cache fetches from; default http://127.0.0.1:8090
	Listen   string // address that an origin listens on; default 127.0.0.1:8090
	Channel  string // that a node follows; default: the one of nodes that name none
	Bundle   string // folder of the config in its repository; default config
}

func (o Options) withDefaults() Options {
	if o.Binary == "" {
		o.Binary = "/usr/local/bin/geodrop"
	}
	if o.Upstream == "" {
		o.Upstream = "http://127.0.0.1:8090"
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:8090"
	}
	if o.Bundle == "" {
		o.Bundle = "config"
	}
	return o
}

// Kind is one thing that can be written.
type Kind struct {
	Name  string
	Says  string
	write func(io.Writer, Options) error
}

// Kinds are all, in the order in which they are shown.
func Kinds() []Kind {
	kinds := []Kind{
		{"grafana", "Dashboard to import into Grafana, for a Prometheus data source.", writeDashboard},
		{"alerts", "Alert rules for Prometheus.", writeAlerts},
	}
	for _, role := range roles() {
		kinds = append(kinds, Kind{"systemd-" + role.name, "Unit of systemd: " + role.says, role.write})
	}
	return append(kinds, Kind{"nginx", "Site of nginx: a cache in place of a relay.", writeSite},
		Kind{"dockerfile", "Dockerfile for a checkout of the source.", writeDockerfile},
		Kind{"github-actions", "Workflow of GitHub Actions: validates each change of a config.", writeWorkflow},
		Kind{"pre-commit", "Hook of git: keeps commits away that break a config.", writeHook})
}

// Write writes the thing of that name.
func Write(w io.Writer, name string, o Options) error {
	var names []string
	for _, k := range Kinds() {
		if k.Name == name {
			return k.write(w, o.withDefaults())
		}
		names = append(names, k.Name)
	}
	return fmt.Errorf("there is no %q to generate; there are %s", name, strings.Join(names, ", "))
}
