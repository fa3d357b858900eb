package sqlstore

import (
	"context"
	"iter"
	"math"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
)

const selectPOIs = "SELECT id, name, kind, attrs, lat_e7, lng_e7 FROM pois ORDER BY id"

// readAhead is how many batches wait to be decoded.
const readAhead = 4

// POIs streams the table in the order of ids. A goroutine of its own reads, so
// that the driver and decoding share two cores; it ends before the stream does.
func (s *Snapshot) POIs(ctx context.Context) iter.Seq2[*poi.POIBatch, error] {
	return stream(func(yield func(*poi.POIBatch) bool) error {
		raw, stop, done := make(chan *rawPOIs, readAhead), make(chan struct{}), make(chan error, 1)
		go func() {
			defer close(raw)
			done <- s.readPOIs(ctx, raw, stop)
		}()
		decoder := poiDecoder{report: reporter{s: s, table: "pois"}, names: &s.attrs}
		defer func() {
			close(stop)
			for range raw { // let the reader see it
			}
		}()
		for batch := range raw {
			if !yield(decoder.batch(batch)) {
				return nil
			}
		}
		return <-done
	})
}

// readPOIs sends batches until the table ends or it is told to stop. It does
// not cancel the query: that would cost the connection.
func (s *Snapshot) readPOIs(ctx context.Context, to chan<- *rawPOIs, stop <-chan struct{}) error {
	batch := newRawPOIs()
	send := func() bool {
		select {
		case to <- batch:
			batch = newRawPOIs()
			return true
		case <-stop:
			return false
		}
	}
	more := true
	err := s.each(ctx, "pois", selectPOIs, "ttttnn", func(c *cursor) bool {
		if !batch.fits(c) {
			more = send()
		}
		if more {
			batch.add(c)
		}
		return more
	})
	if err == nil && more && len(batch.rows) > 0 {
		send()
	}
	return err
}

// rawPOIs is rows as they were read. Their strings point into text, which never
// grows beyond its first allocation, unless one row needs it.
type rawPOIs struct {
	rows []rawPOI
	text strings.Builder
}

type rawPOI struct {
	id, name, kind, attrs string
	lat, lng              any
}

func newRawPOIs() *rawPOIs {
	r := &rawPOIs{rows: make([]rawPOI, 0, batchRows)}
	r.text.Grow(batchBytes)
	return r
}

// fits reports whether there is room for the row, or none would help.
func (r *rawPOIs) fits(c *cursor) bool {
	need := 0
	for _, t := range c.texts {
		need += len(t)
	}
	return len(r.rows) == 0 || len(r.rows) < batchRows && r.text.Len()+need <= batchBytes
}

func (r *rawPOIs) add(c *cursor) {
	r.rows = append(r.rows, rawPOI{
		id: r.keep(c.texts[0]), name: r.keep(c.texts[1]), kind: r.keep(c.texts[2]), attrs: r.keep(c.texts[3]),
		lat: c.nums[0], lng: c.nums[1],
	})
}

func (r *rawPOIs) keep(value []byte) string {
	from := r.text.Len()
	r.text.Write(value)
	return r.text.String()[from:]
}

// poiDecoder turns rows into POIs, or rejects them.
type poiDecoder struct {
	report reporter
	names  *attrReader
	most   int // attributes of a batch so far
}

func (d *poiDecoder) batch(raw *rawPOIs) *poi.POIBatch {
	batch := &poi.POIBatch{File: "pois", Rows: make([]poi.POIRow, len(raw.rows))}
	attrs := make([]poi.Attr, 0, d.most)
	n := 0
	for i := range raw.rows {
		first := len(attrs)
		var err error
		if attrs, err = d.row(&raw.rows[i], &batch.Rows[n].POI, attrs); err != nil {
			d.report.reject(err, raw.rows[i].id)
			attrs, batch.Rows[n] = attrs[:first], poi.POIRow{}
			continue
		}
		n++
	}
	batch.Rows, d.most = batch.Rows[:n], max(d.most, len(attrs))
	return batch
}

func (d *poiDecoder) row(raw *rawPOI, p *poi.POI, attrs []poi.Attr) ([]poi.Attr, error) {
	lat, err := whole(raw.lat, "lat_e7", math.MinInt32, math.MaxInt32)
	if err != nil {
		return attrs, err
	}
	lng, err := whole(raw.lng, "lng_e7", math.MinInt32, math.MaxInt32)
	if err != nil {
		return attrs, err
	}
	p.Pos = coord.E7{Lat: int32(lat), Lng: int32(lng)}
	if p.Pos.Lng == coord.MaxLngE7 {
		p.Pos.Lng = -coord.MaxLngE7
	}
	p.ID, p.Name, p.Kind = poi.POIID(raw.id), raw.name, raw.kind
	first := len(attrs)
	if attrs, err = d.names.read(raw.attrs, attrs); err != nil {
		return attrs, err
	}
	if len(attrs) > first {
		p.Attrs = attrs[first:len(attrs):len(attrs)]
	}
	if raw.plain() && len(p.Attrs) <= poi.MaxAttrs && p.Pos.Valid() {
		return attrs, checkReserved(p.Attrs) // nothing else can be against a limit: most rows are like that
	}
	return attrs, checkPOI(p)
}

// plain reports whether the texts of a row are printable ASCII, and so short
// that they are within every limit whatever they mean.
func (r *rawPOI) plain() bool {
	id := r.id
	return id != "" && id[0] != ' ' && id[len(id)-1] != ' ' &&
		len(id) <= poi.MaxIDBytes && len(r.name) <= poi.MaxNameBytes && len(r.kind) <= poi.MaxKindBytes &&
		len(r.attrs) <= poi.MaxAttrValue &&
		printable(id) && printable(r.name) && printable(r.kind) && printable(r.attrs)
}

func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' { // behind a backslash may be anything
			return false
		}
	}
	return true
}
