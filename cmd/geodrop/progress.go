package main

import (
	"fmt"
	"os"
	"time"

	"geodrop/builder"
	"geodrop/poi/phrase"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newProgress shows a bar on a terminal, and elsewhere a line now and then.
func newProgress(f *os.File) builder.Progress {
	return &progress{f: f, terminal: term.IsTerminal(int(f.Fd())), said: time.Now()}
}

// sayEvery is how often a line is written where there is no terminal.
const sayEvery = 10 * time.Second

type progress struct {
	f        *os.File
	terminal bool
	bar      *progressbar.ProgressBar
	stage    string
	rows     int64
	said     time.Time
}

// Stage ends the stage before and begins the next.
func (p *progress) Stage(name string) {
	p.Done()
	p.stage, p.rows = name, 0
	if p.terminal {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.f), progressbar.OptionSetDescription(name),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(20))
	}
}

// Add counts rows of the stage. That a bar or a line cannot be shown is no
// reason to stop a build.
func (p *progress) Add(rows int) {
	p.rows += int64(rows)
	if p.bar != nil {
		_ = p.bar.Add(rows)
	} else if now := time.Now(); !p.terminal && now.Sub(p.said) >= sayEvery {
		p.said = now
		fmt.Fprintf(p.f, "geodrop: stage %s, %s\n", p.stage, phrase.Count(p.rows, "row"))
	}
}

// Done ends the last stage.
func (p *progress) Done() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
