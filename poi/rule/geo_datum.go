package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// datumRules are about coordinates that are right on another map.
func datumRules() []*Rule {
	return []*Rule{
		{
			ID: "datum", Group: placesGroup, Severity: Warning,
			Reason: "the coordinates of a file seem to be on another datum",
			Fix:    "Convert the file when it is imported (--crs gcj02 or bd09, or a column crs), or take the districts from the source that the places are from.",
			Doc: "Maps published in China are on GCJ-02 or BD-09, which are 100 to 1,700 m off WGS-84, by an amount that varies with the place. " +
				"Whether a file is on one of them shows at borders: if places that lie outside the district that they name, or outside all districts, " +
				"come to lie inside when they are moved by that very amount, and hardly any leave theirs, the file is suspected. " +
				"The districts may be what is wrong: the finding says which of both. At least 10 places must say so, and 3 times as many as say otherwise.",
			Start: func(v *View, emit Emit) Check {
				c := &datumCheck{view: v, emit: emit, files: map[string]*datumFile{}}
				return Check{Areas: c.areas, POI: c.poi, Done: c.done}
			},
		},
		{
			ID: "datum-shift", Group: placesGroup, Severity: Warning,
			Reason: "two files are shifted against each other as two datums are",
			Fix:    "Find out which of both is on WGS-84, and convert the other one when it is imported (--crs gcj02 or bd09, or a column crs).",
			Doc: "Places of one name that are in two files, 100 to 1,700 m apart, are compared with the shift that GCJ-02 and BD-09 have at that place. " +
				"If at least 8 of them, and more than half, differ by that shift to 30 m, the files are on two datums.",
			Start: func(v *View, emit Emit) Check {
				c := &shiftCheck{emit: emit, seen: map[uint64][]shiftPlace{}, pairs: map[filePair]*shiftPair{}}
				return Check{Cell: c.cell, Done: c.done}
			},
		},
	}
}

// A datumGuess is what coordinates may be, if not what they are taken for.
type datumGuess struct {
	name string
	to   func(coord.WGS84) coord.WGS84 // where the place is on the map of the districts, if that is true
}

var datumGuesses = [...]datumGuess{
	{"the places seem to be on GCJ-02", func(p coord.WGS84) coord.WGS84 { return coord.GCJ02(p).WGS84() }},
	{"the places seem to be on BD-09", func(p coord.WGS84) coord.WGS84 { return coord.BD09(p).WGS84() }},
	{"the districts seem to be on GCJ-02, or the places were converted from it needlessly", func(p coord.WGS84) coord.WGS84 { return coord.WGS84(p.GCJ02()) }},
	{"the districts seem to be on BD-09, or the places were converted from it needlessly", func(p coord.WGS84) coord.WGS84 { return coord.WGS84(p.BD09()) }},
}

// The votes that a suspicion takes.
const (
	leastVotes = 10
	voteRatio  = 3
)

type datumCheck struct {
	view  *View
	emit  Emit
	names directory
	files map[string]*datumFile
	buf   []uint32
}

// A datumFile is the votes of the places of one file.
type datumFile struct {
	seen  int64
	votes [len(datumGuesses)]datumVotes
}

type datumVotes struct {
	better, worse int64
	id            string // of the first place for which it is better
	at            poi.Place
	pos, moved    coord.E7
}

func (c *datumCheck) areas() { c.names = newDirectory(c.view) }

// inChina reports whether GCJ-02 differs from WGS-84 at a place.
func inChina(p coord.WGS84) bool { return coord.WGS84(p.GCJ02()) != p }

// datumSample is how many places of a file all vote; of the others each 16th does.
const datumSample = 10_000

func (c *datumCheck) poi(p *POI) {
	if len(c.view.Districts.Records) == 0 {
		return
	}
	at := p.Pos.WGS84()
	if !inChina(at) {
		return
	}
	f := c.files[p.At.File]
	if f == nil {
		f = &datumFile{}
		c.files[p.At.File] = f
	}
	if f.seen++; f.seen > datumSample && f.seen%16 != 0 {
		return
	}
	want := c.names.declared(p.POI)
	fits := c.fits(p.Pos, want)
	for i := range datumGuesses {
		moved := datumGuesses[i].to(at).E7()
		if !moved.Valid() {
			continue
		}
		v := &f.votes[i]
		switch moves := c.fits(moved, want); {
		case fits && !moves:
			v.worse++
		case !fits && moves:
			if v.better++; v.better == 1 {
				v.id, v.at, v.pos, v.moved = strings.Clone(string(p.ID)), p.At, p.Pos, moved
				v.at.Key = strings.Clone(v.at.Key)
			}
		}
	}
}

