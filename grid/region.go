package grid

import (
	"fmt"
	"math"

	h3 "github.com/uber/h3-go/v4"

	"geodrop/grid/coord"
)

// The region of an H3 cell, here, is the set of positions whose cell at some
// finer resolution (any) has it as index parent. It is what a lookup that finds
// one fine cell and walks up its parents sees. It is not the cell's hexagon:
// the children of an H3 cell stick out of it and leave gaps in it.
//
//	a point in the hexagon of a,      ╱╲  ╱╲
//	but in a child of b        ───►  │a ·│b │
//	                                  ╲╱  ╲╱
//
// In the plane the region reaches 1.052 times as far from the centre as the
// hexagon's corners: D/√7 + D/√7² + … = 0.608·D against D/√3 = 0.577·D, D being
// the distance between centres. regionReach covers the distortion of the sphere
// and its pentagons too; a test samples the regions for what is left.
const regionReach = 1.3

// regionBox is a box that holds the region of a cell.
func regionBox(c h3.Cell) (box, error) {
	centre, err := c.LatLng()
	if err != nil {
		return box{}, fmt.Errorf("centre of H3 cell %v: %w", c, err)
	}
	corners, err := c.Boundary()
	if err != nil {
		return box{}, fmt.Errorf("boundary of H3 cell %v: %w", c, err)
	}
	at := fromH3(centre)
	var reach coord.Metres
	for _, corner := range corners {
		reach = max(reach, at.Distance(fromH3(corner)))
	}
	return capBox(at, regionReach*float64(reach/coord.EarthRadius)), nil
}

func fromH3(l h3.LatLng) coord.WGS84 {
	return coord.WGS84{Lat: coord.Lat(l.Lat), Lng: coord.Lng(l.Lng)}
}

// capBox is a box that holds all positions within the given angle, in radians,
// of a centre.
func capBox(centre coord.WGS84, angle float64) box {
	const unit = math.Pi / 180 / 1e7
	const margin = 10 // units of 1e-7 degrees, far above the error of the arithmetic
	lat, lng := float64(centre.Lat)*1e7, float64(centre.Lng)*1e7
	b := earth()
	south, north := lat-angle/unit-margin, lat+angle/unit+margin
	b.south = int32(math.Max(math.Floor(south), float64(-coord.MaxLatE7)))
	b.north = int32(math.Min(math.Ceil(north), float64(coord.MaxLatE7)))
	if south <= float64(-coord.MaxLatE7) || north >= float64(coord.MaxLatE7) {
		return b
	}
	half := int64(math.Ceil(math.Asin(math.Min(math.Sin(angle)/math.Cos(lat*unit), 1))/unit)) + margin
	if 2*half >= turn {
		return b
	}
	b.west = int32(eastward(0, wrap(int64(math.Floor(lng))-half)))
	b.width = 2*half + 1
	return b
}

// wrap brings a longitude within one turn of the range into it.
func wrap(lng int64) int32 {
	if lng < -turn/2 {
		lng += turn
	} else if lng >= turn/2 {
		lng -= turn
	}
	return int32(lng)
}

// within is a box that holds all positions which are in both b and outer.
func (b box) within(outer *box) box {
	b.south, b.north = max(b.south, outer.south), min(b.north, outer.north)
	x := outer.east(b.west)
	switch {
	case outer.width == turn:
	case b.width+outer.width >= turn: // the boxes may meet on both sides
		b.west, b.width = outer.west, outer.width
	case x <= outer.width:
		b.width = min(b.width, outer.width-x)
	default:
		b.west, b.width = outer.west, min(max(b.width+x-turn, 0), outer.width)
	}
	return b
}

// The bits of an H3 index: 7 of base cell above 15 digits of 3.
const (
	baseCells   = 122
	baseShift   = 45
	baseMask    = 1<<7 - 1
	digitBits   = 3
	digitMask   = 1<<digitBits - 1
	digits      = 7 // that occur
	maxH3       = 15
	digitStride = 1 << digitBits
)

func baseCell(c h3.Cell) int { return int(c>>baseShift) & baseMask }

// digit is the place, among its siblings, of the parent of c at a resolution.
func digit(c h3.Cell, resolution int) int {
	return int(c>>((maxH3-resolution)*digitBits)) & digitMask
}
