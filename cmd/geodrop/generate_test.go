package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"geodrop/cmd/internal/generate"
)

// parse parses arguments as main does.
func parse(t *testing.T, args []string) *cli {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Vars{"version": version})
	if err == nil {
		_, err = parser.Parse(args)
	}
	if err != nil {
		t.Fatalf("geodrop %s: %v", strings.Join(args, " "), err)
	}
	return &c
}

// line is what follows a prefix on the line that has it.
func line(t *testing.T, text, prefix string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+prefix)
	if !ok {
		t.Fatalf("no line begins with %q in\n%s", prefix, text)
	}
	rest, _, _ = strings.Cut(rest, "\n")
	return rest
}

func generated(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	if err := generate.Write(&b, name, generate.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// defaultPort is the port of the default of a command's --listen.
func defaultPort(t *testing.T, command any) string {
	t.Helper()
	f, ok := reflect.TypeOf(command).FieldByName("Listen")
	if !ok {
		t.Fatalf("%T has no --listen", command)
	}
	_, port, err := net.SplitHostPort(f.Tag.Get("default"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestGeneratedCommands: what units and the Dockerfile run are commands with
// flags that there are, on the ports that the help names, an origin for itself
// alone unless told, and they keep their files where they may write.
func TestGeneratedCommands(t *testing.T) {
	unit := func(role string) (*cli, string) {
		text := generated(t, "systemd-"+role)
		return parse(t, strings.Fields(line(t, text, "ExecStart=/usr/local/bin/geodrop "))), "/var/lib/" + line(t, text, "StateDirectory=")
	}
	t.Setenv("GEODROP_SRC", "dir:london") // as the environment file may
	type started struct{ listen, dir, state, at string }
	up, upState := unit("up")
	origin, originState := unit("origin")
	node, nodeState := unit("node")
	dockerfile := generated(t, "dockerfile")
	var args []string
	if err := json.Unmarshal([]byte(line(t, dockerfile, "CMD ")), &args); err != nil {
		t.Fatal(err)
	}
	image := parse(t, args)
	for name, s := range map[string]started{
		"up":         {up.Up.Listen, up.Up.Dir, upState, ":" + defaultPort(t, upCmd{})},
		"origin":     {origin.Origin.Listen, origin.Origin.Dir, originState, "127.0.0.1:" + defaultPort(t, originCmd{})},
		"node":       {node.Node.Listen, node.Node.Dir, nodeState, ":" + defaultPort(t, nodeCmd{})},
		"dockerfile": {image.Up.Listen, image.Up.Dir, strings.Trim(line(t, dockerfile, "VOLUME "), `[]"`), ":" + line(t, dockerfile, "EXPOSE ")},
	} {
		if s.listen != s.at || s.dir != s.state {
			t.Errorf("%s: listens on %s, keeps its files in %s, may write to %s; want %s", name, s.listen, s.dir, s.state, s.at)
		}
	}
	for name, c := range map[string]*cli{"up": up, "origin": origin, "node": node, "dockerfile": image} {
		if c.LogLevel != slog.LevelWarn {
			t.Errorf("%s logs at level %v, with a line for each request", name, c.LogLevel)
		}
	}
	if port := line(t, dockerfile, "EXPOSE "); port != defaultPort(t, upCmd{}) {
		t.Errorf("the image exposes %s", port)
	}
	if upstream := node.Node.Upstream[0]; !strings.HasSuffix(upstream, ":"+defaultPort(t, originCmd{})) {
		t.Errorf("the node fetches from %s", upstream)
	}
}
