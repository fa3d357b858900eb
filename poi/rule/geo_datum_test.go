package rule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

// china is the clean bundle with a district in China and n places within it, near
// its western and its eastern border.
func china(n int, district, places func(coord.WGS84) coord.WGS84) map[string]string {
	rng := rand.New(rand.NewPCG(41, 42))
	text := func(p coord.WGS84) string { return fmt.Sprintf("%.7f,%.7f", float64(p.Lng), float64(p.Lat)) }
	var corners []string
	for _, c := range [][2]float64{{39.8, 116.2}, {39.8, 116.3}, {39.8, 116.4}, {39.9, 116.4}, {40, 116.4}, {40, 116.3}, {40, 116.2}, {39.9, 116.2}} {
		corners = append(corners, text(district(coord.WGS84{Lat: coord.Lat(c[0]), Lng: coord.Lng(c[1])})))
	}
	files := clean()
	files[areas] = strings.Replace(files[areas], east+"}}", east+"}},\n"+polygon(`"adcode":"110101","name":"Dongcheng"`, strings.Join(corners, " ")), 1)
	files[pois] += rows(n, func(i int) string {
		p := coord.WGS84{Lat: coord.Lat(39.801 + 0.198*rng.Float64()), Lng: 116.2001 + coord.Lng(0.0018*rng.Float64())}
		if i%2 == 0 {
			p.Lng += 0.198
		}
		p = places(p)
		return fmt.Sprintf("x%d,Stall %d,%.7f,%.7f", i, i, float64(p.Lat), float64(p.Lng))
	})
	return files
}

func same(p coord.WGS84) coord.WGS84 { return p }
func gcj(p coord.WGS84) coord.WGS84  { return coord.WGS84(p.GCJ02()) }
func bd(p coord.WGS84) coord.WGS84   { return coord.WGS84(p.BD09()) }

func TestDatumIsSuspected(t *testing.T) {
	for _, tc := range []struct {
		name             string
		district, places func(coord.WGS84) coord.WGS84
		says             string
	}{
		{"all on WGS-84", same, same, ""},
		{"all on GCJ-02", gcj, gcj, ""},
		{"places on GCJ-02", same, gcj, "the places seem to be on GCJ-02"},
		{"places on BD-09", same, bd, "the places seem to be on BD-09"},
		{"districts on GCJ-02", gcj, same, "the districts seem to be on GCJ-02"},
		{"districts on BD-09", bd, same, "the districts seem to be on BD-09"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := china(120, tc.district, tc.places)
			if tc.says == "" {
				expectNothing(t, files)
			} else {
				expectOnly(t, files, "datum", tc.says)
			}
		})
	}
}

// Two files with the same places, of which one is on another datum. They are in
// the middle of their district, where no border tells.
func TestShiftBetweenFiles(t *testing.T) {
	for _, tc := range []struct {
		name  string
		shift func(coord.WGS84) coord.WGS84
		says  string
	}{
		{"GCJ-02", gcj, "by the shift between WGS-84 and GCJ-02"},
		{"BD-09", bd, "by the shift between WGS-84 and BD-09"},
		{"another", func(p coord.WGS84) coord.WGS84 { return coord.WGS84{Lat: p.Lat + 0.004, Lng: p.Lng} }, ""},
	} {
		files := china(0, same, same)
		var second strings.Builder
		second.WriteString("id,name,lat,lng\n")
		for i := range 40 {
			p := coord.WGS84{Lat: 39.9 + coord.Lat(i%7)/100, Lng: 116.3 + coord.Lng(i%6)/100}
			files[pois] += fmt.Sprintf("x%d,Stall %d,%v,%v\n", i, i, float64(p.Lat), float64(p.Lng))
			p = tc.shift(p)
			fmt.Fprintf(&second, "y%d,stall-%d,%.7f,%.7f\n", i, i, float64(p.Lat), float64(p.Lng))
		}
		files["pois_more.csv"] = second.String()
		if tc.says == "" {
			expectNothing(t, files)
		} else {
			expectOnly(t, files, "datum-shift", tc.says)
		}
	}
}
