package query

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// scratch are the buffers of an Answer.
type scratch struct {
	ranges  []index.Range
	nearest nearest
	kinds   []kindNo
	text    []byte
	ids     []poi.TaskID
	lists   []uint64 // list of tasks in the upper half, first drop of some in the lower
	last    listNo   // of lists, in the order of drops
	tasks   []poi.TaskNo
}

func (s *scratch) reset() {
	s.ranges, s.kinds, s.text = s.ranges[:0], s.kinds[:0], s.text[:0]
	s.ids, s.lists, s.tasks = s.ids[:0], s.lists[:0], s.tasks[:0]
}

// A lookup is one request under way.
type lookup struct {
	release *Release
	view    *view
	request *Request
	scope   scope
	answer  *Answer
}

// scope is where a lookup looks.
type scope uint8

const (
	inWindow scope = iota // around the position
	inCell                // of the answer
)

// Lookup finds the drops in the window around a position. The error wraps
// coord.ErrRange or ErrRequest where the request is wrong, or ErrClosed. Else
// the release is damaged: the error wraps index.ErrFault, index.ErrCorrupt or
// catalog.ErrCorrupt, and Damaged reports it from then on. With an error the
// answer is empty. The error never tells the position.
//
// It may run many times at once, each with an answer of its own.
func (r *Release) Lookup(req Request, a *Answer) error {
	a.reset()
	if err := req.check(); err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	return r.run(&req, inWindow, r.grid.Cell(req.Pos.E7()), a)
}

// run answers a request about a cell, which has req.Pos, or the window around
// it. The answer is empty.
func (r *Release) run(req *Request, in scope, cell grid.Cell, a *Answer) error {
	if r.closed.Load() {
		return fmt.Errorf("lookup: %w", ErrClosed)
	}
	v, at := r.timeline.at(req.At)
	a.Release, a.Cell = r.manifest.ID, Cell{ID: cell, grid: r.grid}
	a.AsOf, a.NextChange = at, v.next
	l := lookup{release: r, view: v, request: req, scope: in, answer: a}
	err := index.Protect(l.run)
	if err != nil {
		a.reset()
		return r.damage(err)
	}
	return nil
}

func (l *lookup) run() error {
	s := &l.answer.scratch
	l.locate()
	s.kinds = l.release.tables.appendKinds(s.kinds, l.request.Kinds)
	s.nearest.reset(l.release.index.Segments(), l.request.Pos.E7(), l.request.limit())
	visible := l.view.segments(l.request.viewer())
	if l.scope == inWindow {
		s.ranges = l.release.index.Window(l.request.Pos.E7(), l.release.radius, visible, s.ranges)
	} else {
		s.ranges = l.release.index.Cell(l.answer.Cell.ID, visible, s.ranges)
	}
	for _, run := range s.ranges {
		l.collect(run, &visible[run.Segment])
	}
	l.answer.Truncated = s.nearest.dropped
	if l.request.Sort == ByIndex {
		s.nearest.sortByIndex()
	} else {
		s.nearest.sortByDistance()
	}
	for i := range s.nearest.kept {
		if err := l.addDrop(&s.nearest.kept[i]); err != nil {
			return err
		}
	}
	l.addTasks()
	s.nearest.segments = nil // or the answer would keep a closed release alive
	return nil
}

// locate sets the district of the position.
func (l *lookup) locate() {
	if area, ok := l.release.areas.First(l.request.Pos.E7()); ok {
		l.answer.District = &l.release.tables.districts[area]
	}
}

// collect gives the postings of a run that can be seen to the nearest.
func (l *lookup) collect(run index.Range, visible *index.Visible) {
	t := l.release.tables
	combos, filtered := t.combos[run.Segment], len(l.request.Kinds) > 0
	postings := l.release.index.Segments()[run.Segment].Postings()[run.First:run.End]
	for i := range postings {
		p := &postings[i]
		if !visible.Sees(p.Combo) || filtered && !l.wants(t.sites[combos[p.Combo]].tasks) {
			continue
		}
		l.answer.scratch.nearest.add(run.Segment, run.First+uint32(i), p.Pos)
	}
}

