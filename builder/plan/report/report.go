// Package report writes a plan for those who read it: text for a terminal,
// Markdown that fits a comment on a change, JSON for scripts, and a page with a
// map that needs nothing else.
//
//	plan ─► sections ─┬─► Text
//	                  ├─► Markdown   bounded, the rest is stated
//	                  └─► HTML       and the map, all in one file
//	     ─────────────────► JSON     plan.schema.json says what is in it
//
// What a report says depends on the plan alone, and names in it are those of
// others: each format keeps them from being anything but text.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"geodrop/builder/plan"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// Section is a part of a report: sentences, and a table under them.
type Section struct {
	ID    string
	Title string
	Words []string
	Table *Table
	Same  bool // the table says how things are, and nothing of it differs
}

// Table has rows of cells, of which the first says what the row is about.
type Table struct {
	Head []string
	Rows []Row
	// Rest says what is in no row, if anything is.
	Rest string
}

// Row is one of a table.
type Row struct {
	Cells []string
	// District is what a map can go to: an adcode; empty for nothing.
	District string
}

// Sections are the parts of the report of a plan. Tables have at most so many
// rows.
func Sections(p *plan.Plan, rows int) []Section {
	all := []Section{
		summary(p), districts(p, rows), tasks(p, rows), definitions(p, rows), budget(p, rows), prizes(p, rows), quotas(p, rows),
		zones(p, rows), coverage(p), moves(p, rows), transfer(p),
	}
	for i := range all {
		all[i].plain()
	}
	return all
}

// plain makes all texts plain.
func (s *Section) plain() {
	for i := range s.Words {
		s.Words[i] = phrase.Plain(s.Words[i])
	}
	if s.Table == nil {
		return
	}
	for _, r := range s.Table.Rows {
		for i := range r.Cells {
			r.Cells[i] = phrase.Plain(r.Cells[i])
		}
	}
}

// Headline is the plan in one sentence.
func Headline(p *plan.Plan) string {
	switch d := &p.Drops; {
	case p.Before.ID == p.After.ID:
		return "Nothing changes: both are release " + p.After.ID + "."
	case d.Differ() == 0:
		return "No drop changes on the map" + besides(p) + "."
	default:
		return fmt.Sprintf("%s %s: %s added, %s removed, %s moved, %s changed. There are %s after %s.",
			phrase.Count(d.Differ(), "drop"), phrase.Agree(d.Differ(), "differs", "differ"), phrase.Number(d.Added), phrase.Number(d.Removed), phrase.Number(d.Moved), phrase.Number(d.Changed), phrase.Number(d.After), phrase.Number(d.Before))
	}
}

