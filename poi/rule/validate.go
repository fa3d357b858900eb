package rule

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"geodrop/grid"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// Validate reads a source and reports what its rules find. An error means that
// the source could not be read for a reason outside of it; a file that is not
// what its name says is a finding.
//
// A source is for one validation: what it rejects is reported once.
func Validate(ctx context.Context, src poi.Source, opts Options) (*Result, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	g, err := grid.New(o.CellSize)
	if err != nil {
		return nil, fmt.Errorf("validate: %w: %w", ErrOptions, err)
	}
	v := newValidation(src, o, g)
	v.view.ctx = ctx
	err = v.run(ctx)
	o.Progress.Done()
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	return &v.result, nil
}

// Unreadable is the result for a source that cannot even be opened, if that is
// a fault of its files.
func Unreadable(err error, opts Options) (*Result, bool) {
	o, bad := opts.withDefaults()
	if bad != nil || !errors.Is(err, decode.ErrFormat) {
		return nil, false
	}
	v := newValidation(nil, o, nil)
	v.unreadable(err)
	v.finish()
	v.gather()
	return &v.result, true
}

// validation is the state of one Validate.
type validation struct {
	opts      Options
	src       poi.Source
	view      View
	checks    []Check
	collector *collector
	sorters   sorters
	sets      setTable
	names     map[string][]string // that a field may name, once one was misspelt
	nearest   nearest
	result    Result
}

func newValidation(src poi.Source, o Options, g *grid.Grid) *validation {
	v := &validation{opts: o, src: src, collector: newCollector(&o), names: map[string][]string{},
		view: View{Now: o.Now, Grid: g, Radius: o.Radius, Limit: o.Limit, Base: o.Base, MaxMoved: o.MaxMoved, Config: &poi.Config{}}}
	for _, t := range v.collector.tallies {
		if t.rule.Start != nil {
			v.checks = append(v.checks, t.rule.Start(&v.view, func(f Finding) { v.collector.add(t, f) }))
		}
	}
	return v
}

func (v *validation) run(ctx context.Context) (err error) {
	v.src.Rejects().OnEach = func(r poi.Reject) { v.collector.reject(v.opts.Rules, r) }
	_, v.view.Lines = v.src.(poi.Locator)
	v.strays()
	v.openSorters()
	defer func() { err = errors.Join(err, v.closeSorters()) }()
	for _, part := range []struct {
		stage string
		read  func(context.Context) error
	}{
		{"config", v.readConfig}, {"districts", v.readDistricts}, {"zones", v.readZones}, {"index", v.indexAreas},
		{"places", v.readPOIs}, {"memberships", v.readMemberships},
	} {
		v.opts.Progress.Stage(part.stage)
		if err := v.readable(part.read(ctx)); err != nil {
			return err
		}
	}
	if err := v.whole(ctx); err != nil {
		return err
	}
	v.finish()
	if err := v.locate(ctx); err != nil {
		return err
	}
	v.gather()
	return nil
}

// whole runs the hooks that need all of the config.
func (v *validation) whole(ctx context.Context) error {
	if v.result.Unread {
		return nil
	}
	v.opts.Progress.Stage("join")
	if err := v.census(ctx); err != nil {
		return err
	}
	v.opts.Progress.Stage("cells")
	if err := v.eachCell(ctx); err != nil {
		return err
	}
	for i := range v.checks {
		if done := v.checks[i].Done; done != nil {
			done()
		}
	}
	return nil
}

// readable turns the fault of a file into a finding.
func (v *validation) readable(err error) error {
	if err == nil || !errors.Is(err, decode.ErrFormat) {
		return err
	}
	v.unreadable(err)
	return nil
}

func (v *validation) unreadable(err error) {
	v.result.Unread, v.collector.partial = true, true
	f := Finding{Message: err.Error()}
	if file, ok := errors.AsType[*decode.FileError](err); ok {
		f.At = poi.Place{File: file.File, Line: file.Line, Column: file.Column}
		f.Message = file.Reason
	}
	v.collector.emit(idUnreadable, f)
}

func (v *validation) readConfig(ctx context.Context) error {
	config, err := v.src.Config(ctx)
	if err != nil {
		return err
	}
	v.view.Config, v.view.LeftOut = config, v.leftOut()
	v.result.LeftOut = v.view.LeftOut
	v.collector.partial = v.collector.partial || v.view.LeftOut
	v.result.Tasks, v.result.Prizes = len(config.Tasks), len(config.Prizes)
	for i := range v.checks {
		if hook := v.checks[i].Config; hook != nil {
			hook(config)
		}
	}
	return nil
}

// leftOut reports whether a reject is of a file or table that the config is of.
func (v *validation) leftOut() bool {
	for key := range v.src.Rejects().Counts() {
		for _, stem := range []string{"merchants", "prizes", "tasks", "task_prizes", "quotas"} {
			if strings.HasPrefix(key.File, stem) {
				return true
			}
		}
	}
	return false
}

// finish makes the result of what was collected.
func (v *validation) finish() {
	v.collector.settle(v.rejectFinding)
	for _, t := range v.collector.tallies {
		v.result.Totals = append(v.result.Totals,
			Total{Rule: t.rule, Severity: t.severity, Count: t.count, Amount: t.amount, Accepted: t.spared, Kept: len(t.findings), Files: t.files})
	}
}

// locate says of the kept findings where they stand.
func (v *validation) locate(ctx context.Context) error {
	locator, ok := v.src.(poi.Locator)
	if !ok {
		return nil
	}
	var places []*poi.Place
	for _, t := range v.collector.tallies {
		for i := range t.findings {
			places = append(places, &t.findings[i].At)
		}
	}
	err := locator.Locate(ctx, places)
	if v.result.Unread && errors.Is(err, decode.ErrFormat) {
		return nil // which is a finding already
	}
	return err
}

// gather puts the kept findings in order.
func (v *validation) gather() {
	for _, t := range v.collector.tallies {
		sortByPlace(t.findings)
		v.result.Findings = append(v.result.Findings, t.findings...)
	}
}
