package transfer

import (
	"fmt"
	"slices"
	"strings"

	"geodrop/poi"
)

// layouts are the attribute columns of tables, such that the attributes of each
// row are in the order of the columns of one of them. Rows of one source mostly
// agree; where two do not, they need two tables.
type layouts struct {
	columns [][]string
	by      map[string]int // the names of a row's attributes to its layout
	key     []byte
}

const (
	maxColumns  = 500     // of a layout: half of what a table may have
	maxLayouts  = 64      // each is a reading of the source
	maxPatterns = 1 << 20 // of attribute names in rows
)

func newLayouts() *layouts { return &layouts{by: make(map[string]int)} }

func (l *layouts) pattern(attrs []poi.Attr) []byte {
	l.key = l.key[:0]
	for i := range attrs {
		l.key = append(append(l.key, attrs[i].Name...), 0)
	}
	return l.key
}

// of is the layout of a row that learn has seen.
func (l *layouts) of(attrs []poi.Attr) int { return l.by[string(l.pattern(attrs))] }

// learn finds a layout for a row, or makes one.
func (l *layouts) learn(attrs []poi.Attr) error {
	key := l.pattern(attrs)
	if _, ok := l.by[string(key)]; ok {
		return nil
	}
	names := strings.Split(strings.TrimSuffix(string(key), "\x00"), "\x00")
	if len(attrs) == 0 {
		names = nil
	}
	for n, columns := range l.columns {
		if merged, ok := merge(columns, names); ok && len(merged) <= maxColumns {
			l.columns[n], l.by[string(key)] = merged, n
			return nil
		}
	}
	if len(l.columns) == maxLayouts || len(l.by) == maxPatterns {
		return fmt.Errorf("%w: the attributes of rows come in more orders than %d tables hold", ErrInexpressible, maxLayouts)
	}
	l.by[string(key)] = len(l.columns)
	l.columns = append(l.columns, names)
	return nil
}

// merge adds names to columns so that both keep their order; false if they
// contradict each other.
func merge(columns, names []string) ([]string, bool) {
	merged := slices.Clone(columns)
	at := 0 // behind the name before
	for _, name := range names {
		switch i := slices.Index(merged, name); {
		case i < 0:
			merged = slices.Insert(merged, at, name)
			at++
		case i < at:
			return nil, false
		default:
			at = i + 1
		}
	}
	return merged, true
}

// oneLayout is the columns of a table of which there is only one.
func oneLayout(n int, attrs func(int) []poi.Attr) ([]string, error) {
	l := newLayouts()
	for i := range n {
		if err := l.learn(attrs(i)); err != nil {
			return nil, err
		}
	}
	if len(l.columns) > 1 {
		return nil, fmt.Errorf("%w: the attributes %s come in different orders", ErrInexpressible, strings.Join(l.columns[1], ", "))
	}
	return l.columns[0], nil
}

// appendAttrs appends the values of columns.
func appendAttrs(fields, columns []string, attrs []poi.Attr) []string {
	next := 0
	for _, column := range columns {
		value := ""
		if next < len(attrs) && attrs[next].Name == column {
			value = attrs[next].Value
			next++
		}
		fields = append(fields, value)
	}
	return fields
}
