package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

const areasGroup = "Districts and zones"

// shapeRules are about polygons, and whether those of districts fit together.
func shapeRules() []*Rule {
	return []*Rule{
		{
			ID: "bad-geometry", Group: areasGroup, Severity: Error,
			Reason: "the polygon of a district or zone makes no area",
			Fix:    "Draw the polygon again at the place that is named: an edge must not cross another one.",
			Doc: "A ring that is not closed or has fewer than three different corners, edges that cross (a bow-tie) or run along " +
				"each other, coordinates beyond the Earth: such a polygon has no certain inside. The district or zone is left out.",
			Claims: func(r *poi.Reject) bool {
				return r.Code == poi.CodeGeometry || strings.HasPrefix(r.Field, "coordinates") || strings.HasPrefix(r.Field, "geometry")
			},
		},
		{
			ID: "district-shape", Group: areasGroup, Severity: Warning,
			Reason: "the polygons of a district contradict each other",
			Fix:    "Join polygons that overlap; delete a hole that is outside, or move it into its polygon.",
			Doc: "Two polygons of one district overlap, or a hole lies outside the polygon that it should be cut out of, " +
				"where it makes its own area a part of the district.",
			Start: func(v *View, emit Emit) Check { return Check{Areas: func() { contradictions(v, emit) }} },
		},
		{
			ID: "district-overlap", Group: areasGroup, Severity: Warning,
			Reason: "two districts overlap widely",
			Fix:    "Draw the border of one of the two again, from the same source as the other.",
			Doc: fmt.Sprintf("Two districts both hold a strip that is %.0f m wide or more somewhere. A place there is counted to the first "+
				"of them by adcode, whatever people there think. Districts that are there twice under different adcodes are found so, too.", float64(wideOverlap)),
			Start: func(v *View, emit Emit) Check { return Check{Areas: func() { wideOverlaps(v, emit) }} },
		},
		{
			ID: "district-seam", Group: areasGroup, Severity: Note,
			Reason: "borders of neighbouring districts do not meet",
			Fix:    "Simplify all districts together, so that neighbours keep one border (mapshaper -simplify does), or live with it.",
			Doc: "Districts that were simplified one by one overlap along their borders, or leave gaps. A place in an overlap is counted to " +
				"the first district by adcode, one in a gap to none, where only tasks with a quota for any district drop. " +
				fmt.Sprintf("Once seams more than %.0f m wide run along a fiftieth of all borders, all make one finding; else each overlap is one, "+
					"and each gap along a fifth of the border of a district. Gaps wider than %.0f m are taken for rivers and the sea.", float64(narrowSeam), float64(wideGap)),
			Start: func(v *View, emit Emit) Check {
				c := &seamCheck{view: v, emit: emit}
				return Check{POI: c.poi, Done: c.done}
			},
		},
	}
}

const (
	narrowSeam  = coord.Metres(15)  // what careful simplification leaves
	wideOverlap = coord.Metres(250) // what no simplification explains
	wideGap     = coord.Metres(100)
	seamShare   = 1. / 50 // of the borders
	longGap     = 1. / 5  // of a district's border: a river is shorter
)

// seams are those of the districts; they are looked for once.
func (v *View) seams() *grid.Seams {
	if v.districtSeams == nil {
		shapes := make([]grid.Shape, len(v.Districts.Records))
		for i, d := range v.Districts.Records {
			shapes[i] = d.Shape
		}
		found, err := grid.FindSeams(v.ctx, shapes, grid.SeamOptions{MaxGap: wideGap})
		if err != nil {
			return &grid.Seams{} // the validation is being stopped
		}
		v.districtSeams = &found
	}
	return v.districtSeams
}

func districtPlace(d *poi.District) poi.Place {
	return record(poi.TableDistricts, string(d.Adcode), "")
}

func contradictions(v *View, emit Emit) {
	for _, s := range v.seams().List {
		if s.A != s.B {
			continue
		}
		d := v.Districts.Records[s.A]
		message := fmt.Sprintf("has two polygons that overlap by up to %s at %s, %s in all", metres(s.Width), degrees(s.At), squareMetres(s.Area))
		if s.Kind == grid.StrayHole {
			message = fmt.Sprintf("has a hole of %s at %s, outside the polygon that it should be cut out of", squareMetres(s.Area), degrees(s.At))
		}
		emit(Finding{At: districtPlace(d), Object: "district " + districtName(d), Value: metres(s.Width), Message: message})
	}
}

func wideOverlaps(v *View, emit Emit) {
	for _, s := range v.seams().List {
		if s.Kind != grid.Overlap || s.A == s.B || s.Width < wideOverlap {
			continue
		}
		a, b := v.Districts.Records[s.A], v.Districts.Records[s.B]
		emit(Finding{At: districtPlace(b), Object: "district " + districtName(b), Value: metres(s.Width),
			Message: fmt.Sprintf("overlaps %s by up to %s at %s, %s in all, which is counted to %s",
				districtName(a), metres(s.Width), degrees(s.At), squareMetres(s.Area), a.Adcode)})
	}
}

