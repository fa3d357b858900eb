// Package catalog is what the bytes of a release mean in the words of the
// domain: the labels and texts that package grid/index carries unread, and the
// catalog file beside the segments, which holds everything that is not a place.
//
//	segment   posting ─► combination ─► labels   d:E09000033  s:parks  z:school-1
//	                  └► text ─► id, name, kind, attributes     (label.go, text.go)
//	catalog   merchants, prizes, tasks, districts, timed zones      (one JSON a line)
//
// Segments name POI sets and districts, never tasks. So an edit of a task, its
// prizes or its quotas changes the catalog and no segment.
package catalog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"geodrop/poi"
)

// ErrCorrupt marks a catalog or a text that no writer of this package wrote.
var ErrCorrupt = errors.New("corrupt catalog")

// Catalog is the content of a catalog file. The districts are in the order of
// the areas in the release's area file; the other lists are sorted by id.
type Catalog struct {
	Merchants []poi.Merchant
	Prizes    []poi.Prize
	Tasks     []poi.Task
	Districts []District
	Zones     []Zone
}

// District is a district without its shape, which the area file has.
type District struct {
	Adcode poi.Adcode `json:"adcode"`
	Name   string     `json:"name"`
	Parent poi.Adcode `json:"parent,omitempty"`
}

// Zone is a zone with times, without its shape: the postings inside are
// labelled with its id.
type Zone struct {
	ID     poi.ZoneID   `json:"id"`
	Name   string       `json:"name"`
	Reason string       `json:"reason"`
	When   poi.Schedule `json:"when"`
}

// line is one line of the file: one of its fields is set.
type line struct {
	Merchant *poi.Merchant `json:"merchant,omitempty"`
	Prize    *poi.Prize    `json:"prize,omitempty"`
	Task     *poi.Task     `json:"task,omitempty"`
	District *District     `json:"district,omitempty"`
	Zone     *Zone         `json:"zone,omitempty"`
}

// maxLine bounds a line with its line feed, for reader and writer alike. The
// largest task that poi.Task.Check accepts fits: its quotas, each as long as
// JSON can make it, and far more than all its other fields.
const (
	maxLine    = poi.MaxQuotas*quotaBytes + othersSize
	quotaBytes = len(`{"prize":"","district":"","units":9007199254740991},`) + 2*escaped*poi.MaxIDBytes
	escaped    = len(`\u003c`) // what JSON makes of one byte, at most
	othersSize = 1 << 20
)

// WriteTo writes the catalog. Equal catalogs give equal bytes, and Read reads
// what was written: a record that does not fit in a line of Read's is an error.
func (c *Catalog) WriteTo(w io.Writer) (int64, error) { return c.write(w, maxLine) }

func (c *Catalog) write(w io.Writer, longest int) (int64, error) {
	out := bufio.NewWriter(w)
	total := int64(0)
	for l := range c.lines {
		b, err := json.Marshal(l)
		if err != nil {
			return total, fmt.Errorf("write catalog: %w", err)
		}
		if len(b)+1 > longest {
			return total, fmt.Errorf("write catalog: %.40s… has %d bytes, a line %d at most: %w", b, len(b), longest-1, bufio.ErrTooLong)
		}
		n, err := out.Write(append(b, '\n'))
		total += int64(n)
		if err != nil {
			return total, fmt.Errorf("write catalog: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return total, fmt.Errorf("write catalog: %w", err)
	}
	return total, nil
}

func (c *Catalog) lines(yield func(line) bool) {
	for i := range c.Merchants {
		if !yield(line{Merchant: &c.Merchants[i]}) {
			return
		}
	}
	for i := range c.Prizes {
		if !yield(line{Prize: &c.Prizes[i]}) {
			return
		}
	}
	for i := range c.Tasks {
		if !yield(line{Task: &c.Tasks[i]}) {
			return
		}
	}
	for i := range c.Districts {
		if !yield(line{District: &c.Districts[i]}) {
			return
		}
	}
	for i := range c.Zones {
		if !yield(line{Zone: &c.Zones[i]}) {
			return
		}
	}
}

// Read reads what WriteTo wrote, and checks it as far as Check does. The error
// wraps ErrCorrupt and names the line or the record, or is that of the reader.
func Read(r io.Reader) (*Catalog, error) { return read(r, maxLine) }

func read(r io.Reader, longest int) (*Catalog, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, min(64<<10, longest)), longest)
	c := &Catalog{}
	no := 1
	for ; in.Scan(); no++ {
		if err := c.add(in.Bytes()); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrCorrupt, no, err)
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%w: line %d: more than %d bytes", ErrCorrupt, no, longest-1)
	} else if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Catalog) add(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var l line
	if err := d.Decode(&l); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	records := 0
	if l.Merchant != nil {
		records++
		c.Merchants = append(c.Merchants, *l.Merchant)
	}
	if l.Prize != nil {
		records++
		c.Prizes = append(c.Prizes, *l.Prize)
	}
	if l.Task != nil {
		records++
		c.Tasks = append(c.Tasks, *l.Task)
	}
	if l.District != nil {
		records++
		c.Districts = append(c.Districts, *l.District)
	}
	if l.Zone != nil {
		records++
		c.Zones = append(c.Zones, *l.Zone)
	}
	if records != 1 {
		return fmt.Errorf("%d records, not one", records)
	}
	return l.check()
}

// check holds the record against the limits of the domain.
func (l *line) check() error {
	switch {
	case l.Merchant != nil:
		return l.Merchant.Check()
	case l.Prize != nil:
		return l.Prize.Check()
	case l.Task != nil:
		return l.Task.Check()
	case l.District != nil:
		d := poi.District{Adcode: l.District.Adcode, Name: l.District.Name, Parent: l.District.Parent}
		return d.Check()
	default:
		z := poi.Zone{ID: l.Zone.ID, Name: l.Zone.Name, Reason: l.Zone.Reason, When: l.Zone.When}
		return z.Check()
	}
}
