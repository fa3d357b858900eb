package server

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"sync"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
)

//go:embed ui
var pages embed.FS

// pagePolicy lets the page load nothing but its own files.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageTypes do not depend on what the machine's table of types says.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
}

// getPage serves a file of the landing page.
func getPage(name string) func(*exchange) error {
	return func(x *exchange) error {
		b, err := pages.ReadFile("ui/" + name)
		if err != nil {
			return fmt.Errorf("embedded page: %w", err)
		}
		h := x.w.Header()
		h["Content-Security-Policy"] = []string{pagePolicy}
		h["Referrer-Policy"] = []string{"no-referrer"}
		h["Cross-Origin-Opener-Policy"] = []string{"same-origin"}
		h["Cache-Control"] = []string{"no-cache"}
		x.send(http.StatusOK, []string{pageTypes[path.Ext(name)]}, b)
		return nil
	}
}

// maxPlaces is how many places the map shows; of more it shows every nth.
const maxPlaces = 5000

// mapPlaces is what the landing page draws.
type mapPlaces struct {
	Release   string          `json:"release"`
	Districts json.RawMessage `json:"districts"`
	Places    []mapPlace      `json:"places"`
	Total     int             `json:"total"` // places of the release
}

type mapPlace struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Lat  coord.Lat `json:"lat"`
	Lng  coord.Lng `json:"lng"`
}

// drawnMap keeps the map of the latest release.
type drawnMap struct {
	mutex   sync.Mutex
	release string
	json    []byte
}

func getMap(x *exchange) error {
	if err := x.admit(); err != nil {
		return err
	}
	release, err := x.release()
	if err != nil {
		return err
	}
	b, err := x.server.drawn.of(release, x.held.Outlines())
	if err != nil {
		return err
	}
	if !x.notModified(x.etag([]byte("map "+release.Manifest().ID)), "public", 0) {
		x.send(http.StatusOK, jsonType, b)
	}
	return nil
}

func (d *drawnMap) of(r *query.Release, outlines []byte) ([]byte, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if id := r.Manifest().ID; d.release != id {
		b, err := drawMap(r, outlines)
		if err != nil {
			return nil, err
		}
		d.release, d.json = id, b
	}
	return d.json, nil
}

func drawMap(r *query.Release, outlines []byte) ([]byte, error) {
	m := mapPlaces{Release: r.Manifest().ID, Districts: outlines, Places: []mapPlace{}}
	if len(outlines) == 0 {
		m.Districts = json.RawMessage("[]")
	}
	for _, s := range r.Index().Segments() {
		m.Total += s.Len()
	}
	step := max(1, (m.Total+maxPlaces-1)/maxPlaces)
	err := index.Protect(func() error {
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
