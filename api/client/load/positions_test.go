package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

func TestReadPositions(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want int    // positions
		err  string // part of the error
	}{
		{"plain", "51.5,-0.1\n-90,180\n", 2, ""},
		{"heading, more columns, comment", "Lat, Lng ,name\n# a remark\n51.5, -0.1 ,x\n", 1, ""},
		{"empty", "", 0, ""},
		{"one column", "51.5\n", 0, "line 1: is not lat,lng"},
		{"heading in the middle", "1,2\nlat,lng\n", 0, "line 2: is not lat,lng"},
		{"beyond", "1,2\n1,2\n91,0\n", 0, "line 3: "},
		{"not a number", "NaN,0\n", 0, "line 1: "},
		{"quote", "\"1,2\n", 0, "read positions: "},
	}
	for _, tt := range tests {
		got, err := ReadPositions(strings.NewReader(tt.in))
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || len(got) != tt.want {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

func TestArea(t *testing.T) {
	a := Area{SouthWest: coord.WGS84{Lat: -10, Lng: 20}, NorthEast: coord.WGS84{Lat: 5, Lng: 20.5}}
	south := 0
	for _, p := range a.Random(1000, 1) {
		if p.Lat < -10 || p.Lat > 5 || p.Lng < 20 || p.Lng > 20.5 {
			t.Fatalf("%v is outside", p)
		}
		if p.Lat < -2.5 {
			south++
		}
	}
	if south < 400 || south > 600 {
		t.Errorf("%d of 1000 are in the southern half", south)
	}
}

func TestPlaces(t *testing.T) {
	answers := map[string]string{
		"/good/ui/map.json":  `{"release":"r1","places":[{"id":"a","lat":51.5,"lng":-0.1},{"id":"b","lat":-90,"lng":180}],"total":2}`,
		"/empty/ui/map.json": `{"places":[]}`,
		"/wrong/ui/map.json": `{"places":[{"lat":91,"lng":0}]}`,
		"/text/ui/map.json":  `hello`,
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, ok := answers[r.URL.Path]; ok {
			_, _ = w.Write([]byte(body))
			return
		}
		http.Redirect(w, r, "/good/ui/map.json", http.StatusFound)
	}))
	defer web.Close()
	at, err := Places(t.Context(), web.URL+"/good", 1)
	if err != nil || len(at) != 2 {
		t.Fatalf("%v, %v", at, err)
	}
	if d := at[0].Distance(coord.WGS84{Lat: 51.5, Lng: -0.1}); d == 0 || d > 150 {
		t.Errorf("%v m from the place", d)
	}
	if _, err := coord.NewWGS84(at[1].Lat, at[1].Lng); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"empty", "wrong", "text", "elsewhere"} {
		if at, err := Places(t.Context(), web.URL+"/"+path, 1); err == nil {
			t.Errorf("/%s: %v", path, at)
		}
	}
}
