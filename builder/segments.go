package builder

import (
	"context"
	"errors"
	"fmt"

	"geodrop/builder/extsort"
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
	out := newSegmentWriter(b, combos)
	m := &merger{
		b: b, fixes: fixes, hasFix: fixes.Next(),
		combos: combos, combo: map[comboKey]comboInfo{}, zones: newSetTable(nil),
		cell: cellWriter{b: b, out: out},
	}
	b.screened = make([]int64, len(b.always.records))
	err = errors.Join(m.merge(pois), fixes.Err())
	m.cell.tell()
	if err != nil {
		return nil, errors.Join(err, out.wait())
	}
	segments, err := out.close()
	if err != nil {
		return nil, err
	}
	b.summary.combos(m.combo)
	b.reportScreened()
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
	cell   cellWriter

	record placed
	within []uint32 // zones with times that hold the record
	labels []string
}

func (m *merger) merge(pois *extsort.Iterator) error {
	last, started := uint64(0), false
	for pois.Next() {
		if started && pois.Key() != last {
			if err := m.cell.flush(last); err != nil {
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
	return m.cell.flush(last)
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
		m.b.screened[zone]++
		return nil
	}
	key := comboKey{district: noDistrict, sets: sets}
	if n, ok := m.b.districts.first(r.pos); ok {
		key.district = uint32(n)
	}
	m.within = m.b.timed.index.Find(r.pos, m.within[:0])
	key.zones = m.zones.combo(m.within)
	m.cell.add(r.pos, m.comboOf(key), r.text)
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

// reportScreened adds the zones that screened something to the summary.
func (b *build) reportScreened() {
	s := b.summary
	for i, n := range b.screened {
		if n > 0 {
			z := b.always.records[i]
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
	dropped := m.b.supply.Drops(place.Sets, place.District)
	return comboInfo{combo: m.combos.Add(m.labels), count: new(int64), dropped: dropped, inSets: len(place.Sets) > 0}
}
