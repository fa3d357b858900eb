package bench

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"geodrop/poi"
)

// batchRows is the number of rows of a batch of a source.
const batchRows = 512

// source is a config of synthetic POIs, and of campaigns and districts if any.
type source struct {
	points    *Points
	digest    string
	config    poi.Config
	districts []poi.District
	rejects   poi.Rejects
}

func newSource(p *Points) *source {
	// The version changes whenever the points or their texts do.
	const version = 1
	digest := fmt.Sprintf("points-%d-%d-%d-%d", version, p.n, len(p.towns), p.seed)
	return &source{points: p, digest: digest}
}

// Config implements poi.Source.
func (s *source) Config(context.Context) (*poi.Config, error) { return &s.config, nil }

// Districts implements poi.Source.
func (s *source) Districts(context.Context) iter.Seq2[*poi.District, error] {
	return func(yield func(*poi.District, error) bool) {
		for i := range s.districts {
			if !yield(&s.districts[i], nil) {
				return
			}
		}
	}
}

// Zones implements poi.Source.
func (s *source) Zones(context.Context) iter.Seq2[*poi.Zone, error] {
	return func(func(*poi.Zone, error) bool) {}
}

// Memberships implements poi.Source.
func (s *source) Memberships(context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	return func(func(*poi.MembershipBatch, error) bool) {}
}

// KeyOrder implements poi.Source.
func (s *source) KeyOrder() bool { return true }

// Revision implements poi.Source.
func (s *source) Revision(context.Context) (poi.Revision, error) {
	return poi.Revision{Kind: "synthetic", Digest: s.digest}, nil
}

// Rejects implements poi.Source.
func (s *source) Rejects() *poi.Rejects { return &s.rejects }

// Close implements poi.Source.
func (s *source) Close() error { return nil }

// POIs implements poi.Source.
func (s *source) POIs(ctx context.Context) iter.Seq2[*poi.POIBatch, error] {
	return func(yield func(*poi.POIBatch, error) bool) {
		r := s.points.Reader()
		for from := 0; from < s.points.Len(); from += batchRows {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(newBatch(r, from, min(from+batchRows, s.points.Len())), nil) {
				return
			}
		}
	}
}

// newBatch makes the POIs from…to-1.
func newBatch(r *PointReader, from, to int) *poi.POIBatch {
	b := &poi.POIBatch{File: "synthetic", Rows: make([]poi.POIRow, to-from)}
	ends := make([][3]int, to-from) // of id, name and town in text
	attrs := make([]poi.Attr, to-from)
	var text []byte
	for i := range b.Rows {
		at, town := r.At(from + i)
		text = appendID(text, from+i)
		ends[i][0] = len(text)
		text = appendName(text, from+i)
		ends[i][1] = len(text)
		text = strconv.AppendInt(text, int64(town), 10)
		ends[i][2] = len(text)
		b.Rows[i].Pos, b.Rows[i].Line = at, from+i+1
	}
	all, at := string(text), 0
	for i := range b.Rows {
		row, end := &b.Rows[i], ends[i]
		row.ID, row.Name = poi.POIID(all[at:end[0]]), all[end[0]:end[1]]
		row.Kind = kindOf(from + i)
		attrs[i] = poi.Attr{Name: "town", Value: all[end[1]:end[2]]}
		row.Attrs = attrs[i : i+1 : i+1]
		at = end[2]
	}
	return b
}

// appendID appends the id of POI i. Ids ascend with i.
func appendID(dst []byte, i int) []byte {
	const digits = 9
	dst = append(dst, 'p')
	for rest, n := i, 1; n < digits; n++ {
		if rest *= 10; rest >= 1e9 {
			break
		}
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(i), 10)
}

// appendName appends the name of POI i, some 15 bytes. Names repeat.
func appendName(dst []byte, i int) []byte {
	dst = append(dst, adjective(i)...)
	dst = append(dst, ' ')
	return append(dst, kindOf(i)...)
}

func kindOf(i int) string {
	kinds := [...]string{"cafe", "station", "market", "museum", "pharmacy", "school", "bakery"}
	return kinds[i%len(kinds)]
}

func adjective(i int) string {
	adjectives := [...]string{"Old", "Riverside", "Lantern", "North", "Golden"}
	return adjectives[i%len(adjectives)]
}
