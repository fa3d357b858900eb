package decode

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// The size of a batch: what stays in a core's cache while it is filled.
const (
	batchRows  = 512
	batchBytes = 64 << 10
)

// POIs streams the rows of every pois*.csv in the order of the files' names.
func (b *Bundle) POIs(ctx context.Context) iter.Seq2[*poi.POIBatch, error] {
	return func(yield func(*poi.POIBatch, error) bool) {
		for _, f := range b.files.pois {
			more, err := b.poiFile(ctx, f, func(batch *poi.POIBatch) bool { return yield(batch, nil) })
			if err != nil {
				yield(nil, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// poiFile reads one file; false when yield wants no more.
func (b *Bundle) poiFile(ctx context.Context, f file, yield func(*poi.POIBatch) bool) (more bool, err error) {
	t, err := openTable(f, b, "id", "name", "lat", "lng")
	if err != nil {
		return false, err
	}
	defer func() {
		if more {
			t.close(&err)
		} else {
			t.in.Close()
		}
	}()
	r := newPOIReader(t, b.crs)
	for {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		batch, err := r.batch()
		if err != nil && !isEOF(err) {
			return false, err
		}
		if len(batch.Rows) > 0 && !yield(batch) {
			return false, nil
		}
		if err != nil {
			return true, nil
		}
	}
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) }

// poiReader turns rows into POIs.
type poiReader struct {
	t                           *table
	crs                         coord.CRS // of rows that name none
	id, name, lat, lng, kind, d int       // columns; d is crs
	extra                       []int     // columns that are attributes
	short                       bool      // attributes of a short row are within every limit

	// Of the batch being filled. Strings point into text, which never grows
	// beyond its first allocation.
	text  strings.Builder
	attrs []poi.Attr
}

func newPOIReader(t *table, crs coord.CRS) *poiReader {
	r := &poiReader{
		t: t, crs: crs,
		id: t.column("id"), name: t.column("name"), lat: t.column("lat"), lng: t.column("lng"),
		kind: t.column("kind"), d: t.column("crs"),
	}
	names := 0
	for i := range t.columns {
		switch i {
		case r.id, r.name, r.lat, r.lng, r.kind, r.d:
		default:
			r.extra = append(r.extra, i)
			names += len(t.columns[i])
		}
	}
	r.short = len(r.extra) <= poi.MaxAttrs && names+poi.MaxIDBytes <= poi.MaxAttrsBytes
	return r
}

// batch fills a new batch. The error is io.EOF with the last one.
func (r *poiReader) batch() (*poi.POIBatch, error) {
	batch := &poi.POIBatch{File: r.t.in.name, Rows: make([]poi.POIRow, 0, batchRows)}
	r.text = strings.Builder{}
	r.text.Grow(batchBytes)
	r.attrs = make([]poi.Attr, 0, batchRows*min(len(r.extra), 8))
	for len(batch.Rows) < batchRows && r.text.Len() < batchBytes/2 {
		row, err := r.t.next()
		if err != nil {
			return batch, err
		}
		batch.Rows = batch.Rows[:len(batch.Rows)+1]
		if !r.fill(row, &batch.Rows[len(batch.Rows)-1]) {
			batch.Rows = batch.Rows[:len(batch.Rows)-1]
		}
	}
	return batch, nil
}

// fill makes a POI of a row, or rejects it and returns false.
func (r *poiReader) fill(row *row, p *poi.POIRow) bool {
	*p = poi.POIRow{Line: row.line}
	if !r.position(row, &p.Pos) || !r.lengths(row) {
		return false
	}
	p.ID = poi.POIID(r.keep(row, r.id))
	p.Name = r.keep(row, r.name)
	if r.kind >= 0 {
		p.Kind = r.keep(row, r.kind)
	}
	first := len(r.attrs)
	for _, i := range r.extra {
		if f := &row.fields[i]; f.lo < f.hi {
			r.attrs = append(r.attrs, poi.Attr{Name: r.t.columns[i], Value: r.keep(row, i)})
		}
	}
	p.Attrs = r.attrs[first:len(r.attrs):len(r.attrs)]
	if len(p.Attrs) == 0 {
		p.Attrs = nil
	}
	if r.short && row.clean && len(row.raw) <= poi.MaxIDBytes && len(p.Kind) <= poi.MaxKindBytes &&
		p.ID != "" && p.ID[0] != ' ' && p.ID[len(p.ID)-1] != ' ' {
		return true // nothing in the row can be against a limit: most rows are like that
	}
	if err := p.Check(); err != nil {
		r.t.rejectInvalid(row, err)
		r.attrs = r.attrs[:first]
		return false
	}
	return true
}

func (r *poiReader) position(row *row, pos *coord.E7) bool {
	crs := r.crs
	if r.d >= 0 && row.fields[r.d].lo < row.fields[r.d].hi {
		var err error
		if crs, err = coord.ParseCRS(string(row.bytes(r.d, &r.t.scratch))); err != nil {
			r.t.reject(row, r.d, CodeCRS, "is not wgs84, gcj02 or bd09")
			return false
		}
	}
	var lat, lng number
	if f := parseNumber(row.bytes(r.lat, &r.t.scratch), &lat); f != nil {
		r.t.reject(row, r.lat, f.code, f.reason)
		return false
	}
	if f := parseNumber(row.bytes(r.lng, &r.t.scratch), &lng); f != nil {
		r.t.reject(row, r.lng, f.code, f.reason)
		return false
	}
	at, which, f := position(crs, &lat, &lng)
	if f != nil {
		reject := r.t.rejected(row, [2]int{r.lat, r.lng}[which], f.code, f.reason)
		if which == 0 && crs == coord.CRSWGS84 {
			reject.Swapped, _, _ = position(crs, &lng, &lat)
		}
		r.t.report.add(reject)
		return false
	}
	*pos = at
	return true
}

// lengths rejects a row with a field that no limit allows before it is copied,
// so that a batch's text stays within its allocation.
func (r *poiReader) lengths(row *row) bool {
	if len(row.raw) <= batchBytes/2 {
		return true
	}
	r.t.report.add(poi.Reject{Line: row.line, Field: "row", Code: poi.CodeTooLong,
		Reason: "has more bytes than a POI may have"})
	return false
}

// keep copies a field into the batch's text.
func (r *poiReader) keep(row *row, i int) string {
	b := row.bytes(i, &r.t.scratch)
	from := r.text.Len()
	r.text.Write(b)
	return r.text.String()[from:]
}
