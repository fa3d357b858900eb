package server

import (
	"encoding/json"
	"net/http"

	"geodrop/api/query"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi/catalog"
)

// maxPlaces is how many places the map shows; of more it shows every nth.
const maxPlaces = 5000

// mapPlaces is what the page draws.
type mapPlaces struct {
	Release     string          `json:"release"`
	Districts   json.RawMessage `json:"districts"`
	Places      []mapPlace      `json:"places"`
	Total       int             `json:"total"`           // places of the release
	Tiles       string          `json:"tiles,omitempty"` // where there are more than the list has
	Attribution []string        `json:"attribution"`
}

type mapPlace struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Lat  coord.Lat `json:"lat"`
	Lng  coord.Lng `json:"lng"`
}

// getMap passes no gate: the map is drawn once for a release, by one of those who
// ask, and after that it is only sent.
func getMap(x *exchange) error {
	release, err := x.release()
	if err != nil {
		return err
	}
	key, zips := "map ", x.zips()
	if zips {
		key = "zipped map "
	}
	if x.notModified(x.etag([]byte(key+release.Manifest().ID)), "public", 0) {
		return nil
	}
	m, err := x.server.maps.of(x.r.Context(), x.held, x.server.options.Attribution)
	if err != nil {
		return err
	}
	body := m.json
	if zips {
		body = m.zipped
	}
	x.send(http.StatusOK, jsonType, body)
	return nil
}

func drawMap(r *query.Release, outlines []byte, attribution []string) ([]byte, error) {
	m := mapPlaces{Release: r.Manifest().ID, Districts: outlines, Places: []mapPlace{}, Attribution: attribution}
	if len(outlines) == 0 {
		m.Districts = json.RawMessage("[]")
	}
	if m.Attribution == nil {
		m.Attribution = []string{}
	}
	for _, s := range r.Index().Segments() {
		m.Total += s.Len()
	}
	if m.Total > maxPlaces {
		m.Tiles = "/v1/tiles/{z}/{x}/{y}.mvt"
	}
	step := max(1, (m.Total+maxPlaces-1)/maxPlaces)
	err := r.Read(func() error {
		for _, s := range r.Index().Segments() {
			for i := 0; i < s.Len(); i += step {
				p := s.Postings()[i]
				text, err := catalog.ParseText(s.Text(p))
				if err != nil {
					return err
				}
				at := p.Pos.WGS84()
				m.Places = append(m.Places, mapPlace{ID: string(text.ID), Name: string(text.Name), Lat: at.Lat, Lng: at.Lng})
			}
		}
		return nil
	})
	if err != nil {
		return nil, lookupProblem(err)
	}
	return json.Marshal(&m)
}

// mapWindow are the cells that a lookup looks into, to draw.
type mapWindow struct {
	Cell  string    `json:"cell"` // of the position
	Cells []mapCell `json:"cells"`
}

// mapCell has its edges in degrees.
type mapCell struct {
	ID    string    `json:"id"`
	West  coord.Lng `json:"west"`
	South coord.Lat `json:"south"`
	East  coord.Lng `json:"east"`
	North coord.Lat `json:"north"`
}

// postWindow takes the body of a lookup: where somebody is stands in no URL.
func postWindow(x *exchange) error {
	body, err := x.readBody()
	if err != nil {
		return err
	}
	l, err := x.decode(body)
	if err != nil {
		return err
	}
	if err := x.admit(); err != nil {
		return err
	}
	release, err := x.release()
	if err != nil {
		return err
	}
	w, err := drawWindow(release, l.Request.Pos)
	if err != nil {
		return lookupProblem(err)
	}
	x.w.Header()["Cache-Control"] = noStore
	return x.sendJSON(http.StatusOK, w)
}

func drawWindow(r *query.Release, at coord.WGS84) (*mapWindow, error) {
	shape := r.Manifest().Grid
	g, err := grid.New(grid.Size(shape.CellMetres))
	if err != nil {
		return nil, err
	}
	pos := at.E7()
	w := &mapWindow{Cell: g.Text(g.Cell(pos)), Cells: []mapCell{}}
	for _, c := range g.Cells(pos, shape.Radius, nil) {
		southWest, northEast, err := g.Bounds(c)
		if err != nil {
			return nil, err
		}
		w.Cells = append(w.Cells, mapCell{ID: g.Text(c), West: southWest.Lng, South: southWest.Lat, East: northEast.Lng, North: northEast.Lat})
	}
	return w, nil
}
