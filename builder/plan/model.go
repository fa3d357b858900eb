package plan

import (
	"geodrop/grid/coord"
	"geodrop/grid/outline"
	"geodrop/poi"
)

// Schema is the version of the JSON of a Plan. It grows whenever a field changes
// its meaning or goes; new fields leave it as it is.
const Schema = 1

// Plan is what changes from one release to the next. It holds no time and no
// path, and its lists have one order: equal releases give equal JSON.
type Plan struct {
	Schema int     `json:"schema"`
	Before Release `json:"before"`
	After  Release `json:"after"`
	Grid   Grid    `json:"grid"`
	Dense  int     `json:"dense_from"` // places of a dense cell
	// Refused are the reasons for which a build onto the release before would
	// seal nothing unless told to; none as a rule.
	Refused []string `json:"refused,omitempty"`
	// Rejected is nil when no row of the new config was left out, and when no
	// build was given.
	Rejected *Rejected `json:"rejected,omitempty"`

	Places    Change     `json:"places"`
	Drops     Change     `json:"drops"`
	Moves     Moves      `json:"moves"`
	Districts []District `json:"districts"` // of either release, by adcode; "" is outside of all
	Tasks     []Task     `json:"tasks"`     // of either release, by id
	Budget    Budget     `json:"budget"`
	Zones     Zones      `json:"zones"`
	Coverage  Coverage   `json:"coverage"` // of all districts
	Transfer  Transfer   `json:"transfer"`

	Map Map `json:"-"` // what a page draws
}

// Release is one of the two.
type Release struct {
	ID       string `json:"id"`
	Places   int64  `json:"places"`
	Segments int    `json:"segments"`
	Bytes    int64  `json:"bytes"`
}

// Grid are the parameters that both releases share.
type Grid struct {
	CellMetres int `json:"cell_m"`
	Radius     int `json:"radius"` // of the window, in cells
}

// Change counts drops, or places. Kept are Before - Removed - Moved - Changed of
// them, but in a district, where some left.
type Change struct {
	Before  int64 `json:"before"`
	After   int64 `json:"after"`
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Moved   int64 `json:"moved"`
	Changed int64 `json:"changed"`
}

// Differ is how many differ.
func (c *Change) Differ() int64 { return c.Added + c.Removed + c.Moved + c.Changed }

// Moves are the places of both releases that are not where they were.
type Moves struct {
	Under10m  int64  `json:"under_10_m"`
	Under100m int64  `json:"under_100_m"` // and 10 m or more
	Under1km  int64  `json:"under_1_km"`  // and 100 m or more
	Beyond    int64  `json:"1_km_and_more"`
	Farthest  []Move `json:"farthest"` // Options.Rows of them
}

// Move is a place that moved.
type Move struct {
	POI    poi.POIID    `json:"poi"`
	Name   string       `json:"name"`
	Metres coord.Metres `json:"metres"`
	From   poi.Adcode   `json:"from"` // district, empty outside of all
	To     poi.Adcode   `json:"to"`
}

// Presence says in which of the releases something is.
type Presence string

// In which release something is.
const (
	InBoth   Presence = "both"
	InAfter  Presence = "added"
	InBefore Presence = "removed"
)

// District is what changes in one.
type District struct {
	Adcode   poi.Adcode   `json:"adcode"`
	Name     string       `json:"name"` // the new one
	Presence Presence     `json:"presence"`
	Drops    Change       `json:"drops"`
	Arrived  int64        `json:"arrived"`       // drops of both releases that were in another
	Left     int64        `json:"left"`          // and that are in another
	Farthest coord.Metres `json:"moved_m"`       // of the drops that moved
	Units    Shift        `json:"units"`         // quotas of its own; those for any district are in Budget
	Coverage Coverage     `json:"coverage"`      // zero for ""
	Box      *Box         `json:"box,omitempty"` // that holds its border
}

// Differs reports whether anything does that a table of districts shows.
func (d *District) Differs() bool {
	return d.Presence != InBoth || d.Drops.Differ()+d.Arrived+d.Left > 0 || d.Units.Differs() || d.Coverage.Before != d.Coverage.After
}

// Box is between two parallels and two meridians, in degrees. It does not cross
// the antimeridian: of what does, it goes round the Earth.
type Box struct {
	South coord.Lat `json:"south"`
	West  coord.Lng `json:"west"`
	North coord.Lat `json:"north"`
	East  coord.Lng `json:"east"`
}

// Task is what changes of one.
type Task struct {
	ID       poi.TaskID   `json:"id"`
	Title    string       `json:"title"` // the new one
	Presence Presence     `json:"presence"`
	Fields   []Field      `json:"fields,omitempty"` // that differ
	Drops    Change       `json:"drops"`
	Farthest coord.Metres `json:"moved_m"`
	Units    Shift        `json:"units"` // of its quotas
}

// Differs reports whether anything does.
func (t *Task) Differs() bool {
	return t.Presence != InBoth || len(t.Fields) > 0 || t.Drops.Differ() > 0 || t.Units.Differs()
}

// Field is a field of a task's definition, as people read it.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Shift is a sum before and after. A sum ends at 2^63-1.
type Shift struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// Differs reports whether it does.
func (s Shift) Differs() bool { return s.Before != s.After }

// Delta is what is added, below 0 for what is taken away.
func (s Shift) Delta() int64 { return s.After - s.Before }

