package rule

import (
	"fmt"
	"math"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// geoRules are about where things are.
func geoRules() []*Rule {
	return slices.Concat(positionRules(), declaredRules(), datumRules(), crowdRules(), twinRules(), hashRules(),
		shapeRules(), zoneRules())
}

// degrees is a position as it is written in a file: latitude, longitude.
func degrees(p coord.E7) string {
	w := p.WGS84()
	return fmt.Sprintf("%.6f, %.6f", float64(w.Lat), float64(w.Lng))
}

// metres is a length for people.
func metres(m coord.Metres) string {
	if m < 10_000 {
		return phrase.Number(int64(math.Round(float64(m)))) + " m"
	}
	return fmt.Sprintf("%.0f km", float64(m)/1000)
}

// squareMetres is an area for people.
func squareMetres(a float64) string {
	if a < 1e5 {
		return fmt.Sprintf("%.0f m²", a)
	}
	return fmt.Sprintf("%.1f km²", a/1e6)
}

func named(id, name string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

func districtName(d *poi.District) string { return named(string(d.Adcode), d.Name) }

// poiField is the place of a field of a POI.
func poiField(p *POI, field string) poi.Place {
	at := p.At
	at.Field = field
	return at
}

// moved is a position some metres to the north and to the east of another one,
// for the short distances within a city.
func moved(p coord.E7, north, east coord.Metres) coord.E7 {
	const perMetre = 1e7 * 100 / grid.CentimetresPerDegree // of latitude
	lat := min(max(float64(p.Lat)+float64(north)*perMetre, -float64(coord.MaxLatE7)), float64(coord.MaxLatE7))
	shrink := max(math.Cos(float64(p.Lat)/1e7*math.Pi/180), 1e-3) // at a pole all longitudes are near
	lng := float64(p.Lng) + float64(east)*perMetre/shrink
	return coord.E7{Lat: int32(math.Round(lat)), Lng: int32(math.Round(math.Remainder(lng, 2*float64(coord.MaxLngE7))))}
}

// holds reports whether one of many areas holds a position; buf is scratch.
func holds(x *grid.AreaIndex, at coord.E7, area uint32, buf *[]uint32) bool {
	*buf = x.Find(at, (*buf)[:0])
	return slices.Contains(*buf, area)
}
