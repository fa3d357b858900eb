package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"geodrop/grid"
	"geodrop/poi/decode"
	reports "geodrop/poi/report"
	"geodrop/poi/rule"
	"geodrop/sync/manifest"
)

type validateCmd struct {
	sourceFlags
	Format   string                   `enum:"text,json,sarif,junit" default:"text" help:"Format of the report: ${enum}."`
	Out      string                   `placeholder:"FILE" help:"File for the report; the text is printed beside it."`
	FailOn   string                   `enum:"error,warning,note,never" default:"error" help:"Least severity that makes exit code 1: ${enum}."`
	Rules    string                   `placeholder:"FILE" help:"Severities and accepted findings; default: rules.yaml in the bundle, if there is one."`
	Severity map[string]rule.Severity `placeholder:"RULE=LEVEL" help:"Severity of a rule: off, note, warning or error. Goes before that in --rules."`
	Base     string                   `placeholder:"RELEASE" help:"Folder of the release that is to be replaced, to compare counts with."`
	MaxMoved percent                  `default:"20%" help:"Share by which the number of POIs may move against --base; of tasks, quotas, sets, districts and zones it is half, or this if more."`
	At       time.Time                `placeholder:"TIME" help:"Moment to judge windows at, RFC 3339; default: now."`
	All      bool                     `help:"Show all findings in the text, up to --keep of each rule."`
	Keep     int                      `default:"1000" help:"Findings of each rule that are kept for a report; beyond them they are counted."`
	Cell     int                      `default:"200" help:"Edge of a cell in metres, as it will be built."`
	Radius   int                      `default:"2" help:"Radius of the window in cells, as it will be built."`
	Memory   size                     `default:"1GiB" help:"Memory to stay within."`
	Temp     string                   `placeholder:"DIR" help:"Where sorting spills; default: the system's folder for temporary files."`

	Accept  string `placeholder:"FILE" help:"Write all that is found to this file as accepted findings, to begin with; needs --reason and --expires."`
	Reason  string `help:"Why --accept accepts."`
	Expires string `placeholder:"DATE" help:"Until when, such as 2027-12-31."`
}

func (*validateCmd) Help() string {
	return `Reads a config, writes nothing, and says what is wrong: file, line and column, or
table and key, what stands there, and how to mend it. Exit code 1 means that
there are findings of the severity --fail-on or worse. Lines and columns begin
at 1; in every format, columns count characters (Unicode code points).

rules.yaml in the bundle sets severities and accepts known findings, each with a
reason, an amount beyond which it is reported again, and a date from which on it
is. A config that has findings already begins with --accept. The rules are in:
geodrop rules.

A job for continuous integration is written by geodrop generate github-actions,
a hook for git by geodrop generate pre-commit.

Example: geodrop validate --src dir:london
         geodrop validate --src dir:london --format sarif --out geodrop.sarif
         geodrop validate --src dir:london --accept london/rules.yaml --reason "as it was found" --expires 2027-12-31`
}

// Validate refuses what would stand for a default, or for nothing.
func (c *validateCmd) Validate() error {
	switch {
	case c.Cell < int(grid.MinSize) || c.Cell > int(grid.MaxSize):
		return fmt.Errorf("--cell %d is not within %d…%d metres", c.Cell, grid.MinSize, grid.MaxSize)
	case c.Radius < 1 || c.Radius > grid.MaxRadius:
		return fmt.Errorf("--radius %d is not within 1…%d cells", c.Radius, grid.MaxRadius)
	case c.Keep < 1:
		return fmt.Errorf("--keep %d is not a number above 0", c.Keep)
	case c.Accept != "" && (c.Reason == "" || c.Expires == ""):
		return errors.New("--accept needs --reason and --expires: what is accepted is accepted for a reason, and until a date")
	}
	switch expires, err := c.expires(); {
	case err != nil:
		return fmt.Errorf("--expires %q is not a date such as 2027-12-31", c.Expires)
	case c.Accept != "" && !c.now().Before(expires):
		return fmt.Errorf("--expires %s is over already, so that nothing would be accepted: give a later date", c.Expires)
	}
	return nil
}

func (c *validateCmd) expires() (time.Time, error) {
	if c.Expires == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, c.Expires)
}

// now is the moment that is judged.
func (c *validateCmd) now() time.Time {
	if c.At.IsZero() {
		return time.Now()
	}
	return c.At
}

func (c *validateCmd) Run(r *run) (err error) {
	if err := c.acceptable(); err != nil {
		return err
	}
	opts, err := c.options(r)
	if err != nil {
		return err
	}
	result, err := c.validate(r, opts)
	if errors.Is(err, rule.ErrOptions) {
		return usage{err}
	}
	if err != nil {
		return err
	}
	accepted, verdict := "", error(nil)
	if c.Accept == "" {
		verdict = c.verdict(result)
	} else if verdict = c.accept(result); verdict == nil {
		accepted = c.Accept + " until " + c.Expires
	}
	if err := c.print(r, result, accepted); err != nil {
		return err
	}
	return verdict
}

