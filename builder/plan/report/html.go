package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"geodrop/builder/plan"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// htmlRows bounds the tables of the page, listedRows and farRows the
// lists beside its map.
const (
	htmlRows   = 200
	listedRows = 200
	farRows    = 50
)

// page is what the template is filled with.
type page struct {
	Plan     *plan.Plan
	Headline string
	Refused  []string
	Rejected []string
	Policy   string
	Style    template.CSS
	Script   template.JS
	Data     template.JS
	Cards    []card
	Listed   []listed
	Unlisted string
	Far      []farAway
	FarAway  int // of which Far are the first
	Shown    string
	Sections []Section
}

// card is a key figure.
type card struct{ Class, Name, Figure, Note string }

// listed is a district beside the map.
type listed struct {
	Adcode        poi.Adcode
	Name          string
	Marks         []figure
	Before, After float64 // share of the area seen
	Seen          string
}

type figure struct{ Class, Text string }

// HTML writes a plan as a page in one file, which asks nobody for anything: a
// policy within keeps it so, whatever the names in the plan are.
func HTML(w io.Writer, p *plan.Plan) error {
	drawn := dataOf(p)
	data, err := json.Marshal(drawn) // escapes < and > and &
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	filled := page{
		Plan: p, Headline: Headline(p), Policy: policy(), Style: template.CSS(pageStyle), Script: template.JS(pageScript), Data: template.JS(data),
		Cards: cards(p), Shown: shown(p), Sections: Sections(p, htmlRows)[1:],
	}
	filled.Listed, filled.Unlisted = listedOf(p)
	filled.Far, filled.FarAway = drawn.far[:min(len(drawn.far), farRows)], len(drawn.far)
	for _, why := range refused(p) {
		filled.Refused = append(filled.Refused, phrase.Plain(why))
	}
	for _, row := range rejected(p) {
		filled.Rejected = append(filled.Rejected, phrase.Plain(row))
	}
	t, err := template.New("page").Parse(pageHTML)
	if err == nil {
		err = t.Execute(w, &filled)
	}
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// policy lets in the script and the style of the page, by their digests, and
// nothing else. Shares and the tip are set by the script, not by attributes.
func policy() string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + digest(pageScript) + "; style-src " + digest(pageStyle) + "; base-uri 'none'; form-action 'none'"
}

func cards(p *plan.Plan) []card {
	d, c := &p.Drops, &p.Coverage
	worth := []string{}
	for _, w := range p.Budget.Worth {
		if w.Differs() {
			worth = append(worth, gain(w.Delta(), w.Currency))
		}
	}
	return []card{
		{"", "drops", phrase.Number(d.After), "after " + phrase.Number(d.Before) + ", at " + phrase.Count(p.Places.After, "place")},
		counted("added", delta(d.Added), ""),
		counted("removed", delta(-d.Removed), ""),
		counted("moved", phrase.Number(d.Moved), farthestOf(p)),
		counted("changed", phrase.Number(d.Changed), ""),
		counted("", delta(p.Budget.Units.Delta()), strings.Join(append([]string{"units"}, worth...), ", ")).named("quotas"),
		{"", "area seen", strings.ReplaceAll(areaSeen(c), " %", "\u00a0%"), "of all districts"},
		{"", "bytes to move", byteSize(p.Transfer.Bytes), percent(p.Share()) + " of the release, " + phrase.Count(p.Transfer.Rebuilt, "segment") + " rebuilt"},
	}
}

// counted is a figure in the colour of what it counts, if that is anything.
func counted(kind, figure, note string) card {
	if figure == "0" {
		return card{"zero", kind, figure, note}
	}
	return card{kind, kind, figure, note}
}

func (c card) named(name string) card {
	c.Name = name
	return c
}

func farthestOf(p *plan.Plan) string {
	if len(p.Moves.Farthest) == 0 {
		return ""
	}
	return "up to " + metres(float64(p.Moves.Farthest[0].Metres))
}

func listedOf(p *plan.Plan) (list []listed, rest string) {
	some, more := top(p.Districts, listedRows, (*plan.District).Differs, func(d *plan.District) int64 {
		return d.Drops.Differ() + d.Arrived + d.Left
	})
	for i := range some {
		d := &some[i]
		row := listed{Adcode: d.Adcode, Name: phrase.Plain(d.Name) + presence(d.Presence), Before: d.Coverage.Before.Share(), After: d.Coverage.After.Share()}
		if row.Seen = none; d.Adcode != "" {
			row.Seen = areaSeen(&d.Coverage) + " seen"
		}
		for _, mark := range []struct {
			class, sign string
			n           int64
		}{{"added", "+", d.Drops.Added}, {"removed", minus, d.Drops.Removed}, {"moved", "moved ", d.Drops.Moved}, {"changed", "changed ", d.Drops.Changed}} {
			if mark.n > 0 {
				row.Marks = append(row.Marks, figure{mark.class, mark.sign + phrase.Number(mark.n)})
			}
		}
		if row.Marks == nil {
			row.Marks = []figure{{"", "quota " + shift(d.Units)}}
		}
		list = append(list, row)
	}
	if len(more) > 0 {
		rest = "… and " + phrase.Count(len(more), "more district")
	}
	return list, rest
}

