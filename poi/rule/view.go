package rule

import (
	"context"
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// View is what rules see of the config, as far as it has been read.
type View struct {
	Now    time.Time
	Grid   *grid.Grid
	Radius int // of the window, in cells
	Limit  int // drops of an answer at most

	Base     map[string]int64 // counts of the release that is to be replaced; nil: none
	MaxMoved float64          // share by which they may move

	// Config is there from the hook of that name on.
	Config *poi.Config

	// LeftOut says that a task, prize, merchant or quota was rejected, so that
	// what seems to be used by none may be used by that one. It is known from the
	// hook Config on.
	LeftOut bool

	// The areas are there from the hook Areas on.
	Districts Areas[*poi.District]
	Always    Areas[*poi.Zone] // zones without times
	Timed     Areas[*poi.Zone] // zones with times

	// Census is there from the hook of that name on.
	Census *Census

	ctx           context.Context // of the validation, for what takes seconds
	districtSeams *grid.Seams     // once they were looked for

	// Lines reports whether places are files and lines, not tables and keys.
	Lines bool
}

// Areas are records with a shape, sorted by id and without duplicates, and the
// index of their shapes.
type Areas[T any] struct {
	Records []T
	Index   *grid.AreaIndex
}

// First is the record that holds a position: of several, the first by id.
func (a *Areas[T]) First(p coord.E7) (record T, ok bool) {
	n, ok := a.Index.First(p)
	if ok {
		record = a.Records[n]
	}
	return record, ok
}

// None is the number of no area.
const None = ^uint32(0)

// POI is a POI and where it lies.
type POI struct {
	*poi.POI
	At       poi.Place // without a field
	Cell     grid.Cell
	District uint32   // number in View.Districts; None outside all
	Zone     uint32   // number in View.Always of the first that holds it; None outside all
	Timed    []uint32 // numbers in View.Timed
}

// Cell is the POIs of a cell.
type Cell struct {
	ID    grid.Cell
	POIs  []CellPOI // the first MaxCellPOIs
	Count int       // of all
}

// MaxCellPOIs bounds Cell.POIs.
const MaxCellPOIs = 1 << 14

// CellPOI is what a Cell has of a POI. Duplicates by id are among them.
type CellPOI struct {
	ID, Name, Kind string
	Pos            coord.E7
	District       uint32 // number in View.Districts; None outside all
	Screened       bool   // by a zone without times
	At             poi.Place
}

// Census counts POIs, each id once, by what matters to tasks.
type Census struct {
	Groups    []Group
	Read      int64 // POIs, duplicates among them
	Unique    int64
	Screened  int64 // in a zone without times
	Postings  int64 // that are left
	Outside   int64 // of these, outside all districts
	InSets    int64 // of these, in some set beside AllPOIs
	Duplicate int64

	Always Held // of zones without times: each place in the first by id
	Timed  Held // of zones with times: each place left in all that hold it
}

// Held is the places in zones, by the numbers of these in View.
type Held map[uint32]*ZonePlaces

// ZonePlaces counts the places in a zone, each id once.
type ZonePlaces struct {
	All   int64
	Sets  map[poi.SetID]int64 // those in each set beside AllPOIs
	First poi.POIID           // that was read
	At    poi.Place           // of the first

	at origin // of the first
}

// Group is the POIs that have their sets and their district in common.
type Group struct {
	Sets     []poi.SetID // ascending, without AllPOIs
	District poi.Adcode  // empty outside all districts
	POIs     int64       // that are left
	Screened int64       // by zones without times
}

// record is the place of a field of a record.
func record(table poi.Table, key, field string) poi.Place {
	return poi.Place{Table: table, Key: key, Field: field}
}
