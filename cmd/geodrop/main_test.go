package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/poi/decode"

	"github.com/alecthomas/kong"
)

// signalled is a command that goes on when it is told to stop, until it is told
// again. The script signals.txtar runs it.
func signalled() {
	ctx, untrap := trap()
	defer untrap()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(syscall.SIGTERM)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	<-ctx.Done()
	fmt.Println("told to stop")
	const most = 1_000_000 // the trap ends at some time after the context
	for range most {
		_ = self.Signal(syscall.SIGTERM)
	}
	fmt.Println("never ended")
}

// What reads a whole release or file looks at the context on its way.
func TestInspectStops(t *testing.T) {
	dir := t.TempDir()
	bundle, release := filepath.Join(dir, "bundle"), filepath.Join(dir, "release")
	if err := sample.Write(bundle); err != nil {
		t.Fatal(err)
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = builder.Build(t.Context(), src, builder.Options{Out: release})
	if err := errors.Join(err, src.Close()); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(release, "*.seg"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []inspectCmd{{Path: release}, {Path: segments[0], Dump: true}} {
		var out bytes.Buffer
		if err := c.Run(&run{ctx: t.Context(), stdout: &out}); err != nil || out.Len() == 0 {
			t.Errorf("inspect %+v: %v", c, err)
		}
		if err := c.Run(&run{ctx: stopped, stdout: &out}); !errors.Is(err, context.Canceled) {
			t.Errorf("inspect %+v that was told to stop: %v", c, err)
		}
	}
}

// Every command shows at least one example of itself, ready to be pasted.
func TestHelp(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	const width = 80 // to which help is broken, but for what is indented
	commands := 0
	err = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		if node, ok := n.(*kong.Node); ok && node.Type == kong.CommandNode {
			commands++
			if !strings.Contains(node.Detail, "\nExample: geodrop "+strings.TrimPrefix(node.FullPath(), parser.Model.Name+" ")) {
				t.Errorf("%s has no example: %s", node.FullPath(), node.Detail)
			}
			for line := range strings.Lines(node.Detail) {
				if strings.HasPrefix(line, "Example: ") && len(line) > width+len("\n") {
					t.Errorf("%s: help breaks the line of its example, so that it cannot be pasted: %s", node.FullPath(), line)
				}
			}
		}
		return next(nil)
	})
	if err != nil || commands == 0 {
		t.Errorf("%d commands, %v", commands, err)
	}
}
