package query

import (
	"errors"
	"fmt"
	"math"

	"geodrop/grid/coord"
)

// MapTile names a tile of the Web Mercator map (EPSG:3857) as slippy maps number
// them: 2^Zoom columns from longitude -180 eastward, as many rows from latitude
// 85.0511 southward. What is nearer to a pole is in no tile.
type MapTile struct {
	Zoom int
	X, Y uint32
}

// MaxZoom is the finest zoom, whose tiles are at most 10 m wide.
const MaxZoom = 22

// ErrMapTile marks a tile that the map does not have.
var ErrMapTile = errors.New("no such map tile")

func (t MapTile) check() error {
	if t.Zoom < 0 || t.Zoom > MaxZoom {
		return fmt.Errorf("%w: zoom %d is not within 0…%d", ErrMapTile, t.Zoom, MaxZoom)
	}
	if side := uint32(1) << t.Zoom; t.X >= side || t.Y >= side {
		return fmt.Errorf("%w: column %d, row %d of zoom %d, which has 0…%d", ErrMapTile, t.X, t.Y, t.Zoom, side-1)
	}
	return nil
}

// TileExtent is the number of pixels along the edge of a tile.
const TileExtent = 1 << extentBits

const (
	extentBits = 12
	worldBits  = MaxZoom + extentBits
	worldSide  = 1 << worldBits
)

// world is a place on the map in pixels of MaxZoom, from its north-west corner.
// Those of any zoom are their leading bits, so a place is in one tile of a zoom,
// and in the one of the zoom above that covers it.
type world struct{ x, y uint64 }

// project is where a position is on the map; false if it is too near to a pole.
func project(p coord.E7) (world, bool) {
	sin := math.Sin(float64(p.Lat) * radian)
	y := worldSide * (0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi))
	if !(y >= 0 && y < worldSide) { // written so that what a pole gives fails
		return world{}, false
	}
	x := worldSide * (float64(int64(p.Lng)+turn/2) / float64(turn))
	return world{x: uint64(x) % worldSide, y: uint64(y)}, true
}

// in reports whether the place is in a tile.
func (w world) in(t MapTile) bool {
	shift := worldBits - t.Zoom
	return w.x>>shift == uint64(t.X) && w.y>>shift == uint64(t.Y)
}

// block numbers the tile of a zoom, up to 16, that the place is in, by its Morton
// code: the tiles within a tile of a coarser zoom follow each other.
func (w world) block(zoom int) uint32 {
	shift := worldBits - zoom
	return morton(uint32(w.x>>shift), uint32(w.y>>shift))
}

// bounds are the corners of a box that holds all positions of a tile. It may hold
// a few more: rounding is a matter of project.
func (t MapTile) bounds() (southWest, northEast coord.E7) {
	side := float64(uint32(1) << t.Zoom)
	lng := func(x float64) float64 { return x/side*float64(turn) - float64(turn/2) }
	lat := func(y float64) float64 { return math.Atan(math.Sinh(math.Pi*(1-2*y/side))) / radian }
	const margin = 2
	southWest = coord.E7{Lat: int32(lat(float64(t.Y)+1)) - margin, Lng: int32(max(lng(float64(t.X))-margin, float64(-coord.MaxLngE7)))}
	northEast = coord.E7{Lat: int32(lat(float64(t.Y))) + margin, Lng: int32(min(lng(float64(t.X)+1)+margin, float64(coord.MaxLngE7-1)))}
	return southWest, northEast
}

// morton interleaves the low 16 bits of both.
func morton(x, y uint32) uint32 { return spread(x) | spread(y)<<1 }

func spread(x uint32) uint32 {
	x &= 0xffff
	x = (x | x<<8) & 0x00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f
	x = (x | x<<2) & 0x33333333
	return (x | x<<1) & 0x55555555
}

// unmorton inverts morton.
func unmorton(m uint32) (x, y uint32) { return gather(m), gather(m >> 1) }

func gather(x uint32) uint32 {
	x &= 0x55555555
	x = (x | x>>1) & 0x33333333
	x = (x | x>>2) & 0x0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff
	return (x | x>>8) & 0xffff
}
