package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"geodrop/cmd/internal/generate"
	"geodrop/sync/manifest"
)

type generateCmd struct {
	What     string `arg:"" optional:"" placeholder:"WHAT" help:"What to write; without it, a list of what there is."`
	Out      string `placeholder:"FILE" help:"File to write, replaced if it is there, its folder made if not; default: standard output."`
	Binary   string `default:"/usr/local/bin/geodrop" placeholder:"PATH" help:"Where units of systemd find geodrop. Default: ${default}."`
	Upstream string `default:"http://127.0.0.1:8090" placeholder:"URL" help:"What systemd-node, systemd-relay and nginx fetch from. Default: ${default}."`
	Listen   string `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Where systemd-origin listens: an address that nodes alone reach. Default: ${default}."`
	Channel  string `placeholder:"NAME" help:"Channel that systemd-node follows, such as canary; default: main."`
	Bundle   string `default:"config" placeholder:"DIR" help:"Folder of the config in its repository, for github-actions and pre-commit. Default: ${default}."`
}

func (*generateCmd) Help() string {
	return `What goes beside the binary: a dashboard, alert rules, units of systemd, a
Dockerfile, and for the repository of a config a workflow and a hook of git.

Example: geodrop generate
         geodrop generate grafana --out geodrop.json
         geodrop generate systemd-origin --listen 10.0.0.5:8090
         geodrop generate systemd-node --upstream http://10.0.0.5:8090 --out /etc/systemd/system/geodrop-node.service
         geodrop generate systemd-node --upstream http://10.0.0.5:8090 --channel canary
         geodrop generate github-actions --bundle config --out .github/workflows/config.yml
         geodrop generate pre-commit --bundle config > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit`
}

// Validate refuses what would end a line of a unit, or split a word of one.
func (c *generateCmd) Validate() error {
	for name, text := range map[string]string{"binary": c.Binary, "upstream": c.Upstream, "listen": c.Listen, "bundle": c.Bundle} {
		if text == "" || strings.ContainsAny(text, " \t\r\n\"'\\$;") {
			return fmt.Errorf("--%s %q is empty or has spaces, quotes, $, ; or \\", name, text)
		}
	}
	if !filepath.IsLocal(c.Bundle) {
		return fmt.Errorf("--bundle %q is not a folder below that of the repository", c.Bundle)
	}
	if err := checkAddress("listen", c.Listen); err != nil {
		return err
	}
	if c.Channel != "" && !manifest.ValidChannel(c.Channel) {
		return errChannel
	}
	if !filepath.IsAbs(c.Binary) {
		return errors.New("--binary is not an absolute path")
	}
	return nil
}

func (c *generateCmd) Run(r *run) error {
	if c.What == "" {
		t := table{w: r.stdout}
		for _, k := range generate.Kinds() {
			t.row(k.Name, k.Says)
		}
		return t.err
	}
	var text bytes.Buffer
	if err := generate.Write(&text, c.What, generate.Options{Binary: c.Binary, Upstream: c.Upstream, Listen: c.Listen, Channel: c.Channel, Bundle: c.Bundle}); err != nil {
		return usage{err}
	}
	if c.Out != "" {
		if err := os.MkdirAll(filepath.Dir(c.Out), 0o755); err != nil {
			return fmt.Errorf("make the folder of --out: %w", err)
		}
		return writeOut(c.Out, text.Bytes())
	}
	_, err := r.stdout.Write(text.Bytes())
	return err
}