// wants reports whether a list, which has a task to show, has one of the kinds
// that are asked for.
func (l *lookup) wants(list listNo) bool {
	return slices.ContainsFunc(l.release.tables.tasks.of(list), l.shows)
}

// shows reports whether the answer shows drops of the task.
func (l *lookup) shows(no poi.TaskNo) bool {
	return l.view.shows(no, l.request.viewer()) &&
		(len(l.request.Kinds) == 0 || l.release.tables.hasKind(no, l.answer.scratch.kinds))
}

// addDrop copies a posting into the answer, and notes its list of tasks.
func (l *lookup) addDrop(c *candidate) error {
	a, t := l.answer, l.release.tables
	segment := l.release.index.Segments()[c.segment]
	p := segment.Postings()[c.posting]
	text, err := catalog.ParseText(segment.Text(p))
	if err != nil {
		return fmt.Errorf("%s: %w", segment.Path(), err)
	}
	at := &t.sites[t.combos[c.segment][p.Combo]]
	l.noteList(at.tasks)
	a.Drops = append(a.Drops, Drop{})
	drop, pos := &a.Drops[len(a.Drops)-1], p.Pos.WGS84()
	a.copyText(drop, &text)
	drop.Lat, drop.Lng, drop.Distance = pos.Lat, pos.Lng, int32(math.Round(float64(c.distance.metres())))
	if at.district != noDistrict {
		drop.District = t.districts[at.district].ID
	}
	return nil
}

// copyText copies the text out of the mapped file. Texts copied before stay
// whole when the buffer grows: they keep the old one.
func (a *Answer) copyText(d *Drop, t *catalog.Text) {
	b := a.scratch.text
	id := len(b)
	name := id + len(t.ID)
	kind := name + len(t.Name)
	b = append(append(append(b, t.ID...), t.Name...), t.Kind...)
	d.POI, d.Name, d.Kind = Text(b[id:name:name]), Text(b[name:kind:kind]), Text(b[kind:len(b):len(b)])
	a.scratch.text = b
}

// noteList notes the list of the drop that comes next, unless the one before has
// the same.
func (l *lookup) noteList(list listNo) {
	s := &l.answer.scratch
	if n := len(s.lists); n > 0 && s.last == list {
		return
	}
	s.last = list
	s.lists = append(s.lists, uint64(list)<<32|uint64(len(l.answer.Drops)))
}

// addTasks gives each drop its tasks and lists each task once. Drops with the
// same list are next to each other once the lists are sorted, so that each list
// is looked at once; a drop of which none is noted has that of the one before.
func (l *lookup) addTasks() {
	a, s := l.answer, &l.answer.scratch
	slices.Sort(s.lists)
	var ids []poi.TaskID
	for i, entry := range s.lists {
		if i == 0 || entry>>32 != s.lists[i-1]>>32 {
			ids = l.taskIDs(listNo(entry >> 32))
		}
		a.Drops[uint32(entry)].Tasks = ids
	}
	for i := range a.Drops {
		if a.Drops[i].Tasks == nil {
			a.Drops[i].Tasks = a.Drops[i-1].Tasks
		}
	}
	slices.Sort(s.tasks)
	s.tasks = slices.Compact(s.tasks)
	for _, no := range s.tasks {
		l.addTask(no)
	}
}

// taskIDs are the ids of the tasks of a list that the answer shows.
func (l *lookup) taskIDs(list listNo) []poi.TaskID {
	s, t := &l.answer.scratch, l.release.tables
	first := len(s.ids)
	for _, no := range t.tasks.of(list) {
		if l.shows(no) {
			s.ids, s.tasks = append(s.ids, t.rows[no].ID), append(s.tasks, no)
		}
	}
	return s.ids[first:len(s.ids):len(s.ids)]
}

func (l *lookup) addTask(no poi.TaskNo) {
	a, status := l.answer, &l.view.status[no]
	a.Tasks = append(a.Tasks, l.release.tables.rows[no])
	task := &a.Tasks[len(a.Tasks)-1]
	task.State, task.OpensAt, task.ClosesAt = status.State, status.Opens, status.Closes
	task.Shared = l.view.shared[no]
}

// ErrClosed marks a lookup in a release that was closed.
var ErrClosed = errors.New("release is closed")