// Budget is what may be given.
type Budget struct {
	Units  Shift   `json:"units"`  // of all quotas
	Any    Shift   `json:"any"`    // of the quotas for any district
	Worth  []Worth `json:"worth"`  // of all quotas, by currency
	Prizes []Prize `json:"prizes"` // of either release, by id
	// Quotas are the rows that differ, the largest steps first, Options.Rows at
	// most of QuotasDiffer.
	Quotas       []Quota `json:"quotas"`
	QuotasDiffer int64   `json:"quotas_differ"`
}

// Worth is money in the minor unit of a currency.
type Worth struct {
	Currency string `json:"currency"`
	Shift
}

// Prize is what changes of one.
type Prize struct {
	ID       poi.PrizeID `json:"id"`
	Name     string      `json:"name"` // the new one
	Presence Presence    `json:"presence"`
	Currency string      `json:"currency,omitempty"` // the new one
	Value    Shift       `json:"value"`              // of a unit, in the minor unit
	Budget   Shift       `json:"budget"`             // Prize.Units
	Units    Shift       `json:"units"`              // of its quotas
}

// Differs reports whether anything does.
func (p *Prize) Differs() bool {
	return p.Presence != InBoth || p.Value.Differs() || p.Budget.Differs() || p.Units.Differs()
}

// Quota is one row of quotas.
type Quota struct {
	Task     poi.TaskID  `json:"task"`
	Prize    poi.PrizeID `json:"prize"`
	District poi.Adcode  `json:"district"`
	Units    Shift       `json:"units"`
}

// Zones are the zones that some place is in.
type Zones struct {
	// BeforeKnown and AfterKnown tell whether the config of that release was at
	// hand: without it, nothing is said of its zones without times.
	BeforeKnown bool   `json:"before_known"`
	AfterKnown  bool   `json:"after_known"`
	Zones       []Zone `json:"zones"` // by id
}

// Zone counts the places of one. Places are told by their ids: a row whose id came
// before, which a build leaves out, may count as one that the zone keeps out.
type Zone struct {
	ID     poi.ZoneID `json:"id"`
	Name   string     `json:"name"`
	Reason string     `json:"reason"`
	Timed  bool       `json:"timed"` // it suppresses drops at times; else it keeps places out of the release
	// Places that are in it; of a zone without times nil where that is not known.
	Before *int64 `json:"before"`
	After  *int64 `json:"after"`

	Screened      int64 `json:"screened"`       // places that it takes in or keeps out anew
	ScreenedDrops int64 `json:"screened_drops"` // drops at these before
	Freed         int64 `json:"freed"`          // places that it does not any more
	FreedDrops    int64 `json:"freed_drops"`    // drops at these after
}

// Coverage is how much of a district sees a drop.
type Coverage struct {
	Before Seen `json:"before"`
	After  Seen `json:"after"`
}

// Seen counts cells.
type Seen struct {
	Cells     int64 `json:"cells"`
	Seen      int64 `json:"seen"` // from which a player sees a drop
	Dense     int64 `json:"dense"`
	DenseSeen int64 `json:"dense_seen"`
}

// Share is the share of the area from which a player sees a drop.
func (s *Seen) Share() float64 { return share(s.Seen, s.Cells) }

// DenseShare is that of the dense cells.
func (s *Seen) DenseShare() float64 { return share(s.DenseSeen, s.Dense) }

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func (s *Seen) add(more Seen) {
	s.Cells += more.Cells
	s.Seen += more.Seen
	s.Dense += more.Dense
	s.DenseSeen += more.DenseSeen
}

// Transfer is what it costs a node to follow.
type Transfer struct {
	Segments int   `json:"segments"` // of the new release
	Reused   int   `json:"reused"`   // of them: the same file as before
	Rebuilt  int   `json:"rebuilt"`  // the others
	Patched  int   `json:"patched"`  // of those rebuilt: they move as patches
	Patches  int64 `json:"patch_bytes"`
	Whole    int64 `json:"segment_bytes"` // of segments that move whole
	Catalog  int64 `json:"catalog_bytes"` // 0 if it is the same
	Areas    int64 `json:"area_bytes"`
	Manifest int64 `json:"manifest_bytes"`
	Bytes    int64 `json:"bytes"` // of all
}

// Share is the bytes to move as a share of the new release.
func (p *Plan) Share() float64 { return share(p.Transfer.Bytes, p.After.Bytes) }

// Map is a picture of the change. Where there are more places than Options.Points
// of those that differ, or of others, it has a sample of them, the same each
// time.
type Map struct {
	Districts []Outline
	Points    []Point // those that differ first
	Differ    int64   // places that differ, of which Points has some
	Others    int64   // places that do not, of which Points has some
}

// Outline is the border of a district, coarse enough to draw.
type Outline struct {
	Adcode poi.Adcode
	Name   string
	Rings  []outline.Ring
}

// Point is a place on the map.
type Point struct {
	POI    poi.POIID
	Name   string
	Kind   Kind
	Before coord.WGS84 // zero for one that was added
	After  coord.WGS84 // zero for one that was removed
	Tasks  [2][]poi.TaskID
	Zone   poi.ZoneID // without times: that screens it, or did
}

// Kind is what became of a place.
type Kind uint8

// What became of a place. Retasked ones are as they were, but something else
// drops there.
const (
	Kept Kind = iota
	Changed
	Moved
	Added
	Removed
	Retasked
)
