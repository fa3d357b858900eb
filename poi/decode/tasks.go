package decode

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// taskEntry is a task with where its parts stand, until all of it is checked.
type taskEntry struct {
	task   poi.Task
	file   string
	node   *yaml.Node
	fields map[string]*yaml.Node
	reader yamlReader
	quotas []quotaRow // of quotas.csv, behind those of the task itself
}

// quotaRow is where a quota of quotas.csv stands.
type quotaRow struct {
	file string
	line int
}

// readTasks reads tasks.yaml and quotas.csv. A task with any fault is left out.
func (r *configReader) readTasks() ([]poi.Task, error) {
	var entries []*taskEntry
	for _, f := range r.b.files.tasks {
		some, err := r.taskFile(f)
		if err != nil {
			return nil, err
		}
		entries = append(entries, some...)
	}
	byID := make(map[poi.TaskID]*taskEntry, len(entries))
	for _, e := range entries {
		if first, dup := byID[e.task.ID]; dup && e.task.ID != "" {
			e.reader.fault(e.fields["id"], "id", poi.CodeDuplicate, "is given before, on line %d", first.node.Line)
			continue
		}
		byID[e.task.ID] = e
	}
	if err := r.readQuotas(byID); err != nil {
		return nil, err
	}
	reports := make(map[string]*reporter)
	var tasks []poi.Task
	for _, e := range entries {
		r.checkTask(e)
		if len(e.reader.faults) == 0 {
			tasks = append(tasks, e.task)
			continue
		}
		for _, reject := range e.reader.faults {
			file := cmp.Or(reject.File, e.file)
			if reports[file] == nil {
				reports[file] = r.b.reporter(file)
			}
			reports[file].add(reject)
		}
	}
	slices.SortFunc(tasks, func(a, b poi.Task) int { return cmp.Compare(a.ID, b.ID) })
	return tasks, nil
}

// taskFile reads the tasks of one file.
func (r *configReader) taskFile(f file) ([]*taskEntry, error) {
	in, err := f.open()
	if err != nil {
		return nil, err
	}
	root, err := readYAML(in)
	if closing := in.Close(); err == nil {
		err = closing
	}
	if err != nil || root == nil {
		return nil, err
	}
	return tasksOf(f.name, root)
}

func tasksOf(file string, root *yaml.Node) (entries []*taskEntry, err error) {
	var top yamlReader
	top.mapping(root, "", []yamlField{{"tasks", func(n *yaml.Node, field string) {
		top.list(n, field, poi.MaxTasks, func(n *yaml.Node, _ string) {
			entries = append(entries, readTask(file, n))
		})
	}}})
	if len(top.faults) > 0 {
		reject := top.faults[0]
		return nil, &FileError{File: file, Line: reject.Line, Column: reject.Column, Code: reject.Code,
			Reason: strings.TrimSpace(reject.Field + " " + reject.Reason)}
	}
	return entries, nil
}

func readTask(file string, n *yaml.Node) *taskEntry {
	e := &taskEntry{file: file, node: n}
	t, r := &e.task, &e.reader
	t.ClaimRadius = poi.DefaultClaimRadius
	e.fields = r.mapping(n, "", []yamlField{
		{"id", texts(r, &t.ID)},
		{"title", texts(r, &t.Title)},
		{"merchant", texts(r, &t.Merchant)},
		{"poi_set", texts(r, &t.Set)},
		{"starts_at", r.instant(&t.When.Start)},
		{"ends_at", r.instant(&t.When.End)},
		{"time_zone", r.timeZone(&t.When.TimeZone)},
		{"sessions", r.sessions(&t.When.Sessions)},
		{"preview", r.duration(&t.Preview)},
		{"claim_radius_m", r.metres(&t.ClaimRadius)},
		{"caps", r.caps(&t.Caps)},
		{"prizes", r.prizes(&t.Prizes)},
		{"quotas", r.quotas(&t.Quotas)},
		{"paused", r.truth(&t.Paused)},
		{"priority", r.priority(&t.Priority)},
	})
	return e
}

func (r *yamlReader) timeZone(into *poi.TimeZone) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.text(n, field)
		if !ok {
			return
		}
		zone, err := poi.ParseTimeZone(s)
		if err != nil {
			r.fault(n, field, poi.CodeFormat, "is not an IANA time zone such as Asia/Shanghai")
		}
		*into = zone
	}
}

func (r *yamlReader) sessions(into *[]poi.Session) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		r.list(n, field, poi.MaxSessions, func(n *yaml.Node, field string) {
			s, ok := r.text(n, field)
			if !ok {
				return
			}
			session, err := poi.ParseSession(s)
			if err != nil {
				r.fault(n, field, poi.CodeFormat, "%s", sessionReason(err))
			}
			*into = append(*into, session)
		})
	}
}

func (r *yamlReader) metres(into *coord.Metres) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.plain(n, field, "the number")
		if !ok {
			return
		}
		var v number
		if f := parseNumber([]byte(s), &v); f != nil {
			r.fault(n, field, f.code, "%s", f.reason)
			return
		}
		*into = coord.Metres(v.degrees())
	}
}

func (r *yamlReader) priority(into *int32) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.plain(n, field, "the number")
		if !ok {
			return
		}
		v, err := strconv.ParseInt(s, 10, 32)
		if err != nil || v > poi.MaxPriority || v < -poi.MaxPriority {
			r.fault(n, field, poi.CodeRange, "is not a whole number within -%d…%d", poi.MaxPriority, poi.MaxPriority)
			return
		}
		*into = int32(v)
	}
}

