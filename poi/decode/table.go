package decode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// table is a CSV file with a header, being read.
type table struct {
	in      *input
	csv     *csvReader
	columns []string
	index   map[string]int
	report  *reporter
	scratch []byte
}

func openTable(f file, b *Bundle, required ...string) (*table, error) {
	in, err := f.open()
	if err != nil {
		return nil, err
	}
	t := &table{in: in, csv: newCSVReader(in), report: b.reporter(f.name)}
	if err := t.header(required); err != nil {
		in.Close()
		return nil, err
	}
	return t, nil
}

func (t *table) close(err *error) {
	if closing := t.in.Close(); *err == nil {
		*err = closing
	}
}

// header reads the first row.
func (t *table) header(required []string) error {
	row, err := t.csv.next()
	if errors.Is(err, io.EOF) {
		return t.fault(1, 0, CodeColumn, "the file is empty; its first line names the columns: "+strings.Join(required, ","))
	}
	if rf, ok := errors.AsType[*rowFault](err); ok {
		return t.fault(rf.line, rf.column, rf.code, "the header "+rf.reason)
	}
	if err != nil {
		return err
	}
	t.index = make(map[string]int, len(row.fields))
	for i := range row.fields {
		name := string(row.bytes(i, &t.scratch))
		line, column := row.place(i)
		if err := poi.CheckAttrName(fmt.Sprintf("column %d", i+1), name); err != nil {
			inv, _ := errors.AsType[*poi.Invalid](err)
			return t.fault(line, column, inv.Code, "in the header, "+err.Error())
		}
		if _, dup := t.index[name]; dup {
			return t.fault(line, column, poi.CodeDuplicate, fmt.Sprintf("the header has the column %q twice", name))
		}
		t.index[name] = i
		t.columns = append(t.columns, name)
	}
	return t.checkColumns(row.line, required)
}

func (t *table) checkColumns(line int, required []string) error {
	for _, name := range required {
		if _, ok := t.index[name]; !ok {
			return t.fault(line, 0, CodeColumn, fmt.Sprintf("the header has no column %q%s", name, t.insteadOf(name)))
		}
	}
	return nil
}

// insteadOf says what the header has in the place of a column.
func (t *table) insteadOf(name string) string {
	for _, separator := range []string{";", "\t", "|"} {
		if len(t.columns) == 1 && strings.Contains(t.columns[0], separator) {
			return fmt.Sprintf(": the separator is %q, write commas", separator)
		}
	}
	longNames := map[string][]string{"lat": {"latitude", "y"}, "lng": {"longitude", "long", "lon", "x"}}
	near := poi.Nearest(name, t.columns)
	for _, column := range t.columns {
		if near == "" && slices.Contains(longNames[name], strings.ToLower(column)) {
			near = column
		}
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; it has %q: did you mean %s?", near, name)
}

func (t *table) fault(line, column int, code poi.Code, reason string) error {
	return &FileError{File: t.in.name, Line: line, Column: column, Code: code, Reason: reason}
}

// column is the place of a column, -1 if the file does not have it.
func (t *table) column(name string) int {
	if i, ok := t.index[name]; ok {
		return i
	}
	return -1
}

// next is the next row with the right number of fields. Others are rejected.
func (t *table) next() (*row, error) {
	for {
		row, err := t.csv.next()
		if err == nil && len(row.fields) != len(t.columns) {
			err = &rowFault{line: row.line, value: clip(row.raw), fault: fault{CodeFieldCount,
				fmt.Sprintf("has %s, the header has %d", phrase.Count(len(row.fields), "field"), len(t.columns))}}
		}
		rf, ok := errors.AsType[*rowFault](err)
		if !ok {
			return row, err
		}
		t.report.add(poi.Reject{Line: rf.line, Column: rf.column, Field: "row", Value: rf.value, Code: rf.code, Reason: rf.reason})
	}
}

// reject reports field i of a row.
func (t *table) reject(row *row, i int, code poi.Code, reason string) {
	t.report.add(t.rejected(row, i, code, reason))
}

func (t *table) rejected(row *row, i int, code poi.Code, reason string) poi.Reject {
	line, column := row.place(i)
	value := clip(row.bytes(i, &t.scratch))
	return poi.Reject{Line: line, Column: column, Field: t.columns[i], Value: value, Code: code, Reason: reason}
}

// rejectInvalid reports what a Check method found in a row. Faults of a column
// are placed there, faults of several columns at the row.
func (t *table) rejectInvalid(row *row, err error) {
	inv, ok := errors.AsType[*poi.Invalid](err)
	if !ok {
		inv = &poi.Invalid{Field: "row", Code: CodeSyntax, Reason: err.Error()}
	}
	if i := t.column(inv.Field); i >= 0 {
		t.reject(row, i, inv.Code, reasonBeside(row.bytes(i, &t.scratch), inv))
		return
	}
	t.report.add(poi.Reject{Line: row.line, Field: inv.Field, Code: inv.Code, Reason: inv.Clause()})
}

// each calls fn for every row of a small table.
func (t *table) each(ctx context.Context, fn func(*row)) error {
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		row, err := t.next()
		if isEOF(err) {
			return nil
		}
		if err != nil {
			return err
		}
		fn(row)
	}
}

// text is a copy of the value of a column, "" if the file does not have it.
func (t *table) text(row *row, column int) string {
	if column < 0 {
		return ""
	}
	return string(row.bytes(column, &t.scratch))
}
