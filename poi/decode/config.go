package decode

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"geodrop/poi"
)

// Config reads merchants, prizes, tasks and the names of the sets, and leaves
// out what refers to something that is not there. It reads them once; every call
// gives the same Config.
func (b *Bundle) Config(ctx context.Context) (*poi.Config, error) {
	b.mu.Lock()
	known := b.config
	b.mu.Unlock()
	if known != nil {
		return known, nil
	}
	r := configReader{b: b, ctx: ctx, merchants: map[poi.MerchantID]poi.Merchant{}, prizes: map[poi.PrizeID]poi.Prize{},
		sets: map[poi.SetID]bool{}}
	config, err := r.read()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.config = config
	return config, nil
}

type configReader struct {
	b         *Bundle
	ctx       context.Context
	merchants map[poi.MerchantID]poi.Merchant
	prizes    map[poi.PrizeID]poi.Prize
	sets      map[poi.SetID]bool
}

func (r *configReader) read() (*poi.Config, error) {
	if err := r.readSets(); err != nil {
		return nil, err
	}
	if err := r.readMerchants(); err != nil {
		return nil, err
	}
	if err := r.readPrizes(); err != nil {
		return nil, err
	}
	tasks, err := r.readTasks()
	if err != nil {
		return nil, err
	}
	config := &poi.Config{Tasks: tasks, Sets: slices.Sorted(maps.Keys(r.sets))}
	for _, id := range slices.Sorted(maps.Keys(r.merchants)) {
		config.Merchants = append(config.Merchants, r.merchants[id])
	}
	for _, id := range slices.Sorted(maps.Keys(r.prizes)) {
		config.Prizes = append(config.Prizes, r.prizes[id])
	}
	return config, nil
}

func (r *configReader) readSets() error {
	for _, f := range r.b.files.sets {
		if set, _ := setOfFile(f.name); poi.CheckSetID("name", set) == nil {
			r.sets[set] = true
		}
	}
	for _, f := range r.b.files.memberships {
		_, err := r.b.membershipFile(r.ctx, f, func(batch *poi.MembershipBatch) bool {
			for i := range batch.Rows {
				if set := batch.Rows[i].Set; !r.sets[set] && len(r.sets) <= poi.MaxSets {
					r.sets[set] = true
				}
			}
			return len(r.sets) <= poi.MaxSets
		})
		if err != nil {
			return err
		}
	}
	if len(r.sets) > poi.MaxSets {
		return fmt.Errorf("%w: more than %d POI sets", ErrFormat, poi.MaxSets)
	}
	return nil
}

func (r *configReader) readMerchants() error {
	return r.table(r.b.files.merchants, []string{"id", "name"}, func(t *table) func(*row) {
		id, name := t.column("id"), t.column("name")
		return func(row *row) {
			m := poi.Merchant{ID: poi.MerchantID(t.text(row, id)), Name: t.text(row, name), Attrs: t.attrs(row, id, name)}
			if err := m.Check(); err != nil {
				t.rejectInvalid(row, err)
				return
			}
			if unique(t, row, id, r.merchants, m.ID, poi.MaxMerchants) {
				r.merchants[m.ID] = m
			}
		}
	})
}

func (r *configReader) readPrizes() error {
	return r.table(r.b.files.prizes, []string{"id", "name", "kind", "merchant"}, func(t *table) func(*row) {
		id, name, kind, merchant := t.column("id"), t.column("name"), t.column("kind"), t.column("merchant")
		value, currency, units := t.column("value"), t.column("currency"), t.column("units")
		return func(row *row) {
			p := poi.Prize{
				ID: poi.PrizeID(t.text(row, id)), Name: t.text(row, name), Kind: poi.PrizeKind(t.text(row, kind)),
				Merchant: poi.MerchantID(t.text(row, merchant)), Currency: t.text(row, currency),
				Attrs: t.attrs(row, id, name, kind, merchant, value, currency, units),
			}
			if !t.count(row, value, &p.Value) || !t.count(row, units, &p.Units) {
				return
			}
			if err := p.Check(); err != nil {
				t.rejectInvalid(row, err)
				return
			}
			if _, ok := r.merchants[p.Merchant]; !ok {
				t.reject(row, merchant, poi.CodeDangling, "is no merchant of this bundle")
				return
			}
			if unique(t, row, id, r.prizes, p.ID, poi.MaxPrizes) {
				r.prizes[p.ID] = p
			}
		}
	})
}

// table reads each of the files with the function that start makes for it.
func (r *configReader) table(files []file, required []string, start func(*table) func(*row)) error {
	for _, f := range files {
		t, err := openTable(f, r.b, required...)
		if err != nil {
			return err
		}
		err = t.each(r.ctx, start(t))
		t.close(&err)
		if err != nil {
			return err
		}
	}
	return nil
}

// unique rejects a row whose id is taken, or that is one too many.
func unique[K cmp.Ordered, V any](t *table, row *row, column int, known map[K]V, id K, limit int) bool {
	if _, dup := known[id]; dup {
		t.reject(row, column, poi.CodeDuplicate, "is given before")
		return false
	}
	if len(known) >= limit {
		t.reject(row, column, poi.CodeTooMany, fmt.Sprintf("is one more than %d", limit))
		return false
	}
	return true
}

// attrs makes attributes of all columns but those that mean something.
func (t *table) attrs(row *row, known ...int) (attrs []poi.Attr) {
	for i, name := range t.columns {
		if value := t.text(row, i); value != "" && !slices.Contains(known, i) {
			attrs = append(attrs, poi.Attr{Name: name, Value: value})
		}
	}
	return attrs
}

// count reads a column of whole numbers; empty is 0.
func (t *table) count(row *row, column int, n *uint64) bool {
	s := t.text(row, column)
	if s == "" {
		return true
	}
	v, f := parseCount(s)
	if f != nil {
		t.reject(row, column, f.code, f.reason)
		return false
	}
	*n = v
	return true
}

// parseCount reads a whole number of 0…poi.MaxUnits, written in digits only.
func parseCount(s string) (uint64, *fault) {
	digits := len(s) > 0
	for i := range len(s) {
		digits = digits && (s[i] >= '0' && s[i] <= '9' || i == 0 && s[i] == '-' && len(s) > 1)
	}
	if !digits {
		return 0, &fault{poi.CodeNumber, "is not a whole number in digits"}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > poi.MaxUnits {
		return 0, &fault{poi.CodeRange, fmt.Sprintf("is not within 0…%d", uint64(poi.MaxUnits))}
	}
	return n, nil
}