// shown says how much of the change the map has.
func shown(p *plan.Plan) string {
	differ := int64(0)
	for i := range p.Map.Points {
		if p.Map.Points[i].Kind != plan.Kept {
			differ++
		}
	}
	others := int64(len(p.Map.Points)) - differ
	if differ == p.Map.Differ && others == p.Map.Others {
		return fmt.Sprintf("The map has every place of the two releases: %s that differ, and %s others. What zones keep out of both is in neither.", phrase.Number(differ), phrase.Number(others))
	}
	return fmt.Sprintf("The map has %s of %s places that differ, and %s of %s others, chosen evenly; the tables count all.",
		phrase.Number(differ), phrase.Number(p.Map.Differ), phrase.Number(others), phrase.Number(p.Map.Others))
}

// mapData is what the script draws.
type mapData struct {
	Middle    float64                   `json:"middle"`
	Districts []mapDistrict             `json:"districts"`
	Points    [][10]any                 `json:"points"`
	Gone      map[poi.Adcode][4]float64 `json:"gone"` // where districts were
	View      [4]float64                `json:"view"` // a frame

	far []farAway
}

type mapDistrict struct {
	ID       poi.Adcode     `json:"id"`
	Name     string         `json:"name"`
	Rings    [][][2]float64 `json:"rings"`
	Differs  bool           `json:"differs"`
	Added    int64          `json:"added"`
	Removed  int64          `json:"removed"`
	Strength float64        `json:"strength"` // share of the drops that differ
}

func dataOf(p *plan.Plan) *mapData {
	m := &mapData{Districts: []mapDistrict{}, Points: [][10]any{}, Gone: map[poi.Adcode][4]float64{}}
	byID := map[poi.Adcode]*plan.District{}
	for i := range p.Districts {
		d := &p.Districts[i]
		byID[d.Adcode] = d
		if d.Presence == plan.InBefore && d.Box != nil {
			m.Gone[d.Adcode] = [4]float64{float64(d.Box.South), float64(d.Box.West), float64(d.Box.North), float64(d.Box.East)}
		}
	}
	for _, o := range p.Map.Districts {
		m.Districts = append(m.Districts, mapDistrictOf(&o, byID[o.Adcode]))
	}
	east := 0.0 // the mean direction, which no antimeridian breaks
	north := 0.0
	for i := range p.Map.Points {
		pt := &p.Map.Points[i]
		a, b := pt.Before, pt.After
		if pt.Kind == plan.Added {
			a = b
		}
		lng := float64(a.Lng) * math.Pi / 180
		east, north = east+math.Sin(lng), north+math.Cos(lng)
		m.Points = append(m.Points, [10]any{pt.Kind, degrees(a.Lat), degrees(a.Lng), degrees(b.Lat), degrees(b.Lng),
			phrase.Plain(pt.Name), phrase.Plain(string(pt.POI)), taskList(pt.Tasks[0]), taskList(pt.Tasks[1]), phrase.Plain(string(pt.Zone))})
	}
	m.Middle = math.Round(math.Atan2(east, north) * 180 / math.Pi)
	view, far := viewOf(p, m.Middle)
	m.View, m.far = [4]float64{view.south, view.west, view.north, view.east}, far
	return m
}

func taskList(tasks []poi.TaskID) []poi.TaskID {
	if tasks == nil {
		return []poi.TaskID{}
	}
	return tasks
}

func mapDistrictOf(o *plan.Outline, d *plan.District) mapDistrict {
	m := mapDistrict{ID: o.Adcode, Name: phrase.Plain(o.Name), Rings: [][][2]float64{}}
	for _, ring := range o.Rings {
		drawn := make([][2]float64, len(ring))
		for i, v := range ring {
			drawn[i] = [2]float64{degrees(coord.Lng(v[0])), degrees(coord.Lat(v[1]))}
		}
		m.Rings = append(m.Rings, drawn)
	}
	if d != nil {
		m.Differs, m.Added, m.Removed = d.Differs(), d.Drops.Added+d.Arrived, d.Drops.Removed+d.Left
		m.Strength = float64(d.Drops.Differ()) / float64(max(d.Drops.Before, d.Drops.After, 1))
	}
	return m
}

// degrees are rounded to about a metre, as a picture needs.
func degrees[T coord.Lat | coord.Lng](d T) float64 { return math.Round(float64(d)*1e5) / 1e5 }