// fits reports whether a place is in the district that it names, or in any if it
// names none.
func (c *datumCheck) fits(p coord.E7, want uint32) bool {
	if want != None {
		return holds(c.view.Districts.Index, p, want, &c.buf)
	}
	_, ok := c.view.Districts.Index.First(p)
	return ok
}

func (c *datumCheck) done() {
	for _, file := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[file]
		best := 0
		for i := range f.votes {
			if f.votes[i].better-f.votes[i].worse > f.votes[best].better-f.votes[best].worse {
				best = i
			}
		}
		v := &f.votes[best]
		if v.better < leastVotes || v.better < voteRatio*v.worse {
			continue
		}
		away := v.pos.WGS84().Distance(v.moved.WGS84())
		c.emit(Finding{At: v.at, Object: "POI " + v.id, Value: degrees(v.pos), Nearest: degrees(v.moved), Count: v.better,
			Message: fmt.Sprintf("is the first of %s that fit their districts only when moved, this one by %s, while %s only as they are: %s",
				phrase.Number(v.better), metres(away), phrase.Number(v.worse)+phrase.Agree(v.worse, " fits", " fit"), datumGuesses[best].name)})
	}
}

// shiftCheck looks for places of one name in two files, within each block of
// cells.
type shiftCheck struct {
	emit  Emit
	block grid.Block
	seen  map[uint64][]shiftPlace // by name
	pairs map[filePair]*shiftPair
}

type shiftPlace struct {
	pos  coord.E7
	file string
	id   string
	at   poi.Place
}

// maxNamesakes bounds the places of one name that are compared in a block.
const maxNamesakes = 32

type filePair struct{ a, b string }

type shiftPair struct {
	compared int64
	votes    [2]int64 // of GCJ-02 and BD-09
	first    [2]Finding
}

func (c *shiftCheck) cell(cell *Cell) {
	if b := cell.ID.Block(); b != c.block {
		c.seen = map[uint64][]shiftPlace{}
		c.block = b
	}
	if !inChina(cell.POIs[0].Pos.WGS84()) {
		return
	}
	for i := range cell.POIs {
		p := &cell.POIs[i]
		name := letters(p.Name)
		if name == "" || p.At.File == "" {
			continue
		}
		key := xxh3.HashString(name)
		for _, other := range c.seen[key] {
			if other.file != p.At.File {
				c.compare(other, shiftPlace{p.Pos, p.At.File, p.ID, p.At})
			}
		}
		if len(c.seen[key]) < maxNamesakes {
			c.seen[key] = append(c.seen[key], shiftPlace{p.Pos, p.At.File, p.ID, p.At})
		}
	}
}

// The shifts that are looked at, and how well they must agree.
const (
	leastTwins            = 8
	leastShift, mostShift = coord.Metres(100), coord.Metres(1700)
	shiftTolerance        = coord.Metres(30)
)

// compare looks whether one of two places is where the other one would be on
// another datum.
func (c *shiftCheck) compare(a, b shiftPlace) {
	if a.file > b.file {
		a, b = b, a
	}
	p, q := a.pos.WGS84(), b.pos.WGS84()
	if d := p.Distance(q); d < leastShift || d > mostShift {
		return
	}
	pair := c.pairs[filePair{a.file, b.file}]
	if pair == nil {
		pair = &shiftPair{}
		c.pairs[filePair{a.file, b.file}] = pair
	}
	pair.compared++
	for i, shift := range [2]func(coord.WGS84) coord.WGS84{
		func(p coord.WGS84) coord.WGS84 { return coord.WGS84(p.GCJ02()) },
		func(p coord.WGS84) coord.WGS84 { return coord.WGS84(p.BD09()) },
	} {
		on, off := b, a // of two places, that on WGS-84 and the other one
		switch {
		case shift(p).Distance(q) <= shiftTolerance:
			on, off = a, b
		case shift(q).Distance(p) > shiftTolerance:
			continue
		}
		if pair.votes[i]++; pair.votes[i] == 1 {
			pair.first[i] = Finding{At: off.at, Object: "POI " + off.id, Value: degrees(off.pos), Nearest: degrees(on.pos),
				Message: fmt.Sprintf("is %s off its namesake %s in %s", metres(p.Distance(q)), on.id, on.file)}
		}
	}
}

func (c *shiftCheck) done() {
	pairs := slices.SortedFunc(maps.Keys(c.pairs), func(x, y filePair) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	for _, key := range pairs {
		pair := c.pairs[key]
		for i, name := range [2]string{"GCJ-02", "BD-09"} {
			if n := pair.votes[i]; n >= leastTwins && 2*n > pair.compared {
				f := pair.first[i]
				f.Count = n
				f.Message += fmt.Sprintf(", as %s of %s of one name are: by the shift between WGS-84 and %s", phrase.Number(n), phrase.Count(pair.compared, "place"), name)
				c.emit(f)
			}
		}
	}
}
