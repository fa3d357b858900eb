package query

import (
	"fmt"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// Cell finds the drops of one cell, given in its text form, as Lookup would from
// the middle of the cell if its window were that cell: distances and district
// are those of the middle. Request.Pos is not used. The error may wrap
// grid.ErrCell, and else is as Lookup's.
func (r *Release) Cell(text string, req Request, a *Answer) error {
	a.reset()
	c, err := r.grid.ParseCell(text)
	if err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	if req.Pos, err = r.middle(c); err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	if err := req.check(); err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	return r.run(&req, inCell, c, a)
}

func (r *Release) middle(c grid.Cell) (coord.WGS84, error) {
	southWest, northEast, err := r.grid.Bounds(c)
	if err != nil {
		return coord.WGS84{}, err
	}
	return coord.WGS84{Lat: (southWest.Lat + northEast.Lat) / 2, Lng: (southWest.Lng + northEast.Lng) / 2}, nil
}

// Place is all that the release says of a POI.
type Place struct {
	poi.POI
	catalog.Place
	Tasks   []poi.TaskID // that drop there at any time, by priority, then by id
	Segment string       // path of the file
}

// Inspect lists the POIs of a cell, given in its text form, with or without
// tasks, in the order of the index. The error is as Cell's.
func (r *Release) Inspect(text string) ([]Place, error) {
	c, err := r.grid.ParseCell(text)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	if r.closed.Load() {
		return nil, fmt.Errorf("inspect: %w", ErrClosed)
	}
	var places []Place
	err = index.Protect(func() error {
		for _, run := range r.index.Cell(c, nil, nil) {
			segment := r.index.Segments()[run.Segment]
			for _, p := range segment.Postings()[run.First:run.End] {
				place, err := placeOf(segment, p)
				if err != nil {
					return fmt.Errorf("%s: %w", segment.Path(), err)
				}
				for _, no := range r.tables.tasks.of(r.tables.sites[r.tables.combos[run.Segment][p.Combo]].tasks) {
					place.Tasks = append(place.Tasks, r.tables.rows[no].ID)
				}
				places = append(places, place)
			}
		}
		return nil
	})
	if err != nil {
		return nil, r.damage(err)
	}
	return places, nil
}

// placeOf reads the text and the labels of a posting.
func placeOf(s *index.Segment, p index.Posting) (Place, error) {
	labels, ok := catalog.ParsePlace(s.Combo(p.Combo, nil))
	if !ok {
		return Place{}, fmt.Errorf("%w: unknown labels", catalog.ErrCorrupt)
	}
	text, err := catalog.ParseText(s.Text(p))
	if err != nil {
		return Place{}, err
	}
	place := Place{
		POI:     poi.POI{ID: poi.POIID(text.ID), Name: string(text.Name), Kind: string(text.Kind), Pos: p.Pos},
		Place:   labels,
		Segment: s.Path(),
	}
	for name, value := range text.Attrs() {
		place.Attrs = append(place.Attrs, poi.Attr{Name: string(name), Value: string(value)})
	}
	place.Attrs = slices.Clip(place.Attrs)
	return place, nil
}
