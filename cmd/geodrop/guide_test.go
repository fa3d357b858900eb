package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestGuides runs the commands of each page as somebody would who pastes them.
func TestGuides(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	topics, err := guideTopics()
	must(t, err)
	for _, topic := range topics {
		t.Run(topic.name, func(t *testing.T) {
			script := blocks(string(topic.text))
			if script == "" {
				t.Skip("the page has no commands")
			}
			out := runScript(t, ported(t, script))
			for _, want := range guideSays[topic.name] {
				if !strings.Contains(out, want) {
					t.Errorf("the page prints no %q:\n%s", want, out)
				}
			}
		})
	}
}

// guideSays is what the commands of a page print, among other things.
var guideSays = map[string][]string{
	"ci": {"note window-overlap: ", "Nothing found, ",
		"config/prizes.csv:5:52: prize book-token has a budget of 999 units, the quotas of its task come to 1,000: 1 too many",
		"Not to be merged: 1\n"},
	"database":   {"pois.csv: 742 rows", "14 notes in 742 POIs", "The bundle is in var/copy."},
	"operations": {`"district":{"id":"E09000007","name":"Camden"}`, "node-1", "node-3"},
}

// TestGuideHasTheGrants: the page has the accounts that package mysql is tested with.
func TestGuideHasTheGrants(t *testing.T) {
	source, err := os.ReadFile("../../data/mysql/mysql.go")
	must(t, err)
	page, err := guides.ReadFile("guide/database.md")
	must(t, err)
	statements := regexp.MustCompile(`(?m)^//\s+((CREATE USER|GRANT) .*)$`).FindAllSubmatch(source, -1)
	if len(statements) != 6 {
		t.Errorf("package mysql has %d statements, want 3 accounts and their grants", len(statements))
	}
	for _, m := range statements {
		if !bytes.Contains(page, m[1]) {
			t.Errorf("the page does not have %s", m[1])
		}
	}
}

var block = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// blocks are the shell blocks of a page, one after another.
func blocks(page string) string {
	var all strings.Builder
	for _, m := range block.FindAllStringSubmatch(page, -1) {
		all.WriteString(m[1])
	}
	return all.String()
}

// ported is a script with free ports in the place of its own, and the command of
// the test in that of the binary.
func ported(t *testing.T, script string) string {
	t.Helper()
	ports := map[string]string{}
	script = regexp.MustCompile(`\b80[0-9]{2}\b`).ReplaceAllStringFunc(script, func(port string) string {
		if ports[port] == "" {
			ports[port] = freePort(t)
		}
		return ports[port]
	})
	return strings.ReplaceAll(script, "bin/geodrop", "geodrop")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return port
}

// runScript runs a script in a folder and process group of its own, and returns
// what it printed.
func runScript(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what a script that failed leaves running
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}