func (r *yamlReader) caps(into *poi.Caps) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		r.mapping(n, field, []yamlField{
			{"per_day", counts(r, &into.PerDay, 0, uint64(poi.MaxCap))},
			{"total", counts(r, &into.Total, 0, uint64(poi.MaxCap))},
			{"cooldown", r.duration(&into.Cooldown)},
		})
	}
}

func (r *yamlReader) prizes(into *[]poi.TaskPrize) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		r.list(n, field, poi.MaxTaskPrizes, func(n *yaml.Node, field string) {
			p := poi.TaskPrize{Weight: 1}
			r.mapping(n, field, []yamlField{
				{"prize", texts(r, &p.Prize)},
				{"weight", counts(r, &p.Weight, 1, poi.MaxWeight)},
			})
			*into = append(*into, p)
		})
	}
}

func (r *yamlReader) quotas(into *[]poi.Quota) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		r.list(n, field, poi.MaxQuotas, func(n *yaml.Node, field string) {
			var q poi.Quota
			found := r.mapping(n, field, []yamlField{
				{"prize", texts(r, &q.Prize)},
				{"district", texts(r, &q.District)},
				{"units", counts(r, &q.Units, 0, poi.MaxUnits)},
			})
			if found != nil && !given(found["units"]) {
				r.fault(n, field+".units", poi.CodeMissing, "is missing")
			}
			*into = append(*into, q)
		})
	}
}

// readQuotas adds the rows of quotas.csv to their tasks.
func (r *configReader) readQuotas(tasks map[poi.TaskID]*taskEntry) error {
	return r.table(r.b.files.quotas, []string{"task_id", "prize", "district", "units"}, func(t *table) func(*row) {
		task, prize, district, units := t.column("task_id"), t.column("prize"), t.column("district"), t.column("units")
		return func(row *row) {
			e, ok := tasks[poi.TaskID(t.text(row, task))]
			if !ok {
				t.reject(row, task, poi.CodeDangling, "is no task of this bundle")
				return
			}
			q := poi.Quota{Prize: poi.PrizeID(t.text(row, prize)), District: poi.Adcode(t.text(row, district))}
			if t.text(row, units) == "" {
				t.reject(row, units, poi.CodeMissing, "is empty")
				return
			}
			if !t.count(row, units, &q.Units) {
				return
			}
			e.task.Quotas = append(e.task.Quotas, q)
			e.quotas = append(e.quotas, quotaRow{t.in.name, row.line})
		}
	})
}

// checkTask adds the faults that only the whole task, or the whole config,
// shows. Tasks with faults of form are not looked at further.
func (r *configReader) checkTask(e *taskEntry) {
	if len(e.reader.faults) > 0 {
		return
	}
	t := &e.task
	if len(t.When.Sessions) > 0 && !given(e.fields["time_zone"]) {
		e.reader.fault(e.node, "time_zone", poi.CodeMissing, "is missing: sessions need one, such as Asia/Shanghai")
		return
	}
	if err := t.Check(); err != nil {
		inv, ok := errors.AsType[*poi.Invalid](err)
		if !ok {
			inv = &poi.Invalid{Field: "task", Code: CodeSyntax, Reason: err.Error()}
		}
		e.faultAt(inv.Field, inv.Code, reasonBeside(e.nodeOf(inv.Field).Value, inv))
		return
	}
	if _, ok := r.merchants[t.Merchant]; !ok {
		e.faultAt("merchant", poi.CodeDangling, "is no merchant of this bundle")
	}
	if t.Set != poi.AllPOIs && !r.sets[t.Set] {
		e.faultAt("poi_set", poi.CodeDangling, "is no POI set of this bundle")
	}
	for i := range t.Prizes {
		if _, ok := r.prizes[t.Prizes[i].Prize]; !ok {
			e.faultAt(fmt.Sprintf("prizes[%d].prize", i), poi.CodeDangling, "is no prize of this bundle")
		}
	}
}

// faultAt places a fault at a field given by its path.
func (e *taskEntry) faultAt(field string, code poi.Code, reason string) {
	if at, name, ok := e.quotaRow(field); ok {
		if name != "" {
			name = "." + name
		}
		e.reader.faults = append(e.reader.faults, poi.Reject{File: at.file, Line: at.line,
			Field: "quota" + name, Code: code, Reason: reason})
		return
	}
	e.reader.fault(e.nodeOf(field), field, code, "%s", reason)
}

// nodeOf is the node of a field given by its path, or as near above it as
// something is written.
func (e *taskEntry) nodeOf(field string) *yaml.Node {
	n := e.node
	for _, step := range strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// quotaRow is the row of quotas.csv in which a field such as quotas[3].units
// stands, if it is one of these, and the field's name there.
func (e *taskEntry) quotaRow(field string) (at quotaRow, name string, ok bool) {
	rest, ok := strings.CutPrefix(field, "quotas[")
	if !ok {
		return at, "", false
	}
	index, rest, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(index)
	if i -= len(e.task.Quotas) - len(e.quotas); err != nil || i < 0 || i >= len(e.quotas) {
		return at, "", false
	}
	return e.quotas[i], strings.TrimPrefix(rest, "."), true
}

// child is the value of a key, or the element of a list.
func child(n *yaml.Node, step string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}
