package main

import (
	"os"
	"time"

	"geodrop/builder"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newProgress shows a bar on a terminal and a line a stage elsewhere.
func newProgress(f *os.File) builder.Progress {
	return &progress{f: f, terminal: term.IsTerminal(int(f.Fd()))}
}

type progress struct {
	f        *os.File
	terminal bool
	bar      *progressbar.ProgressBar
	stage    string
	rows     int
	began    time.Time
}

// Stage ends the stage before and begins the next.
func (p *progress) Stage(name string) {
	p.Done()
	p.stage, p.rows, p.began = name, 0, time.Now()
	if p.terminal {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.f), progressbar.OptionSetDescription(name),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(20))
	}
}

// Add counts rows of the stage.
func (p *progress) Add(rows int) {
	p.rows += rows
	if p.bar != nil {
		p.bar.Add(rows) //nolint // a bar that cannot be drawn is no reason to stop
	}
}

// Done ends the last stage.
func (p *progress) Done() {
	if p.bar != nil {
		p.bar.Finish() //nolint // see Add
		p.bar = nil
	}
	p.stage = ""
}
