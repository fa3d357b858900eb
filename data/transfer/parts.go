package transfer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"strings"

	"geodrop/poi"
)

// part is what one transaction writes.
type part struct {
	name   string
	tables []poi.Table // whose rows have ids
	bulk   int64       // POIs, in a part of nothing else
	write  func(context.Context, poi.Writer) (rows int64, err error)
}

// run writes, and tells rows that are new by how many there are before and after.
// Of a bulk others may have added or deleted some meanwhile.
func (p *part) run(ctx context.Context, w poi.Writer) (done Imported, err error) {
	done.Name = p.name
	before, err := p.count(ctx, w)
	if err != nil {
		return done, err
	}
	if done.Rows, err = p.write(ctx, w); err != nil || len(p.tables) == 0 {
		return done, err
	}
	after, err := p.count(ctx, w)
	added := min(max(after-before, 0), done.Rows)
	done.Replaced = min(w.Altered(added), done.Rows-added)
	done.Same = done.Rows - added - done.Replaced
	return done, err
}

func (p *part) count(ctx context.Context, w poi.Writer) (n int64, err error) {
	for _, table := range p.tables {
		some, err := w.Count(ctx, table)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

// small lists the parts that are not POIs.
func (i *importing) small() (parts []part) {
	var config, sets, districts, zones []string
	for _, name := range i.bundle.Files() {
		switch kind := i.bundle.Kind(name); {
		case kind == "districts":
			districts = append(districts, name)
		case kind == "zones":
			zones = append(zones, name)
		case kind == "pois": // each a part of its own
		case strings.HasPrefix(name, "sets/"), strings.HasPrefix(name, "poi_sets."):
			sets = append(sets, name)
		default:
			config = append(config, name)
		}
	}
	for _, p := range []struct {
		files  []string
		tables []poi.Table
		write  func(context.Context, poi.Writer) (int64, error)
	}{
		{config, []poi.Table{poi.TableMerchants, poi.TablePrizes, poi.TableTasks}, i.config},
		{sets, nil, i.memberships},
		{districts, []poi.Table{poi.TableDistricts}, i.districts},
		{zones, []poi.Table{poi.TableZones}, i.zones},
	} {
		if len(p.files) > 0 {
			parts = append(parts, part{partName(p.files), p.tables, 0, p.write})
		}
	}
	return parts
}

// maxPartName keeps names within what the store has room for.
const maxPartName = 200

// partName names a part by its files. Names that are too long end in a digest,
// so that no two are the same.
func partName(files []string) string {
	name := strings.Join(files, ", ")
	if len(name) <= maxPartName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s… (%d files, %x)", strings.ToValidUTF8(name[:maxPartName/2], ""), len(files), sum[:6])
}

func (i *importing) config(ctx context.Context, w poi.Writer) (int64, error) {
	c, err := i.bundle.Config(ctx)
	if err != nil {
		return 0, err
	}
	rows := len(c.Merchants) + len(c.Prizes) + len(c.Tasks)
	i.opts.Progress.Add(rows)
	if err := w.PutMerchants(ctx, c.Merchants); err != nil {
		return 0, err
	}
	if err := w.PutPrizes(ctx, c.Prizes); err != nil {
		return 0, err
	}
	return int64(rows), w.PutTasks(ctx, c.Tasks)
}

func (i *importing) memberships(ctx context.Context, w poi.Writer) (rows int64, err error) {
	c, err := i.bundle.Config(ctx)
	if err != nil {
		return 0, err
	}
	if err := w.PutSets(ctx, c.Sets); err != nil {
		return 0, err
	}
	for batch, err := range i.bundle.Memberships(ctx) {
		if err != nil {
			return rows, err
		}
		if err := w.PutMemberships(ctx, batch.Rows); err != nil {
			return rows, err
		}
		rows += int64(len(batch.Rows))
		i.opts.Progress.Add(len(batch.Rows))
	}
	return rows, nil
}

func (i *importing) districts(ctx context.Context, w poi.Writer) (int64, error) {
	return putEach(ctx, i, i.bundle.Districts(ctx), w.PutDistricts)
}

func (i *importing) zones(ctx context.Context, w poi.Writer) (int64, error) {
	return putEach(ctx, i, i.bundle.Zones(ctx), w.PutZones)
}

func putEach[T any](ctx context.Context, i *importing, from iter.Seq2[*T, error], put func(context.Context, []*T) error) (rows int64, err error) {
	for area, err := range from {
		if err != nil {
			return rows, err
		}
		if err := put(ctx, []*T{area}); err != nil {
			return rows, err
		}
		rows++
		i.opts.Progress.Add(1)
	}
	return rows, nil
}

func (i *importing) pois(s *spool) func(context.Context, poi.Writer) (int64, error) {
	return func(ctx context.Context, w poi.Writer) (rows int64, err error) {
		for batch, err := range s.batches() {
			if err != nil {
				return rows, err
			}
			if err := w.PutPOIs(ctx, batch); err != nil {
				return rows, err
			}
			rows += int64(len(batch))
			i.opts.Progress.Add(len(batch))
		}
		return rows, nil
	}
}
