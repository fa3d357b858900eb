package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"geodrop/poi"
)

var (
	taskTable = target{table: "tasks", key: []string{"id"}, set: []string{"title", "merchant", "poi_set",
		"starts_at", "ends_at", "time_zone", "sessions", "preview", "claim_radius_m",
		"cap_per_day", "cap_total", "cap_cooldown", "paused", "priority"}}
	taskPrizeTable = target{table: "task_prizes", key: []string{"task", "prize"}, set: []string{"weight", "position"}, part: true}
	quotaTable     = target{table: "quotas", key: []string{"task", "prize", "district"}, set: []string{"units", "position"}, part: true}
)

// PutTasks puts each with its parts, so that it is known which of them differ.
func (t *transaction) PutTasks(ctx context.Context, tasks []poi.Task) error {
	for i := range tasks {
		before := t.affected
		if err := t.putTask(ctx, &tasks[i]); err != nil {
			return err
		}
		same, err := t.sameParts(ctx, &tasks[i])
		if err != nil {
			return err
		}
		if same {
			continue
		}
		if err := t.putParts(ctx, &tasks[i]); err != nil {
			return err
		}
		if t.affected == before {
			t.affected += t.e.Update
		}
	}
	return nil
}

func (t *transaction) putTask(ctx context.Context, k *poi.Task) error {
	return t.put(ctx, &taskTable, 1, func(args []any, _ int) ([]any, error) {
		if err := k.Check(); err != nil {
			return nil, rowError(string(k.ID), err)
		}
		paused := 0
		if k.Paused {
			paused = 1
		}
		return append(args, string(k.ID), k.Title, string(k.Merchant), string(k.Set),
			timeText(k.When.Start), timeText(k.When.End), k.When.TimeZone.String(), sessionsText(k.When.Sessions),
			durationText(k.Preview), float64(k.ClaimRadius), k.Caps.PerDay, k.Caps.Total, durationText(k.Caps.Cooldown),
			paused, k.Priority), nil
	})
}

// sameParts reports whether the prizes and quotas of a task are those in the
// store, in that order.
func (t *transaction) sameParts(ctx context.Context, k *poi.Task) (bool, error) {
	var want []string
	for _, p := range k.Prizes {
		want = append(want, string(p.Prize), strconv.FormatUint(uint64(p.Weight), 10))
	}
	is, err := t.values(ctx, 2, "SELECT prize, weight FROM task_prizes WHERE task = ? ORDER BY position, prize", string(k.ID))
	if err != nil || !slices.Equal(is, want) {
		return false, err
	}
	want = want[:0]
	for _, q := range k.Quotas {
		want = append(want, string(q.Prize), string(q.District), strconv.FormatUint(q.Units, 10))
	}
	is, err = t.values(ctx, 3, "SELECT prize, district, units FROM quotas WHERE task = ? ORDER BY position, prize, district", string(k.ID))
	return slices.Equal(is, want), err
}

// values are those of some columns of all rows, as text.
func (t *transaction) values(ctx context.Context, columns int, query string, args ...any) (all []string, err error) {
	statement, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	row, into := make([]string, columns), make([]any, columns)
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("parts of a task: %w", err)
		}
		all = append(all, row...)
	}
	return all, rows.Err()
}

// putParts replaces the prizes and quotas of a task.
func (t *transaction) putParts(ctx context.Context, k *poi.Task) error {
	if err := remove(ctx, t, []poi.TaskID{k.ID}, "task_prizes.task", "quotas.task"); err != nil {
		return err
	}
	err := t.put(ctx, &taskPrizeTable, len(k.Prizes), func(args []any, i int) ([]any, error) {
		return append(args, string(k.ID), string(k.Prizes[i].Prize), k.Prizes[i].Weight, i), nil
	})
	if err != nil {
		return err
	}
	return t.put(ctx, &quotaTable, len(k.Quotas), func(args []any, i int) ([]any, error) {
		q := &k.Quotas[i]
		return append(args, string(k.ID), string(q.Prize), string(q.District), q.Units, i), nil
	})
}