// seamCheck counts the places in seams.
type seamCheck struct {
	view         *View
	emit         Emit
	buf          []uint32
	twice, lost  int64
	first        string // a place in two districts
	firstAt      poi.Place
	firstBetween string
}

func (c *seamCheck) poi(p *POI) {
	if p.District == None {
		if c.nearTwo(p.Pos) {
			c.lost++
		}
		return
	}
	c.buf = c.view.Districts.Index.Find(p.Pos, c.buf[:0])
	if len(c.buf) < 2 {
		return
	}
	if c.twice++; c.twice == 1 {
		c.first, c.firstAt = string(p.ID), p.At
		c.firstBetween = string(c.view.Districts.Records[c.buf[0]].Adcode) + " and " + string(c.view.Districts.Records[c.buf[1]].Adcode)
	}
}

// nearTwo reports whether two districts are within reach to the north, the south,
// the east and the west.
func (c *seamCheck) nearTwo(p coord.E7) bool {
	near := None
	for _, by := range [4][2]coord.Metres{{wideGap, 0}, {-wideGap, 0}, {0, wideGap}, {0, -wideGap}} {
		if n, ok := c.view.Districts.Index.First(moved(p, by[0], by[1])); ok {
			if near != None && near != n {
				return true
			}
			near = n
		}
	}
	return false
}

// A seamTotal adds up the seams of one kind.
type seamTotal struct {
	pairs  int
	widths []float64
	length coord.Metres
	area   float64
	widest grid.Seam
}

func (t *seamTotal) add(s grid.Seam) {
	t.pairs++
	t.widths = append(t.widths, float64(s.Width))
	t.area += s.Area
	if s.Width > narrowSeam {
		t.length += s.Length
	}
	if s.Width > t.widest.Width {
		t.widest = s
	}
}

func (c *seamCheck) done() {
	found := c.view.seams()
	var overlaps, gaps seamTotal
	for _, s := range found.List {
		switch {
		case s.A == s.B:
		case s.Kind == grid.Overlap:
			overlaps.add(s)
		case s.Kind == grid.Gap:
			gaps.add(s)
		}
	}
	borders := found.Borders / 2 // each belongs to two districts
	if overlaps.length+gaps.length < coord.Metres(seamShare)*borders {
		c.single(found.List)
		return
	}
	worst := overlaps.widest
	if gaps.widest.Width > worst.Width {
		worst = gaps.widest
	}
	if worst.Width == 0 {
		return
	}
	d := c.view.Districts.Records[worst.A]
	c.emit(Finding{
		At: districtPlace(d), Object: "borders",
		Value: metres(worst.Width), See: c.firstAt, Count: int64(overlaps.pairs + gaps.pairs),
		Message: c.overlapsText(&overlaps) + "; they " + c.gapsText(&gaps),
	})
}

// single reports the seams of districts that fit together elsewhere.
func (c *seamCheck) single(seams []grid.Seam) {
	for _, s := range seams {
		a, b := c.view.Districts.Records[s.A], c.view.Districts.Records[s.B]
		if s.A == s.B || s.Width <= narrowSeam || s.Kind == grid.Overlap && s.Width >= wideOverlap ||
			s.Kind == grid.Gap && s.Length < coord.Metres(longGap)*min(a.Shape.Length(), b.Shape.Length()) {
			continue
		}
		verb := "overlaps"
		if s.Kind == grid.Gap {
			verb = "leaves a gap to"
		}
		c.emit(Finding{At: districtPlace(b), Object: "district " + districtName(b), Value: metres(s.Width),
			Message: fmt.Sprintf("%s %s, up to %s wide at %s, along %s of border", verb, districtName(a), metres(s.Width), degrees(s.At), metres(s.Length))})
	}
}

func (c *seamCheck) overlapsText(t *seamTotal) string {
	if t.pairs == 0 {
		return "overlap nowhere"
	}
	text := fmt.Sprintf("overlap between %s of districts, %s in all, %s", phrase.Count(t.pairs, "pair"), squareMetres(t.area), c.widthsText(t))
	if c.twice > 0 {
		text += fmt.Sprintf("; %s there in two districts, such as POI %s in %s", phrase.Count(c.twice, "place"), c.first, c.firstBetween)
	}
	return text
}

func (c *seamCheck) gapsText(t *seamTotal) string {
	if t.pairs == 0 {
		return "leave no gaps"
	}
	text := fmt.Sprintf("leave gaps between %s, %s in all, %s", phrase.Count(t.pairs, "pair"), squareMetres(t.area), c.widthsText(t))
	if c.lost > 0 {
		text += fmt.Sprintf("; %s there in no district", phrase.Count(c.lost, "place"))
	}
	return text
}

func (c *seamCheck) widthsText(t *seamTotal) string {
	slices.SortFunc(t.widths, cmp.Compare[float64])
	a, b := c.view.Districts.Records[t.widest.A], c.view.Districts.Records[t.widest.B]
	widest := fmt.Sprintf("up to %s wide at %s between %s and %s", metres(t.widest.Width), degrees(t.widest.At), districtName(a), districtName(b))
	if t.pairs == 1 {
		return widest
	}
	return fmt.Sprintf("half of them less than %s wide, %s", metres(coord.Metres(t.widths[len(t.widths)/2])), widest)
}
