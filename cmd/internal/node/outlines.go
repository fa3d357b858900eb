package node

import (
	"encoding/json"
	"fmt"

	"geodrop/api/query"
	"geodrop/grid/outline"
	"geodrop/poi"
)

// maxOutlineVertices bounds what a browser is given to draw.
const maxOutlineVertices = 20_000

// district is one as a small map draws it.
type district struct {
	ID    poi.Adcode     `json:"id"`
	Name  string         `json:"name"`
	Rings []outline.Ring `json:"rings"` // of longitude and latitude
}

// drawOutlines draws the districts of a release, from its area file.
func drawOutlines(r *query.Release) ([]byte, error) {
	list := []district{}
	err := r.Read(func() error {
		for i, rings := range outline.Draw(r.Areas(), maxOutlineVertices) {
			d := r.Catalog().Districts[i]
			if rings == nil {
				rings = []outline.Ring{}
			}
			list = append(list, district{ID: d.Adcode, Name: d.Name, Rings: rings})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("draw districts: %w", err)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("draw districts: %w", err)
	}
	return b, nil
}
