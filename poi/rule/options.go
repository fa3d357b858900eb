package rule

import (
	"errors"
	"fmt"
	"time"

	"geodrop/grid"
	"geodrop/poi"
)

// Options of Validate. The zero value has every rule at its own severity.
type Options struct {
	Rules    []*Rule             // default All()
	Severity map[string]Severity // by id of a rule; the others keep their own
	Accepted []Accepted          // findings that are known
	Keep     int                 // findings of each rule that are kept, beyond them they are counted; default 1000

	Now      time.Time // default: the time at which it begins
	CellSize grid.Size // default grid.DefaultSize
	Radius   int       // of the window in cells; default grid.DefaultRadius
	Limit    int       // drops of an answer at most; default 200

	Base     map[string]int64 // counts of the release that is to be replaced; nil: none
	MaxMoved float64          // share by which they may move; default 0.2, below 0 stands for none at all

	Memory  int64  // for sorting POIs; default 256 MiB
	TempDir string // where sorting spills; default os.TempDir

	Progress Progress // default: none
}

// Progress is told how far a validation is. Its methods are called by one
// goroutine at a time.
type Progress interface {
	Stage(name string)
	Add(rows int)
	Done()
}

// ErrOptions marks options that no validation can have.
var ErrOptions = errors.New("wrong option")

const (
	defaultKeep   = 1000
	defaultLimit  = 200
	defaultMemory = 256 << 20
	defaultMoved  = 0.2
)

func (o Options) withDefaults() (Options, error) {
	if o.Rules == nil {
		o.Rules = All()
	}
	setDefault(&o.Keep, defaultKeep)
	setDefault(&o.CellSize, grid.DefaultSize)
	setDefault(&o.Radius, grid.DefaultRadius)
	setDefault(&o.Limit, defaultLimit)
	setDefault(&o.Memory, defaultMemory)
	setDefault(&o.MaxMoved, defaultMoved)
	o.MaxMoved = max(o.MaxMoved, 0)
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o, o.check()
}

func (o *Options) check() error {
	known := make(map[string]bool, len(o.Rules))
	for _, r := range o.Rules {
		known[r.ID] = true
	}
	for id := range o.Severity {
		if err := o.checkRule(id, known); err != nil {
			return err
		}
	}
	for i := range o.Accepted {
		if err := o.checkRule(o.Accepted[i].Rule, known); err != nil {
			return err
		}
	}
	return nil
}

// checkRule refuses to change a rule that is not there, or that nothing may hide.
func (o *Options) checkRule(id string, known map[string]bool) error {
	switch {
	case !known[id]:
		return unknownRule(id, o.Rules)
	case id == idUnreadable:
		return fmt.Errorf("%w: %s stays an error and cannot be accepted, since nobody knows what such a file has: mend the file", ErrOptions, id)
	}
	return nil
}

func unknownRule(id string, rules []*Rule) error {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	if near := poi.Nearest(id, ids); near != "" {
		return fmt.Errorf("%w: there is no rule %q; did you mean %q?", ErrOptions, id, near)
	}
	return fmt.Errorf("%w: there is no rule %q; geodrop rules lists them", ErrOptions, id)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

type silent struct{}

func (silent) Stage(string) {}
func (silent) Add(int)      {}
func (silent) Done()        {}