// The shares of the memory: sorting has its own, the heap most of the rest.
const (
	validateSortShare = 0.25
	validateHeapShare = 0.55
)

func (c *validateCmd) options(r *run) (rule.Options, error) {
	o := rule.Options{
		Severity: map[string]rule.Severity{}, Keep: c.Keep, Now: c.At, CellSize: grid.Size(c.Cell), Radius: c.Radius,
		MaxMoved: c.MaxMoved.limit(), Memory: int64(validateSortShare * float64(c.Memory)), TempDir: c.Temp,
		Progress: newProgress(r.stderr),
	}
	debug.SetMemoryLimit(int64(validateHeapShare * float64(c.Memory)))
	settings, err := c.settings()
	if errors.Is(err, decode.ErrFormat) {
		return o, usage{err}
	}
	if err != nil {
		return o, err
	}
	for id, severity := range settings.Severity {
		o.Severity[id] = severity
	}
	for id, severity := range c.Severity {
		o.Severity[id] = severity
	}
	o.Accepted = settings.Accepted
	if c.Base != "" {
		m, err := manifest.Read(c.Base)
		if err != nil {
			return o, wrong(err)
		}
		o.Base = m.Counts
	}
	return o, nil
}

// settings are those that were named, else those of the bundle.
func (c *validateCmd) settings() (*rule.Settings, error) {
	name, path := c.Rules, c.Rules
	if dir, ok := c.bundle(); path == "" && ok {
		name, path = rule.SettingsFile, filepath.Join(dir, rule.SettingsFile)
	}
	if path == "" {
		return &rule.Settings{}, nil
	}
	f, err := os.Open(path)
	if c.Rules == "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) { // no bundle, as is said when it is opened
		return &rule.Settings{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	defer f.Close()
	return rule.ReadSettings(name, f)
}

// bundle is the folder of the source, if it is one.
func (c *validateCmd) bundle() (dir string, ok bool) { return strings.CutPrefix(c.Src, "dir:") }

// validate runs the rules. A bundle that cannot even be listed is a finding too.
func (c *validateCmd) validate(r *run, o rule.Options) (result *rule.Result, err error) {
	src, err := c.open(r)
	if err != nil {
		if result, ok := rule.Unreadable(err, o); ok {
			return result, nil
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return rule.Validate(r.ctx, src, o)
}

// print writes the report where it is to go, and the text to the terminal.
func (c *validateCmd) print(r *run, result *rule.Result, accepted string) error {
	o := reports.Options{Format: reports.Format(c.Format), Version: version, Accepted: accepted}
	dir, err := c.shownDir(o.Format)
	if err != nil {
		return err
	}
	o.Dir = dir
	if c.All {
		o.Show = -1
	}
	if c.FailOn != "never" {
		if err := o.FailOn.UnmarshalText([]byte(c.FailOn)); err != nil {
			return err
		}
	}
	if c.Out == "" {
		o.Color = colored(r.stdout)
		return reports.Write(r.stdout, result, o)
	}
	var text bytes.Buffer
	if err := reports.Write(&text, result, o); err != nil {
		return err
	}
	if err := writeOut(c.Out, text.Bytes()); err != nil {
		return err
	}
	o.Format, o.Color = reports.Text, colored(r.stdout)
	if o.Dir, err = c.shownDir(o.Format); err != nil {
		return err
	}
	return reports.Write(r.stdout, result, o)
}

// shownDir is the folder in front of the files of a report: as it was given for
// people, and for programs as they look for it in a checkout.
func (c *validateCmd) shownDir(format reports.Format) (string, error) {
	dir, ok := c.bundle()
	switch {
	case !ok:
		return "", nil
	case format == reports.SARIF || format == reports.JUnit:
		return fromCheckout(dir)
	}
	return filepath.ToSlash(filepath.Clean(dir)), nil
}

// colored reports whether text that goes there may have colours.
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

func (c *validateCmd) verdict(result *rule.Result) error {
	if c.FailOn == "never" {
		return nil
	}
	var least rule.Severity
	if err := least.UnmarshalText([]byte(c.FailOn)); err != nil {
		return err
	}
	if n := result.Count(least); n > 0 {
		return notRight{fmt.Errorf("the config is not right: findings of severity %s or worse: %d", least, n)}
	}
	if result.Unread {
		return notRight{errors.New("the config is not known to be right: a file of it could not be read")}
	}
	return nil
}
