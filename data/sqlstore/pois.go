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
	err := s.each(ctx, "pois", selectPOIs, func(c *cursor) bool {
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

// rawPOIs is rows as they were read, attributes still a text. What the driver
// takes back is copied into text, which never grows beyond its first allocation,
// unless one row needs it.
type rawPOIs struct {
	rows   []poi.POIRow
	attrs  []string
	faults map[int]error // of rows whose position is none
	text   strings.Builder
	bytes  int // of all columns
}

func newRawPOIs() *rawPOIs {
	r := &rawPOIs{rows: make([]poi.POIRow, 0, batchRows), attrs: make([]string, 0, batchRows)}
	r.text.Grow(batchBytes)
	return r
}

// fits reports whether there is room for the row, or none would help.
func (r *rawPOIs) fits(c *cursor) bool {
	return len(r.rows) == 0 || len(r.rows) < batchRows && r.bytes+c.bytes() <= batchBytes
}

// add appends a row of selectPOIs.
func (r *rawPOIs) add(c *cursor) {
	n := len(r.rows)
	r.rows, r.bytes = r.rows[:n+1], r.bytes+c.bytes()
	p := &r.rows[n]
	p.ID, p.Name, p.Kind = poi.POIID(r.keep(c, 0)), r.keep(c, 1), r.keep(c, 2)
	r.attrs = append(r.attrs, r.keep(c, 3))
	var err error
	if p.Pos, err = position(c, 4); err != nil {
		if r.faults == nil {
			r.faults = make(map[int]error)
		}
		r.faults[n] = err
	}
}

// position reads the columns lat_e7, lng_e7, of which i is the first.
func position(c *cursor, i int) (pos coord.E7, err error) {
	lat, err := c.number(i, "lat_e7", math.MinInt32, math.MaxInt32)
	if err != nil {
		return pos, err
	}
	lng, err := c.number(i+1, "lng_e7", math.MinInt32, math.MaxInt32)
	pos = coord.E7{Lat: int32(lat), Lng: int32(lng)}
	if pos.Lng == coord.MaxLngE7 {
		pos.Lng = -coord.MaxLngE7
	}
	return pos, err
}

// keep is a column's text that outlives the cursor's row.
func (r *rawPOIs) keep(c *cursor, i int) string {
	value, ok := c.values[i].([]byte)
	if !ok {
		return c.text(i)
	}
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

// batch decodes in place; rows behind one that is rejected move up.
func (d *poiDecoder) batch(raw *rawPOIs) *poi.POIBatch {
	attrs := make([]poi.Attr, 0, d.most)
	n := 0
	for i := range raw.rows {
		first := len(attrs)
		p := &raw.rows[i].POI
		err := raw.faults[i]
		if err == nil {
			attrs, err = d.row(p, raw.attrs[i], attrs)
		}
		if err != nil {
			d.report.reject(err, string(p.ID))
			attrs = attrs[:first]
			continue
		}
		if n < i {
			raw.rows[n] = raw.rows[i]
		}
		n++
	}
	d.most = max(d.most, len(attrs))
	return &poi.POIBatch{File: "pois", Rows: raw.rows[:n]}
}

// row adds to a POI its attributes, and checks it.
func (d *poiDecoder) row(p *poi.POI, text string, attrs []poi.Attr) ([]poi.Attr, error) {
	first := len(attrs)
	attrs, err := d.names.read(text, attrs)
	if err != nil {
		return attrs, err
	}
	if len(attrs) > first {
		p.Attrs = attrs[first:len(attrs):len(attrs)]
	}
	if plain(p, text) && len(p.Attrs) <= poi.MaxAttrs && p.Pos.Valid() {
		return attrs, checkReserved(p.Attrs) // nothing else can be against a limit: most rows are like that
	}
	return attrs, checkPOI(p)
}

// plain reports whether the texts of a row are printable ASCII, and so short
// that they are within every limit whatever they mean.
func plain(p *poi.POI, attrs string) bool {
	id := string(p.ID)
	return id != "" && id[0] != ' ' && id[len(id)-1] != ' ' &&
		len(id) <= poi.MaxIDBytes && len(p.Name) <= poi.MaxNameBytes && len(p.Kind) <= poi.MaxKindBytes &&
		len(attrs) <= poi.MaxAttrValue &&
		printable(id) && printable(p.Name) && printable(p.Kind) && printable(attrs)
}

func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' { // behind a backslash may be anything
			return false
		}
	}
	return true
}
