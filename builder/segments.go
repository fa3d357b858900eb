package builder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"geodrop/builder/extsort"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// writeSegments merges POIs and fixes by cell and writes them as segments.
func (b *build) writeSegments(ctx context.Context, s *sorted) ([]manifest.Segment, error) {
	pois, err := s.byCell.Sort(ctx)
	if err != nil {
		return nil, err
	}
	fixes, err := s.fixes.Sort(ctx)
	if err != nil {
		return nil, err
	}
	combos := &index.Combinations{}
	m := &merger{
		b: b, fixes: fixes, hasFix: fixes.Next(),
		combos: combos, combo: map[comboKey]comboInfo{}, zones: newSetTable(nil),
		out: newSegmentWriter(b, combos), screened: make([]int64, len(b.always.records)),
	}
	err = errors.Join(m.merge(pois), fixes.Err())
	b.opts.Progress.Add(m.untold)
	if err != nil {
		return nil, errors.Join(err, m.out.wait())
	}
	segments, err := m.out.close()
	if err != nil {
		return nil, err
	}
	b.summary.combos(m.combo)
	m.reportScreened()
	return segments, nil
}

// merger goes through the POIs cell by cell, screens them and finds their areas:
// in this order neighbours ask for the same areas, and find them in the cache.
type merger struct {
	b      *build
	fixes  *extsort.Iterator
	hasFix bool
	combos *index.Combinations
	combo  map[comboKey]comboInfo
	zones  *setTable // combinations of zones with times
	out    *segmentWriter

	screened []int64 // POIs in each of the zones without times

	cell   []posting // of the cell being gathered
	arena  []byte    // their texts
	record placed
	within []uint32 // zones with times that hold the record
	labels []string
	untold int // rows of which the progress does not know yet
}

// posting is an entry of a cell; its text is arena[from:to].
type posting struct {
	pos      coord.E7
	combo    uint32
	from, to int
}

func (m *merger) merge(pois *extsort.Iterator) error {
	last, started := uint64(0), false
	for pois.Next() {
		if started && pois.Key() != last {
			if err := m.flush(last); err != nil {
				return err
			}
		}
		last, started = pois.Key(), true
		if err := m.add(last, pois.Payload()); err != nil {
			return err
		}
	}
	if !started || pois.Err() != nil {
		return pois.Err()
	}
	return m.flush(last)
}

func (m *merger) add(cell uint64, payload []byte) error {
	r := &m.record
	if err := r.parse(payload); err != nil {
		return err
	}
	sets, err := m.fixFor(cell, r.origin)
	if err != nil || sets == dropIt {
		return err
	}
	if zone, hit := m.b.always.first(r.pos); hit {
		m.screened[zone]++
		return nil
	}
	key := comboKey{district: noDistrict, sets: sets}
	if n, ok := m.b.districts.first(r.pos); ok {
		key.district = uint32(n)
	}
	m.within = m.b.timed.index.Find(r.pos, m.within[:0])
	key.zones = m.zones.combo(m.within)
	from := len(m.arena)
	m.arena = append(m.arena, r.text...)
	m.cell = append(m.cell, posting{pos: r.pos, combo: m.comboOf(key), from: from, to: len(m.arena)})
	return nil
}

// fixFor is the fix of the POI of an origin: fixes and POIs come in one order.
func (m *merger) fixFor(cell uint64, of origin) (uint32, error) {
	if !m.hasFix {
		return 0, m.fixes.Err()
	}
	var f fix
	if err := f.parse(m.fixes.Payload()); err != nil {
		return 0, err
	}
	switch key := m.fixes.Key(); {
	case key == cell && f.origin == of:
		m.hasFix = m.fixes.Next()
		return f.sets, nil
	case key > cell || key == cell && f.origin > of:
		return 0, nil
	default:
		return 0, fmt.Errorf("%w: a fix of cell %#x has no POI", errRecord, key)
	}
}

// flush writes the gathered cell. It may be empty: its POIs were all dropped or
// screened out.
func (m *merger) flush(key uint64) error {
	if len(m.cell) == 0 {
		return nil
	}
	c, err := m.b.grid.CellFromKey(key)
	if err != nil {
		return err
	}
	text := func(p posting) []byte { return m.arena[p.from:p.to] }
	slices.SortFunc(m.cell, func(a, b posting) int { return bytes.Compare(text(a), text(b)) })
	if err := m.out.turnTo(c.Tile()); err != nil {
		return err
	}
	for _, p := range m.cell {
		if err := m.out.add(index.Entry{Cell: c, Pos: p.pos, Combo: p.combo, Text: text(p)}); err != nil {
			return err
		}
	}
	m.b.summary.cell(m.b.grid, c, len(m.cell))
	m.progress(len(m.cell))
	m.cell, m.arena = m.cell[:0], m.arena[:0]
	return nil
}

// progress tells of rows, some thousands at a time.
func (m *merger) progress(rows int) {
	const step = 4096
	if m.untold += rows; m.untold >= step {
		m.b.opts.Progress.Add(m.untold)
		m.untold = 0
	}
}

// reportScreened adds the zones that screened something to the summary.
func (m *merger) reportScreened() {
	s := m.b.summary
	for i, n := range m.screened {
		if n > 0 {
			z := m.b.always.records[i]
			s.Screened += n
			s.ScreenedBy[z.Reason] += n
			s.zones = append(s.zones, ZoneCount{ID: z.ID, Name: z.Name, Reason: z.Reason, Count: n})
		}
	}
}

// comboKey is what the labels of a posting follow from.
type comboKey struct{ district, sets, zones uint32 }

// noDistrict is the district of a place outside all districts.
const noDistrict = ^uint32(0)

// comboInfo is the combination of a key, and what the summary wants of it.
type comboInfo struct {
	combo   uint32
	count   *int64
	dropped bool // some task drops there
	inSets  bool // of some set
}

func (m *merger) comboOf(key comboKey) uint32 {
	info, ok := m.combo[key]
	if !ok {
		info = m.newCombo(key)
		m.combo[key] = info
	}
	*info.count++
	return info.combo
}

func (m *merger) newCombo(key comboKey) comboInfo {
	place := catalog.Place{Sets: m.b.sets.of(key.sets, nil)}
	if key.district != noDistrict {
		place.District = m.b.districts.records[key.district].Adcode
	}
	for _, z := range m.zones.combos[key.zones] {
		place.Zones = append(place.Zones, m.b.timed.records[z].ID)
	}
	m.labels = place.Labels(m.labels[:0])
	dropped := m.b.supply.dropsAt(place.District, place.Sets)
	return comboInfo{combo: m.combos.Add(m.labels), count: new(int64), dropped: dropped, inSets: len(place.Sets) > 0}
}