// besides is what changes while all drops stay: a task that is paused or over
// keeps its drops.
func besides(p *plan.Plan) string {
	var tasks int64
	for i := range p.Tasks {
		if p.Tasks[i].Differs() {
			tasks++
		}
	}
	var all []string
	differ := p.Places.Differ() + tasks + p.Budget.QuotasDiffer
	if n := p.Places.Differ(); n > 0 {
		all = append(all, fmt.Sprintf("%s of %s", phrase.Number(n), phrase.Count(p.Places.Before, "place")))
	}
	if tasks > 0 {
		all = append(all, fmt.Sprintf("%s of %s", phrase.Number(tasks), phrase.Count(len(p.Tasks), "task")))
	}
	if n := p.Budget.QuotasDiffer; n > 0 {
		all = append(all, phrase.Count(n, "quota"))
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(", but %s %s", strings.Join(all, " and "), phrase.Agree(differ, "does", "do"))
}

func summary(p *plan.Plan) Section {
	s := Section{ID: "summary", Title: "Plan", Words: []string{
		Headline(p), fmt.Sprintf("Release %s against %s, cells of %d m.", p.After.ID, p.Before.ID, p.Grid.CellMetres),
	}}
	s.Words = append(s.Words, refused(p)...)
	s.Words = append(s.Words, rejected(p)...)
	s.Table = &Table{Head: []string{"", "before", "after", "added", "removed", "moved", "changed"}}
	for _, row := range []struct {
		name string
		c    *plan.Change
	}{{"drops", &p.Drops}, {"places", &p.Places}} {
		s.Table.add("", append([]string{row.name}, change(row.c)...)...)
	}
	return s
}

// refused says once that somebody has to approve, and then of what.
func refused(p *plan.Plan) []string {
	if len(p.Refused) == 0 {
		return nil
	}
	words := []string{"Needs approval by a higher limit (--max-shrink): the release would be much smaller than the one it replaces."}
	for _, why := range p.Refused {
		words = append(words, "– "+why)
	}
	return words
}

// rejected says which rows of the config are not in the plan.
func rejected(p *plan.Plan) []string {
	r := p.Rejected
	if r == nil {
		return nil
	}
	words := []string{fmt.Sprintf("Not in the plan: %s of the config %s rejected.", phrase.Count(r.Rows, "row"), phrase.Agree(r.Rows, "was", "were"))}
	for i := range r.First {
		words = append(words, "– "+r.First[i].Text)
	}
	if more := r.Rows - int64(len(r.First)); more > 0 {
		words = append(words, fmt.Sprintf("– … and %s more; geodrop validate lists them.", phrase.Number(more)))
	}
	return words
}

func (t *Table) add(district string, cells ...string) {
	t.Rows = append(t.Rows, Row{Cells: cells, District: district})
}

// change are the cells of a change.
func change(c *plan.Change) []string {
	return []string{phrase.Number(c.Before), phrase.Number(c.After), delta(c.Added), delta(-c.Removed), phrase.Number(c.Moved), phrase.Number(c.Changed)}
}

// top are the rows that differ, those with most first, and those left over.
func top[T any](all []T, rows int, differs func(*T) bool, weight func(*T) int64) (shown, rest []T) {
	var some []T
	for i := range all {
		if differs(&all[i]) {
			some = append(some, all[i])
		}
	}
	slices.SortStableFunc(some, func(a, b T) int { return cmp.Compare(weight(&b), weight(&a)) })
	n := min(len(some), rows)
	return some[:n], some[n:]
}

func districts(p *plan.Plan, rows int) Section {
	s := Section{ID: "districts", Title: "Districts"}
	shown, rest := top(p.Districts, rows, (*plan.District).Differs, func(d *plan.District) int64 {
		return d.Drops.Differ() + d.Arrived + d.Left
	})
	if len(shown) == 0 {
		s.Words = []string{fmt.Sprintf("None of %s differs.", phrase.Count(named(p.Districts), "district"))}
		return s
	}
	s.Table = &Table{Head: []string{"district", "before", "after", "added", "removed", "moved", "changed", "from, to others", "quota", "area seen", "dense cells seen"}}
	for i := range shown {
		d := &shown[i]
		cells := append([]string{districtName(d)}, change(&d.Drops)...)
		cells[5] += farthest(d.Drops.Moved, float64(d.Farthest))
		s.Table.add(string(d.Adcode), append(cells, exchange(d), shift(d.Units),
			areaSeen(&d.Coverage), denseSeen(&d.Coverage))...)
	}
	if len(rest) > 0 {
		var sum plan.Change
		for i := range rest {
			add(&sum, &rest[i].Drops)
		}
		s.Table.Rest = left(len(rest), "district") + ": " + differences(&sum)
	}
	return s
}

// named counts districts, without what is outside of all.
func named(all []plan.District) (n int64) {
	for i := range all {
		if all[i].Adcode != "" {
			n++
		}
	}
	return n
}

// exchange are the drops that came from other districts and went to others.
func exchange(d *plan.District) string {
	if d.Arrived+d.Left == 0 {
		return "0"
	}
	return delta(d.Arrived) + " / " + delta(-d.Left)
}

func districtName(d *plan.District) string {
	name := d.Name
	if d.Adcode != "" {
		name += " (" + string(d.Adcode) + ")"
	}
	return name + presence(d.Presence)
}

func presence(p plan.Presence) string {
	switch p {
	case plan.InAfter:
		return ", new"
	case plan.InBefore:
		return ", gone"
	}
	return ""
}

func add(sum, c *plan.Change) {
	sum.Added += c.Added
	sum.Removed += c.Removed
	sum.Moved += c.Moved
	sum.Changed += c.Changed
}

func differences(c *plan.Change) string {
	return fmt.Sprintf("%s added, %s removed, %s moved, %s changed", phrase.Count(c.Added, "drop"), phrase.Number(c.Removed), phrase.Number(c.Moved), phrase.Number(c.Changed))
}

func moves(p *plan.Plan, rows int) Section {
	s := Section{ID: "moves", Title: "Moves"}
	m := &p.Moves
	if p.Places.Moved == 0 {
		s.Words = []string{"No place moves."}
		return s
	}
	s.Words = []string{fmt.Sprintf("%s by less than 10 m, %s by 10 to 100 m, %s by 100 m to 1 km, %s by more.",
		phrase.Count(m.Under10m, "place"), phrase.Number(m.Under100m), phrase.Number(m.Under1km), phrase.Number(m.Beyond))}
	names := map[poi.Adcode]string{}
	for i := range p.Districts {
		names[p.Districts[i].Adcode] = p.Districts[i].Name
	}
	s.Table = &Table{Head: []string{"place", "moved by", "from", "to"}}
	for _, move := range m.Farthest[:min(len(m.Farthest), rows)] {
		s.Table.add(string(move.To), move.Name+" ("+string(move.POI)+")", metres(float64(move.Metres)), names[move.From], names[move.To])
	}
	if more := p.Places.Moved - int64(len(s.Table.Rows)); more > 0 {
		s.Table.Rest = fmt.Sprintf("and %s more that moved less far", phrase.Number(more))
	}
	return s
}

func transfer(p *plan.Plan) Section {
	t := &p.Transfer
	return Section{ID: "transfer", Title: "Bytes to move", Words: []string{
		fmt.Sprintf("%s, %s of the release: %s in patches, %s in whole segments, %s catalog, %s borders, %s manifest.",
			byteSize(t.Bytes), percent(p.Share()), byteSize(t.Patches), byteSize(t.Whole), byteSize(t.Catalog), byteSize(t.Areas), byteSize(t.Manifest)),
		fmt.Sprintf("%s of %s rebuilt, %s of them carried as patches.", phrase.Number(t.Rebuilt), phrase.Count(t.Segments, "segment"), phrase.Number(t.Patched)),
	}}
}
