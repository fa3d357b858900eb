package decode

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const polygon = `"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`

// collection is a districts file of features on lines 2, 3, …
func collection(features ...string) string {
	return "{\"type\":\"FeatureCollection\",\"features\":[\n" + strings.Join(features, ",\n") + "\n]}\n"
}

// district is a feature with the given geometry coordinates.
func district(geometry string) string {
	return `{"type":"Feature","properties":{"adcode":"1","name":""},"geometry":` + geometry + `}`
}

func ring(coordinates string) string {
	return district(`{"type":"Polygon","coordinates":` + coordinates + `}`)
}

// Every bad input that can reach a bundle, and the answer to it.
func TestBadInput(t *testing.T) {
	const head = "id,name,lat,lng\n"
	deep := strings.Repeat("[", 100000)
	tests := []struct {
		name    string
		file    string
		text    string
		kept    int      // POIs, memberships, districts, zones, merchants, prizes and tasks together
		rejects []string // without the file's name
		fault   string   // of the file, without its name
	}{
		// CSV: structure.
		{"empty", "pois.csv", "", 0, nil, `:1: the file is empty; its first line names the columns: id,name,lat,lng (missing_column)`},
		{"no rows", "pois.csv", "id,name,lat,lng", 0, nil, ""},
		{"byte order mark", "pois.csv", "\ufeff" + head + "a,,1,1\n", 1, nil, ""},
		{"CRLF", "pois.csv", "id,name,lat,lng\r\na,b,1,1\r\nb,\"c\",1,\"1\"\r\n", 2, nil, ""},
		{"no last line feed", "pois.csv", head + "a,b,1,1", 1, nil, ""},
		{"blank lines", "pois.csv", "\n\r\n" + head + "\n\na,b,91,1\n", 0, []string{`:6:5: lat "91" is not within -90…90 degrees (out_of_range)`}, ""},
		{"UTF-16 LE", "pois.csv", "\xff\xfei\x00d\x00", 0, nil, ":1: the file is UTF-16; save it as UTF-8 (invalid_utf8)"},
		{"UTF-16 BE", "pois.csv", "\xfe\xff\x00i\x00d", 0, nil, ":1: the file is UTF-16; save it as UTF-8 (invalid_utf8)"},
		{"UTF-16 without mark", "pois.csv", "i\x00d\x00", 0, nil, ":1: the file is UTF-16; save it as UTF-8 (invalid_utf8)"},
		{"packed under a plain name", "pois.csv", string(packed(t, head)), 0, nil, ": the file is gzip inside; name it .gz, and pack it once (syntax)"},
		{"zip", "pois.csv", "PK\x03\x04....", 0, nil, ": the file is a zip archive; unpack it, or pack it with gzip (syntax)"},
		{"missing column", "pois.csv", "id,name,Lat,lng\n", 0, nil, `:1: the header has no column "lat"; it has "Lat": did you mean lat? (missing_column)`},
		{"another name of a column", "pois.csv", "id,name,latitude,longitude\n", 0, nil, `:1: the header has no column "lat"; it has "latitude": did you mean lat? (missing_column)`},
		{"another name of the other", "pois.csv", "id,name,lat,Longitude\n", 0, nil, `:1: the header has no column "lng"; it has "Longitude": did you mean lng? (missing_column)`},
		{"semicolons", "pois.csv", "id;name;lat;lng\na;b;1;1\n", 0, nil, `:1: the header has no column "id": the separator is ";", write commas (missing_column)`},
		{"column twice", "pois.csv", "id,name,lat,lng,lat\n", 0, nil, `:1:17: the header has the column "lat" twice (duplicate)`},
		{"column without name", "pois.csv", "id,name,lat,lng,\n", 0, nil, `:1:17: in the header, column 5 has no name (missing)`},
		{"a million columns", "pois.csv", strings.Repeat(",", 1e6) + "\n", 0, nil, `:1: the header has more than 1000 fields (field_count)`},
		{"a million fields", "pois.csv", head + strings.Repeat(",", 1e6) + "\na,b,1,1\n", 1, []string{`:2: row has more than 1000 fields (field_count)`}, ""},
		{"one field", "pois.csv", head + "a\n", 0, []string{`:2: row "a" has 1 field, the header has 4 (field_count)`}, ""},
		{"few fields", "pois.csv", head + "a,b,1\nb,b,1,1\n", 1, []string{`:2: row "a,b,1" has 3 fields, the header has 4 (field_count)`}, ""},
		{"many fields", "pois.csv", head + "a,b,1,1,\n", 0, []string{`:2: row "a,b,1,1," has 5 fields, the header has 4 (field_count)`}, ""},
		{"long row", "pois.csv", head + "a," + strings.Repeat("x", 1<<20) + ",1,1\nb,b,1,1\n", 1, []string{`:2: row has more than 1048576 bytes (too_long)`}, ""},
		{"long field", "pois.csv", head + "a," + strings.Repeat("x", 513) + ",1,1\n", 0, []string{`:2:3: name "` + strings.Repeat("x", 77) + `…" has 513 bytes, more than 512 (too_long)`}, ""},
		{"quotes across lines", "pois.csv", "id,name,lat,lng,note\na,b,1,1,\"x\ny\"\nb,b,91,1,\n", 1, []string{`:4:5: lat "91" is not within -90…90 degrees (out_of_range)`}, ""},
		{"line feed in a name", "pois.csv", head + "a,\"x\ny\",91,1\nb,\"x\ny\",1,1\n", 0, []string{
			`:3:4: lat "91" is not within -90…90 degrees (out_of_range)`,
			`:4:3: name "x\ny" has the control character U+000A at byte 2 (control_character)`}, ""},
		{"quote not closed", "pois.csv", head + "a,\"b,1,1\nb,b,1,1\nc,c,1,1\n", 2, []string{
			`:2:3: row "\"b,1,1" opens a quote that is never closed (stray_quote)`}, ""},
		{"quote not closed for long", "pois.csv", head + "a,\"b,1,1\n" + strings.Repeat("b,"+strings.Repeat("n", 500)+",1,1\n", 2100), 2100, []string{
			`:2:3: row "\"b,1,1" opens a quote that is not closed within 1048576 bytes (stray_quote)`}, ""},
		{"quote closed rows later", "pois.csv", head + "a,\"b,1,1\nb,b,1,1\nc,\"c\",1,1\n", 2, []string{
			`:4:3: row "\"c\",1,1" closes a quote before the field ends; double the quotes inside a field (stray_quote)`}, ""},
		{"quote inside a field", "pois.csv", head + "a,b\"c,1,1\nb,b,1,1\n", 1, []string{
			`:2:4: row "\"c,1,1" has a quote inside a field without quotes; put the field in quotes and double the quote (stray_quote)`}, ""},
		{"text behind a quote", "pois.csv", head + "a,\"b\"c,1,1\nb,b,1,1\n", 1, []string{
			`:2:5: row "\"c,1,1" closes a quote before the field ends; double the quotes inside a field (stray_quote)`}, ""},
		{"carriage returns alone", "pois.csv", "id,name,lat,lng\ra,b,1,1\r", 0, nil, ":1:13: in the header, column 4 has the control character U+000D at byte 4 (control_character)"},

		// CSV: text.
		{"no id", "pois.csv", head + ",b,1,1\n", 0, []string{`:2:1: id is empty (missing)`}, ""},
		{"long id", "pois.csv", head + strings.Repeat("x", 129) + ",b,1,1\n", 0, []string{`:2:1: id "` + strings.Repeat("x", 77) + `…" has 129 bytes, more than 128 (too_long)`}, ""},
		{"space around an id", "pois.csv", head + " a,b,1,1\nb ,b,1,1\n", 0, []string{
			`:2:1: id " a" begins or ends with white space (outer_space)`, `:3:1: id "b " begins or ends with white space (outer_space)`}, ""},
		{"invalid UTF-8", "pois.csv", head + "a,b\xff,1,1\n", 0, []string{`:2:3: name "b\xff" is not UTF-8 at byte 2 (0xff) (invalid_utf8)`}, ""},
		{"NUL", "pois.csv", head + "a,b\x00c,1,1\n", 0, []string{`:2:3: name "b\x00c" has the control character U+0000 at byte 2 (control_character)`}, ""},
		{"formula", "pois.csv", head + "a,=cmd|' /C calc'!A0,1,1\nb,@SUM(1),1,1\n", 2, nil, ""},
		{"SQL and HTML", "pois.csv", head + "';DROP TABLE poi;--,<script>alert(1)</script>,1,1\n", 1, nil, ""},
		{"many attributes", "pois.csv", head[:len(head)-1] + columns(65) + "\na,b,1,1" + strings.Repeat(",y", 65) + "\n", 0, []string{
			`:2: attributes are 65, more than 64 (too_many)`}, ""},
		{"long attribute", "pois.csv", "id,name,lat,lng,x\na,b,1,1," + strings.Repeat("y", 1025) + "\n", 0, []string{
			`:2:9: x "` + strings.Repeat("y", 77) + `…" has 1025 bytes, more than 1024 (too_long)`}, ""},

		// CSV: positions.
		{"NaN", "pois.csv", head + "a,,NaN,1\n", 0, []string{`:2:4: lat "NaN" is not a decimal number (not_a_number)`}, ""},
		{"infinite", "pois.csv", head + "a,,1,-Inf\n", 0, []string{`:2:6: lng "-Inf" is not a decimal number (not_a_number)`}, ""},
		{"overflow", "pois.csv", head + "a,,1e999,1\n", 0, []string{`:2:4: lat "1e999" is too large for a number (out_of_range)`}, ""},
		{"negative zero", "pois.csv", head + "a,,-0,-0.0\n", 1, nil, ""},
		{"poles and antimeridian", "pois.csv", head + "a,,90,180\nb,,-90,-180\n", 2, nil, ""},
		{"one ulp too far", "pois.csv", head + "a,,90.00000000000001,1\nb,,1,-180.00000000000003\n", 0, []string{
			`:2:4: lat "90.00000000000001" is not within -90…90 degrees (out_of_range)`,
			`:3:6: lng "-180.00000000000003" is not within -180…180 degrees (out_of_range)`}, ""},
		{"swapped", "pois.csv", head + "a,,116.4,39.9\n", 0, []string{`:2:4: lat "116.4" is not within -90…90 degrees (out_of_range)`}, ""},
		{"decimal comma", "pois.csv", head + "a,,\"51,5\",1\n", 0, []string{`:2:4: lat "51,5" has a comma in it; write a point before the decimals (not_a_number)`}, ""},
		{"no position", "pois.csv", head + "a,,,1\n", 0, []string{`:2:4: lat is empty (missing)`}, ""},
		{"unknown datum", "pois.csv", "id,name,lat,lng,crs\na,,1,1,osgb\n", 0, []string{`:2:8: crs "osgb" is not wgs84, gcj02 or bd09 (crs)`}, ""},

		// Sets, merchants, prizes.
		{"reserved set", "poi_sets.csv", "set_id,poi_id\nall,x\nparks,\n", 0, []string{
			`:2:1: set_id "all" is the built-in set of every POI (reserved)`, `:3:7: poi_id is empty (missing)`}, ""},
		{"set file without header", "sets/parks.csv", "p1\np2\n", 0, nil, `:1: the header has no column "poi_id" (missing_column)`},
		{"reserved set file", "sets/all.csv", "poi_id\nx\n", 0, nil, `: the file names a set whose name "all" is the built-in set of every POI (reserved)`},
		{"columns of more than ASCII", "prizes.csv", "id,name,kind,merchant\np,红包 é𝔸,cash,m\n", 0, []string{`:2:14: merchant "m" is no merchant of this bundle (dangling)`}, ""},
		{"quote behind more than ASCII", "merchants.csv", "id,name\n红包,\"é\nün\"x\n", 0, []string{`:3:3: row "\"x" closes a quote before the field ends; double the quotes inside a field (stray_quote)`,
			`:3:3: row "\"x" has a quote inside a field without quotes; put the field in quotes and double the quote (stray_quote)`}, ""},
		{"merchant twice", "merchants.csv", "id,name\nm,a\nm,b\n", 1, []string{`:3:1: id "m" is given before (duplicate)`}, ""},
		{"merchant of no one", "prizes.csv", "id,name,kind,merchant\np,,cash,m\n", 0, []string{`:2:9: merchant "m" is no merchant of this bundle (dangling)`}, ""},
		{"quotas of no task", "quotas.csv", "task_id,prize,district,units\nt,p,*,1\n", 0, []string{`:2:1: task_id "t" is no task of this bundle (dangling)`}, ""},

		// GeoJSON: structure.
		{"no JSON", "districts.geojson", "adcode,name\n", 0, nil, `:1:1: there is 'a' where a GeoJSON object belongs (syntax)`},
		{"empty GeoJSON", "districts.geojson", " \n", 0, nil, `:2:1: the file is empty; an empty collection is {"type":"FeatureCollection","features":[]} (syntax)`},
		{"some JSON", "districts.geojson", `{"a":1}`, 0, nil, `:1:1: the file is no GeoJSON: its first object is neither a FeatureCollection nor a Feature (syntax)`},
		{"geometry alone", "districts.geojson", `{"type":"Polygon"}`, 0, nil, `:1:1: the file is a GeoJSON "Polygon"; a FeatureCollection or a sequence of Features is read (syntax)`},
		{"no features", "districts.geojson", collection(), 0, nil, ""},
		{"features before type", "districts.geojson", `{"features":[` + district(polygon[11:]) + `],"type":"FeatureCollection"}`, 1, nil, ""},
		{"cut short", "districts.geojson", collection(district(polygon[11:]))[:150], 0, nil, `:2:1: the value that begins here is not closed before the file ends (syntax)`},
		{"cut behind a feature", "districts.geojson", strings.TrimSuffix(collection(district(polygon[11:])), "]}\n"), 1, nil, `:3:1: the file ends where ']' belongs (syntax)`},
		{"trailing data", "districts.geojson", collection() + "x", 0, nil, `:4:1: there is 'x' after the end of the collection (syntax)`},
		{"trailing feature", "districts.geojson", district(polygon[11:]) + "\nx", 1, nil, `:2:1: there is 'x' where the next feature belongs (syntax)`},
		{"features twice", "districts.geojson", `{"features":[],"features":[]}`, 0, nil, `:1:16: the member "features" is given twice (duplicate)`},
		{"another datum", "districts.geojson", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}`, 0, nil,
			`:1:35: crs is "EPSG:3857"; GeoJSON is read as WGS-84 only: convert the file (crs)`},
		{"the same datum", "districts.geojson", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[]}`, 0, nil, ""},
		{"comma behind the last", "districts.geojson", `{"type":"FeatureCollection","features":[` + district(polygon[11:]) + `,]}`, 1, nil, `:1:176: there is no value where a feature belongs (syntax)`},
		{"deep", "districts.geojson", `{"type":"FeatureCollection","features":[` + deep, 0, nil, `:1:41: the value that begins here is not closed before the file ends (syntax)`},
		{"deep and closed", "districts.geojson", collection(deep+strings.Repeat("]", 100000), district(polygon[11:])), 1, []string{`:2:1: feature is nested deeper than 32 (too_deep)`}, ""},

		// GeoJSON: features.
		{"number", "districts.geojson", collection("7"), 0, []string{`:2:1: feature is no object (wrong_type)`}, ""},
		{"no geometry", "districts.geojson", collection(district("null")), 0, []string{`:2:68: geometry is missing: an area needs a Polygon or MultiPolygon (missing)`}, ""},
		{"point", "districts.geojson", collection(district(`{"type":"Point","coordinates":[1,1]}`)), 0, []string{`:2:76: geometry.type "Point" is no area: only Polygon and MultiPolygon are (bad_geometry)`}, ""},
		{"wrong nesting", "districts.geojson", collection(district(`{"type":"MultiPolygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`)), 0, []string{`:2:105: coordinates are nested 3 deep, a MultiPolygon is 4 deep (bad_geometry)`}, ""},
		{"three positions", "districts.geojson", collection(ring("[[[0,0],[1,0],[0,0]]]")), 0, []string{`:2:101: coordinates have a ring of 3 positions: it needs at least 4, the last like the first (bad_geometry)`}, ""},
		{"ring not closed", "districts.geojson", collection(ring("[[[0,0],[1,0],[1,1],[0,1]]]")), 0, []string{`:2:101: coordinates have a ring that does not end where it began (bad_geometry)`}, ""},
		{"bow-tie", "districts.geojson", collection(ring("[[[0,0],[1,1],[1,0],[0,1],[0,0]]]")), 0, []string{`:2:100: coordinates make no area: invalid shape: polygon 0, the edge of ring 0 from vertex 0 (lat 0.0000000, lng 0.0000000) to vertex 1 (lat 1.0000000, lng 1.0000000) crosses the edge of ring 0 from vertex 2 (lat 0.0000000, lng 1.0000000) to vertex 3 (lat 1.0000000, lng 0.0000000) at (lat 0.5000000, lng 0.5000000); move or remove one of the vertices (bad_geometry)`}, ""},
		{"NaN in JSON", "districts.geojson", collection(ring("[[[NaN,0],[1,1],[1,0],[0,1],[0,0]]]"), district(polygon[11:])), 1, []string{`:2:103: JSON has 'N' where a value belongs (syntax)`}, ""},
		{"edge over 180°", "districts.geojson", collection(ring("[[[-170,0],[170,0],[170,10],[-170,10],[-170,0]]]")), 0, []string{`:2:111: coordinates have an edge from longitude -170 to 170, which spans 340 degrees of longitude: add a vertex, or cut the polygon at the antimeridian (RFC 7946, 3.1.9) (bad_geometry)`}, ""},
		{"last edge over 180°", "districts.geojson", collection(ring("[[[-90.5,0],[0,0],[90,0],[90,10],[-90.5,0]]]")), 0, []string{`:2:133: coordinates have an edge from longitude 90 to -90.5, which spans 180.5 degrees of longitude: add a vertex, or cut the polygon at the antimeridian (RFC 7946, 3.1.9) (bad_geometry)`}, ""},
		{"edge of 180° and 1e-7°", "districts.geojson", collection(ring("[[[-90,0],[90.0000001,0],[0,10],[-90,0]]]")), 0, []string{`:2:110: coordinates have an edge from longitude -90 to 90.0000001, which spans 180.0000001 degrees of longitude: add a vertex, or cut the polygon at the antimeridian (RFC 7946, 3.1.9) (bad_geometry)`}, ""},
		{"edge to the antimeridian's other name", "districts.geojson", collection(ring("[[[-180,0],[1e1,0],[180,5],[0,9],[-180,0]]]")), 0, []string{`:2:111: coordinates have an edge from longitude -180 to 10, which spans 190 degrees of longitude: add a vertex, or cut the polygon at the antimeridian (RFC 7946, 3.1.9) (bad_geometry)`}, ""},
		{"cap cut at the antimeridian", "districts.geojson", collection(ring("[[[-180,-90],[-180,-60],[-60,-65],[60,-65],[180,-60],[180,-90],[-180,-90]]]")), 1, nil, ""},
		{"edges of 179°", "districts.geojson", collection(ring("[[[-179,0],[0,0],[179,0],[0,10],[-179,0]]]")), 1, nil, ""},
		{"1e999 in JSON", "districts.geojson", collection(ring("[[[1e999,0],[1,1],[1,0],[0,1],[0,0]]]")), 0, []string{`:2:103: coordinates have the longitude 1e999, which is too large for a number (out_of_range)`}, ""},
		{"hole out of range", "districts.geojson", collection(ring("[[[0,0],[1,0],[1,1],[0,0]],[[0,91],[1,0],[1,1],[0,91]]]")), 0, []string{`:2:131: coordinates have the latitude 91, which is not within -90…90 degrees (out_of_range)`}, ""},
		{"position of one number", "districts.geojson", collection(ring("[[[0],[1,0],[1,1],[0]]]")), 0, []string{`:2:104: coordinates have a position of one number (bad_geometry)`}, ""},
		{"altitudes", "districts.geojson", collection(ring("[[[0,0,1],[1,0,2],[1,1,3],[0,0,1]]]")), 1, nil, ""},
		{"key twice", "districts.geojson", collection(`{"type":"Feature","properties":{"adcode":"1","adcode":"2"},` + polygon + `}`), 0, []string{`:2:46: adcode is given twice (duplicate)`}, ""},
		{"name before a number", "districts.geojson", collection(`{"type":"Feature","properties":{"name":"红包é","adcode":1001},` + polygon + `}`), 0, []string{`:2:55: adcode "1001" is a number; write it as a string, since leading zeros count (wrong_type)`}, ""},
		{"adcode as number", "districts.geojson", collection(`{"type":"Feature","properties":{"adcode":1001,"name":""},` + polygon + `}`), 0, []string{`:2:42: adcode "1001" is a number; write it as a string, since leading zeros count (wrong_type)`}, ""},
		{"no adcode", "districts.geojson", collection(`{"type":"Feature","properties":null,` + polygon + `}`), 0, []string{`:2:1: adcode is empty (missing)`}, ""},
		{"district twice", "districts.geojson", collection(district(polygon[11:]), district(polygon[11:])), 1, []string{`:3:42: adcode "1" is also at districts.geojson:2, which stays (duplicate)`}, ""},
		{"invalid UTF-8 in JSON", "districts.geojson", collection(`{"type":"Feature","properties":{"adcode":"1","name":"` + "\xff" + `"},` + polygon + `}`), 0, []string{`:2:53: JSON has a string that is not UTF-8 (invalid_utf8)`}, ""},
		{"half a surrogate pair", "districts.geojson", collection(`{"type":"Feature","properties":{"adcode":"1","name":"\ud800"},` + polygon + `}`), 0, []string{`:2:54: JSON has half of a surrogate pair (invalid_utf8)`}, ""},
		{"zone without reason", "zones.geojson", square(`"id":"z"`), 0, []string{`:1:1: reason is empty (missing)`}, ""},
		{"zone reversed", "zones.geojson", square(`"kind":"k","starts_at":"2027-01-02T00:00:00Z","ends_at":"2027-01-01T00:00:00Z"`), 0, []string{
			`:1:89: ends_at "2027-01-01T00:00:00Z" is not after starts_at 2027-01-02T00:00:00Z (reversed)`}, ""},
		{"zone times without zone", "zones.geojson", square(`"kind":"k","daily":["08:00-16:00"]`), 0, []string{`:1:1: time_zone is missing: daily times need one, such as Europe/London (missing)`}, ""},
		{"zone session", "zones.geojson", square(`"kind":"k","daily":"8-16","time_zone":"UTC"`), 0, []string{`:1:52: daily "8-16" is no session: "8" is not a time of day such as 20:00 (bad_format)`}, ""},
		{"zone time", "zones.geojson", square(`"kind":"k","starts_at":"tomorrow"`), 0, []string{`:1:56: starts_at "tomorrow" is not a time such as 2027-01-01T20:00:00+08:00 (bad_format)`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expectAnswer(t, tt.file, tt.text, nil, tt.kept, tt.rejects, tt.fault) })
	}
}

