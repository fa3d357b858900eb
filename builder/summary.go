package builder

import (
	"cmp"
	"slices"
	"time"

	"geodrop/grid"
	"geodrop/poi"
)

// Summary is what a build did.
type Summary struct {
	Release     string             `json:"release"` // id; empty unless sealed
	Read        int64              `json:"read"`    // POIs that were read
	Rejected    int64              `json:"rejected"`
	RejectedBy  map[poi.Code]int64 `json:"rejected_by,omitempty"`
	Rejects     []poi.Reject       `json:"-"`          // the first of each file and code
	Duplicates  int64              `json:"duplicates"` // of Rejected: POIs whose id came before
	Dangling    int64              `json:"dangling"`   // of Rejected: memberships of no POI
	Memberships int64              `json:"memberships"`

	Screened   int64            `json:"screened"`              // POIs in a zone without times
	ScreenedBy map[string]int64 `json:"screened_by,omitempty"` // by reason
	Zones      int              `json:"zones"`
	TopZones   []ZoneCount      `json:"top_zones,omitempty"` // those that screened most

	Districts    int   `json:"districts"`
	Postings     int64 `json:"pois"` // POIs in the release
	Outside      int64 `json:"outside_districts"`
	WithoutTasks int64 `json:"without_tasks"` // no task drops there
	InSets       int64 `json:"in_sets"`       // in some set
	Combinations int   `json:"combinations"`

	Densest  []CellCount `json:"densest_cells"`
	Segments int         `json:"segments"`
	Rebuilt  int         `json:"rebuilt"`            // of Segments
	Reused   int         `json:"reused"`             // of Segments: as they are in Base
	Base     string      `json:"base,omitempty"`     // id of the release that it was built upon
	NotUpon  string      `json:"not_upon,omitempty"` // why it was built upon none, though one was there
	Bytes    int64       `json:"bytes"`
	Stages   []Stage     `json:"stages"`

	zones []ZoneCount
}

// ZoneCount is a zone and the POIs that it screened out.
type ZoneCount struct {
	ID     poi.ZoneID `json:"id"`
	Name   string     `json:"name,omitempty"`
	Reason string     `json:"reason"`
	Count  int64      `json:"count"`
}

// CellCount is a cell and its POIs.
type CellCount struct {
	Cell  string `json:"cell"`
	Count int    `json:"count"`
}

// Stage is a part of a build, how long it took and the most memory that the
// process had meanwhile (0 where the system does not tell).
type Stage struct {
	Name      string        `json:"name"`
	Duration  time.Duration `json:"duration_ns"`
	PeakBytes int64         `json:"peak_bytes"`
}

// tops is how many cells and zones a summary names.
const tops = 5

// cell notes how many POIs a cell has.
func (s *Summary) cell(g *grid.Grid, c grid.Cell, count int) {
	if count <= s.leastCell() {
		return
	}
	s.Densest = append(s.Densest, CellCount{Cell: g.Text(c), Count: count})
	slices.SortStableFunc(s.Densest, func(a, b CellCount) int { return cmp.Compare(b.Count, a.Count) })
	s.Densest = s.Densest[:min(len(s.Densest), tops)]
}

// leastCell is how many POIs a cell has at most that is not noted.
func (s *Summary) leastCell() int {
	if len(s.Densest) < tops {
		return 0
	}
	return s.Densest[tops-1].Count
}

// combos adds up what follows from the combinations of districts and sets.
func (s *Summary) combos(infos map[comboKey]comboInfo) {
	s.Combinations = len(infos)
	for key, info := range infos {
		if key.district == noDistrict {
			s.Outside += *info.count
		}
		if info.inSets {
			s.InSets += *info.count
		}
		if !info.dropped {
			s.WithoutTasks += *info.count
		}
	}
}

// finish takes over what the source has rejected and orders the zones.
func (s *Summary) finish(src poi.Source) {
	rejects := src.Rejects()
	s.Rejected, s.Rejects = rejects.Total(), rejects.Kept()
	s.RejectedBy = map[poi.Code]int64{}
	for key, n := range rejects.Counts() {
		s.RejectedBy[key.Code] += n
	}
	slices.SortFunc(s.zones, func(a, b ZoneCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	s.TopZones = s.zones[:min(len(s.zones), tops)]
}
