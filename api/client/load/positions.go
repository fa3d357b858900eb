package load

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"geodrop/grid/coord"
)

// Most bytes of a map, and most positions.
const (
	maxMapBytes  = 64 << 20
	maxPositions = 10_000_000
)

// Places are positions near the places that a node shows on its map, so that
// lookups find something: each up to some 100 m from one.
func Places(ctx context.Context, target string, seed uint64) ([]coord.WGS84, error) {
	u, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	places, err := fetchPlaces(ctx, u.JoinPath("ui/map.json").String())
	if err != nil {
		return nil, fmt.Errorf("read the places of %s: %w", u.Host, err)
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("the map of %s shows no places; name positions or an area", u.Host)
	}
	const spread = 0.001 // degrees
	random := rand.New(rand.NewPCG(seed, 0x706f73))
	for i := range places {
		p := &places[i]
		p.Lat = min(max(p.Lat+coord.Lat(spread*(2*random.Float64()-1)), -90), 90)
		p.Lng = min(max(p.Lng+coord.Lng(spread*(2*random.Float64()-1)), -180), 180)
	}
	return places, nil
}

func fetchPlaces(ctx context.Context, address string) (places []coord.WGS84, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	var transport http.Transport // the default one would follow a proxy, which lookups do not
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%w; is a node running there?", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s; name positions or an area", response.Status)
	}
	var drawn struct {
		Places []struct {
			Lat coord.Lat `json:"lat"`
			Lng coord.Lng `json:"lng"`
		} `json:"places"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxMapBytes)).Decode(&drawn); err != nil {
		return nil, fmt.Errorf("its map is not readable: %w", err)
	}
	for _, p := range drawn.Places {
		at, err := coord.NewWGS84(p.Lat, p.Lng)
		if err != nil {
			return nil, fmt.Errorf("its map has a place that is none: %w", err)
		}
		places = append(places, at)
	}
	return places, nil
}

// ReadPositions reads lines of lat,lng. A first line of names is skipped, as are
// columns after the second.
func ReadPositions(r io.Reader) ([]coord.WGS84, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord, rows.ReuseRecord, rows.Comment = -1, true, '#'
	var all []coord.WGS84
	for first := true; ; first = false {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read positions: %w", err)
		case first && isHeading(row):
			continue
		case len(all) == maxPositions:
			return nil, fmt.Errorf("read positions: more than %d; give fewer", maxPositions)
		}
		at, err := position(row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("read positions: line %d: %w", line, err)
		}
		all = append(all, at)
	}
}

func isHeading(row []string) bool {
	return len(row) > 1 && strings.EqualFold(strings.TrimSpace(row[0]), "lat") && strings.EqualFold(strings.TrimSpace(row[1]), "lng")
}

func position(row []string) (coord.WGS84, error) {
	if len(row) < 2 {
		return coord.WGS84{}, errors.New("is not lat,lng such as 51.5145,-0.127")
	}
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(row[0]), 64)
	lng, err2 := strconv.ParseFloat(strings.TrimSpace(row[1]), 64)
	if err1 != nil || err2 != nil {
		return coord.WGS84{}, errors.New("is not lat,lng such as 51.5145,-0.127")
	}
	return coord.NewWGS84(coord.Lat(lat), coord.Lng(lng))
}

// Area is a box on the map, without the antimeridian in it.
type Area struct{ SouthWest, NorthEast coord.WGS84 }

// Random are n positions in the box.
func (a Area) Random(n int, seed uint64) []coord.WGS84 {
	random := rand.New(rand.NewPCG(seed, 0x61726561))
	all := make([]coord.WGS84, n)
	for i := range all {
		all[i].Lat = a.SouthWest.Lat + coord.Lat(random.Float64())*(a.NorthEast.Lat-a.SouthWest.Lat)
		all[i].Lng = a.SouthWest.Lng + coord.Lng(random.Float64())*(a.NorthEast.Lng-a.SouthWest.Lng)
	}
	return all
}