func columns(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(",c" + strings.Repeat("x", i%8) + string(rune('a'+i/8)))
	}
	return b.String()
}

// expectAnswer reads a bundle of one file, and others beside it, and compares
// what was kept and what was said.
func expectAnswer(t *testing.T, name, text string, others map[string]string, kept int, rejects []string, fault string) {
	t.Helper()
	files := map[string]string{name: text}
	base := 0
	if others != nil {
		before, err := readAll(t, writeBundle(t, others))
		if err != nil || len(before.Rejects) > 0 {
			t.Fatal(before, err)
		}
		base = before.count()
		for other, text := range others {
			files[other] = text
		}
	}
	got, err := readAll(t, writeBundle(t, files))
	said := ""
	if err != nil {
		said = strings.TrimPrefix(err.Error(), name)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%v does not wrap ErrFormat", err)
		}
	}
	if said != fault {
		t.Errorf("the fault is\n\t%s\nwant\n\t%s", said, fault)
	}
	for i := range got.Rejects {
		got.Rejects[i] = strings.TrimPrefix(got.Rejects[i], name)
	}
	if !slices.Equal(got.Rejects, rejects) {
		t.Errorf("the rejects are\n\t%s\nwant\n\t%s", strings.Join(got.Rejects, "\n\t"), strings.Join(rejects, "\n\t"))
	}
	if n := got.count() - base; err == nil && n != kept {
		t.Errorf("%d were kept, want %d", n, kept)
	}
}

func (c *contents) count() int {
	n := len(c.POIs) + len(c.Memberships) + len(c.Districts) + len(c.Zones)
	if c.Config != nil {
		n += len(c.Config.Merchants) + len(c.Config.Prizes) + len(c.Config.Tasks)
	}
	return n
}
