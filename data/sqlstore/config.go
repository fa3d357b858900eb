package sqlstore

import (
	"context"
	"math"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// Config reads merchants, prizes, tasks and sets, and leaves out what refers to
// something that is not there. It reads them once; every call gives the same
// Config.
func (s *Snapshot) Config(ctx context.Context) (*poi.Config, error) {
	s.mu.Lock()
	known := s.config
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	r := configReader{s: s, config: &poi.Config{}, merchants: map[poi.MerchantID]bool{}, prizes: map[poi.PrizeID]bool{},
		sets: map[poi.SetID]bool{poi.AllPOIs: true}, index: map[poi.TaskID]int{}}
	for _, read := range []func(context.Context) error{
		r.readSets, r.readMerchants, r.readPrizes, r.readTasks, r.readTaskPrizes, r.readQuotas,
	} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	r.checkTasks()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = r.config
	return s.config, nil
}

type configReader struct {
	s         *Snapshot
	config    *poi.Config
	merchants map[poi.MerchantID]bool
	prizes    map[poi.PrizeID]bool
	sets      map[poi.SetID]bool
	tasks     []draft
	index     map[poi.TaskID]int // in tasks
}

// draft is a task being put together, and the first that is wrong with it.
type draft struct {
	poi.Task
	err error
}

func (d *draft) fault(err error) {
	if d.err == nil {
		d.err = err
	}
}

// table calls fn for each row and rejects those for which it has an error.
func (r *configReader) table(ctx context.Context, table, query string, limit int, fn func(*cursor) error) error {
	n := 0
	return r.s.each(ctx, table, query, func(c *cursor) bool {
		err := fn(c)
		if n++; err == nil && n > limit {
			err = tooMany(limit)
		}
		if err != nil {
			c.reject(err, c.text(0))
		}
		return true
	})
}

func (r *configReader) readSets(ctx context.Context) error {
	return r.table(ctx, "poi_sets", "SELECT id FROM poi_sets ORDER BY id", poi.MaxSets, func(c *cursor) error {
		id := poi.SetID(c.text(0))
		if err := poi.CheckSetID("id", id); err != nil {
			return err
		}
		if len(r.config.Sets) < poi.MaxSets {
			r.sets[id] = true
			r.config.Sets = append(r.config.Sets, id)
		}
		return nil
	})
}

func (r *configReader) readMerchants(ctx context.Context) error {
	return r.table(ctx, "merchants", "SELECT id, name, attrs FROM merchants ORDER BY id", poi.MaxMerchants, func(c *cursor) (err error) {
		m := poi.Merchant{ID: poi.MerchantID(c.text(0)), Name: c.text(1)}
		if m.Attrs, err = r.s.attrs.read(c.text(2), nil); err != nil {
			return err
		}
		if err := m.Check(); err != nil {
			return err
		}
		if len(r.config.Merchants) < poi.MaxMerchants {
			r.merchants[m.ID] = true
			r.config.Merchants = append(r.config.Merchants, m)
		}
		return nil
	})
}

const selectPrizes = "SELECT id, name, kind, merchant, currency, attrs, value, units FROM prizes ORDER BY id"

func (r *configReader) readPrizes(ctx context.Context) error {
	return r.table(ctx, "prizes", selectPrizes, poi.MaxPrizes, func(c *cursor) (err error) {
		p := poi.Prize{ID: poi.PrizeID(c.text(0)), Name: c.text(1), Kind: poi.PrizeKind(c.text(2)),
			Merchant: poi.MerchantID(c.text(3)), Currency: c.text(4)}
		if p.Attrs, err = r.s.attrs.read(c.text(5), nil); err != nil {
			return err
		}
		if p.Value, err = c.units(6, "value"); err != nil {
			return err
		}
		if p.Units, err = c.units(7, "units"); err != nil {
			return err
		}
		if err := p.Check(); err != nil {
			return err
		}
		if !r.merchants[p.Merchant] {
			return dangling("merchant", "is not in merchants")
		}
		if len(r.config.Prizes) < poi.MaxPrizes {
			r.prizes[p.ID] = true
			r.config.Prizes = append(r.config.Prizes, p)
		}
		return nil
	})
}

func (c *cursor) units(i int, field string) (uint64, error) {
	n, err := c.number(i, field, 0, poi.MaxUnits)
	return uint64(n), err
}

func dangling(field, reason string) error {
	return &poi.Invalid{Field: field, Code: poi.CodeDangling, Reason: reason}
}

const selectTasks = "SELECT id, title, merchant, poi_set, starts_at, ends_at, time_zone, sessions, preview, cap_cooldown, " +
	"claim_radius_m, cap_per_day, cap_total, paused, priority FROM tasks ORDER BY id"

func (r *configReader) readTasks(ctx context.Context) error {
	return r.table(ctx, "tasks", selectTasks, poi.MaxTasks, func(c *cursor) error {
		if len(r.tasks) < poi.MaxTasks {
			var d draft
			d.err = readTask(c, &d.Task)
			r.index[d.ID] = len(r.tasks)
			r.tasks = append(r.tasks, d)
		}
		return nil
	})
}

func readTask(c *cursor, t *poi.Task) (err error) {
	*t = poi.Task{ID: poi.TaskID(c.text(0)), Title: c.text(1), Merchant: poi.MerchantID(c.text(2)), Set: poi.SetID(c.text(3))}
	if t.When, err = scheduleOf(c, 4); err != nil {
		return err
	}
	if t.Preview, err = durationOf(c, 8, "preview"); err != nil {
		return err
	}
	if t.Caps.Cooldown, err = durationOf(c, 9, "cap_cooldown"); err != nil {
		return err
	}
	switch radius := c.values[10].(type) {
	case float64:
		t.ClaimRadius = coord.Metres(radius)
	case int64:
		t.ClaimRadius = coord.Metres(radius)
	default:
		return &poi.Invalid{Field: "claim_radius_m", Code: poi.CodeNumber, Reason: "is not a number"}
	}
	perDay, err := c.number(11, "cap_per_day", 0, int64(poi.MaxCap))
	if err != nil {
		return err
	}
	total, err := c.number(12, "cap_total", 0, int64(poi.MaxCap))
	if err != nil {
		return err
	}
	paused, err := c.number(13, "paused", 0, 1)
	if err != nil {
		return err
	}
	priority, err := c.number(14, "priority", -poi.MaxPriority, poi.MaxPriority)
	if err != nil {
		return err
	}
	t.Caps.PerDay, t.Caps.Total, t.Paused, t.Priority = uint32(perDay), uint32(total), paused == 1, int32(priority)
	return nil
}

const (
	selectTaskPrizes = "SELECT task, prize, weight FROM task_prizes ORDER BY task, position, prize"
	selectQuotas     = "SELECT task, prize, district, units FROM quotas ORDER BY task, position, prize, district"
)

func (r *configReader) readTaskPrizes(ctx context.Context) error {
	return r.parts(ctx, "task_prizes", selectTaskPrizes, func(c *cursor, d *draft) {
		weight, err := c.number(2, "prizes.weight", 0, math.MaxUint32)
		if err != nil {
			d.fault(err)
		}
		d.Prizes = append(d.Prizes, poi.TaskPrize{Prize: poi.PrizeID(c.text(1)), Weight: uint32(weight)})
	})
}

func (r *configReader) readQuotas(ctx context.Context) error {
	return r.parts(ctx, "quotas", selectQuotas, func(c *cursor, d *draft) {
		units, err := c.units(3, "quotas.units")
		if err != nil {
			d.fault(err)
		}
		d.Quotas = append(d.Quotas, poi.Quota{Prize: poi.PrizeID(c.text(1)), District: poi.Adcode(c.text(2)), Units: units})
	})
}

// parts hands rows to the tasks that they belong to.
func (r *configReader) parts(ctx context.Context, table, query string, fn func(*cursor, *draft)) error {
	return r.s.each(ctx, table, query, func(c *cursor) bool {
		if i, ok := r.index[poi.TaskID(c.text(0))]; ok {
			fn(c, &r.tasks[i])
			return true
		}
		key := make([]string, len(c.values)-1) // the last is a number
		for i := range key {
			key[i] = c.text(i)
		}
		c.reject(dangling("task", "is not in tasks"), key...)
		return true
	})
}

// checkTasks keeps the tasks that are whole. Their rejects follow those that
// readTasks reported.
func (r *configReader) checkTasks() {
	report := reporter{s: r.s, table: "tasks", n: r.s.reported["tasks"]}
	for i := range r.tasks {
		d := &r.tasks[i]
		if d.err == nil {
			d.err = r.checkTask(&d.Task)
		}
		if d.err != nil {
			report.reject(d.err, string(d.ID))
			continue
		}
		r.config.Tasks = append(r.config.Tasks, d.Task)
	}
}

func (r *configReader) checkTask(t *poi.Task) error {
	if err := t.Check(); err != nil {
		return err
	}
	if !r.merchants[t.Merchant] {
		return dangling("merchant", "is not in merchants")
	}
	if !r.sets[t.Set] {
		return dangling("poi_set", "is not in poi_sets")
	}
	for _, p := range t.Prizes {
		if !r.prizes[p.Prize] {
			return dangling("prizes", "have "+string(p.Prize)+", which is not in prizes")
		}
	}
	return nil
}
