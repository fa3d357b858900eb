package api

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"geodrop/api/query"
	"geodrop/poi"
)

func TestDecodeLookup(t *testing.T) {
	tests := []struct {
		name string
		body string
		want Code   // "" for none
		at   string // field
	}{
		{"least", `{"lat":51.5,"lng":-0.1}`, "", ""},
		{"all", `{"lat":51.5,"lng":-0.1,"crs":"wgs84","limit":5,"sort":"index","kinds":["cash"],"user":"u","at":"2027-01-01T20:00:00+08:00","preview":true}`, "", ""},
		{"white space", " {\n\t\"lat\" : 1 , \"lng\" : 2 }\r\n", "", ""},
		{"escaped key", `{"l\u0061t":1,"lng":2}`, "", ""},
		{"unknown fields", `{"x":{"y":[1,"z",null,true,-1.5e+3]},"lat":1,"lng":2,"lat2":[]}`, "", ""},
		{"unknown field twice", `{"x":1,"x":2,"lat":1,"lng":2}`, "", ""},
		{"keys are of one case", `{"LAT":1,"lat":2,"lng":3}`, "", ""},
		{"null options", `{"lat":1,"lng":2,"crs":null,"limit":null,"kinds":null,"at":null,"preview":null}`, "", ""},
		{"minus zero", `{"lat":-0,"lng":-0.0}`, "", ""},
		{"poles and antimeridian", `{"lat":90,"lng":-180}`, "", ""},
		{"underflow", `{"lat":1e-999,"lng":0}`, "", ""},

		{"empty", ``, CodeInvalidJSON, ""},
		{"no object", `[1]`, CodeInvalidJSON, ""},
		{"text", `lat=1`, CodeInvalidJSON, ""},
		{"byte order mark", "\ufeff{}", CodeInvalidJSON, ""},
		{"cut", `{"lat":1,"lng":2`, CodeInvalidJSON, ""},
		{"cut string", `{"lat`, CodeInvalidJSON, ""},
		{"cut escape", `{"x":"\u00`, CodeInvalidJSON, ""},
		{"trailing comma", `{"lat":1,"lng":2,}`, CodeInvalidJSON, ""},
		{"trailing value", `{"lat":1,"lng":2}{}`, CodeInvalidJSON, ""},
		{"trailing text", `{"lat":1,"lng":2} x`, CodeInvalidJSON, ""},
		{"trailing zero byte", "{\"lat\":1,\"lng\":2}\x00", CodeInvalidJSON, ""},
		{"leading zero", `{"lat":01,"lng":2}`, CodeInvalidJSON, ""},
		{"leading point", `{"lat":.5,"lng":2}`, CodeInvalidJSON, ""},
		{"hexadecimal", `{"lat":0x10,"lng":2}`, CodeInvalidJSON, ""},
		{"control character", "{\"user\":\"a\nb\"}", CodeInvalidJSON, ""},
		{"unknown escape", `{"user":"\x41"}`, CodeInvalidJSON, ""},
		{"bad literal", `{"x":nul}`, CodeInvalidJSON, ""},
		{"literals joined", `{"x":nulltrue}`, CodeInvalidJSON, ""},

		{"invalid UTF-8", "{\"lat\":1,\"lng\":2,\"user\":\"\xff\"}", CodeInvalidUTF8, ""},
		{"invalid UTF-8 where ignored", "{\"lat\":1,\"lng\":2,\"x\":\"\xc3\"}", CodeInvalidUTF8, ""},
		{"half a pair", `{"lat":1,"lng":2,"user":"\ud83d"}`, CodeInvalidUTF8, ""},
		{"pair", `{"lat":1,"lng":2,"user":"\ud83d\ude00"}`, "", ""},
		{"deep", `{"x":` + strings.Repeat("[", 5000), CodeTooDeep, ""},
		{"deep objects", `{"x":` + strings.Repeat(`{"a":`, 2000), CodeTooDeep, ""},
		{"as deep as can be", `{"lat":1,"lng":2,"x":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`, "", ""},
		{"duplicate", `{"lat":1,"lng":2,"lat":1}`, CodeDuplicateKey, "lat"},
		{"duplicate by escape", `{"lat":1,"lng":2,"\u006cat":1}`, CodeDuplicateKey, "lat"},
		{"too large", `{"lat":1,"lng":2,"x":"` + strings.Repeat("x", MaxLookupBytes) + `"}`, CodeBodyTooLarge, ""},

		{"byte order mark", "\ufeff" + `{"lat":1,"lng":2}`, CodeInvalidJSON, ""},
		{"no lat", `{"lng":2}`, CodeMissingField, "lat"},
		{"no lng", `{"lat":2}`, CodeMissingField, "lng"},
		{"null lat", `{"lat":null,"lng":2}`, CodeMissingField, "lat"},
		{"lat is text", `{"lat":"51","lng":2}`, CodeInvalidType, "lat"},
		{"lat is a list", `{"lat":[1],"lng":2}`, CodeInvalidType, "lat"},
		{"limit is text", `{"lat":1,"lng":2,"limit":"5"}`, CodeInvalidType, "limit"},
		{"kinds is text", `{"lat":1,"lng":2,"kinds":"cash"}`, CodeInvalidType, "kinds"},
		{"kind is a number", `{"lat":1,"lng":2,"kinds":[1]}`, CodeInvalidType, "kinds"},
		{"at is a number", `{"lat":1,"lng":2,"at":1}`, CodeInvalidType, "at"},
		{"another viewer", `{"lat":1,"lng":2,"as":"king"}`, CodeInvalidValue, "as"},
		{"preview is a number", `{"lat":1,"lng":2,"preview":1}`, CodeInvalidType, "preview"},

		{"lat 91", `{"lat":91,"lng":2}`, CodeCoordinateRange, "lat"},
		{"lat by one ulp", `{"lat":90.00000000000002,"lng":2}`, CodeCoordinateRange, "lat"},
		{"lng by one ulp", `{"lat":1,"lng":-180.00000000000003}`, CodeCoordinateRange, "lng"},
		{"1e999", `{"lat":1e999,"lng":2}`, CodeCoordinateRange, "lat"},
		{"-1e999", `{"lat":1,"lng":-1e999}`, CodeCoordinateRange, "lng"},
		{"NaN", `{"lat":NaN,"lng":2}`, CodeCoordinateRange, "lat"},
		{"Infinity", `{"lat":1,"lng":Infinity}`, CodeCoordinateRange, "lng"},
		{"-Infinity", `{"lat":1,"lng":-Infinity}`, CodeCoordinateRange, "lng"},
		{"NaN elsewhere", `{"lat":1,"lng":2,"x":NaN}`, CodeInvalidJSON, ""},

		{"crs", `{"lat":1,"lng":2,"crs":"utm"}`, CodeInvalidValue, "crs"},
		{"sort", `{"lat":1,"lng":2,"sort":"name"}`, CodeInvalidValue, "sort"},
		{"limit 0", `{"lat":1,"lng":2,"limit":0}`, CodeInvalidValue, "limit"},
		{"limit 1001", `{"lat":1,"lng":2,"limit":1001}`, CodeInvalidValue, "limit"},
		{"limit 100.0", `{"lat":1,"lng":2,"limit":100.0}`, "", ""},
		{"limit 1e2", `{"lat":1,"lng":2,"limit":1e2}`, "", ""},
		{"limit 1e4", `{"lat":1,"lng":2,"limit":1e4}`, CodeInvalidValue, "limit"},
		{"limit 1e999", `{"lat":1,"lng":2,"limit":1e999}`, CodeInvalidValue, "limit"},
		{"limit 1.5", `{"lat":1,"lng":2,"limit":1.5}`, CodeInvalidValue, "limit"},
		{"limit 2^64", `{"lat":1,"lng":2,"limit":18446744073709551616}`, CodeInvalidValue, "limit"},
		{"65 kinds", `{"lat":1,"lng":2,"kinds":["a"` + strings.Repeat(`,"a"`, query.MaxKinds) + `]}`, CodeInvalidValue, "kinds"},
		{"empty kind", `{"lat":1,"lng":2,"kinds":[""]}`, CodeInvalidValue, "kinds"},
		{"empty user", `{"lat":1,"lng":2,"user":""}`, CodeInvalidValue, "user"},
		{"long user", `{"lat":1,"lng":2,"user":"` + strings.Repeat("u", poi.MaxIDBytes+1) + `"}`, CodeInvalidValue, "user"},
		{"at is no time", `{"lat":1,"lng":2,"at":"tonight"}`, CodeInvalidValue, "at"},
		{"at without zone", `{"lat":1,"lng":2,"at":"2027-01-01T20:00:00"}`, CodeInvalidValue, "at"},
		{"at before all years", `{"lat":1,"lng":2,"at":"0000-01-01T00:00:00Z"}`, CodeInvalidValue, "at"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeLookup([]byte(tt.body))
			checkProblem(t, err, tt.want, tt.at)
		})
	}
}

// checkProblem: an empty code is no problem at all.
func checkProblem(t *testing.T, err error, want Code, field string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%v, want no problem", err)
		}
		return
	}
	var p *Problem
	if !errors.As(err, &p) || p.Code != want || p.Field != field {
		t.Errorf("%v, want %s of %q", err, want, field)
	}
}

func TestDecodeLookupValues(t *testing.T) {
	l, err := DecodeLookup([]byte(`{"lat":51.5145,"lng":-0.1270,"limit":5,"sort":"index","kinds":["cash","coupon"],"user":"u\u00e9","at":"2027-01-01T20:00:00+08:00","preview":true,"release":"r1-0123abcd"}`))
	if err != nil {
		t.Fatal(err)
	}
	r := l.Request
	if r.Pos.Lat != 51.5145 || r.Pos.Lng != -0.127 || r.Limit != 5 || r.Sort != query.ByIndex || len(r.Kinds) != 2 ||
		r.Kinds[1] != poi.Coupon || l.User != "ué" || !r.At.Equal(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)) || !r.All || l.Release != "r1-0123abcd" {
		t.Errorf("%+v", l)
	}
	if !l.NeedsOperator() || l.OperatorField() != "at" {
		t.Errorf("operator: %v, %s", l.NeedsOperator(), l.OperatorField())
	}
	for as, want := range map[string][2]bool{"player": {}, "tester": {true, false}, "operator": {true, true}} {
		l, err := DecodeLookup([]byte(`{"lat":1,"lng":2,"as":"` + as + `","preview":false}`))
		if got := [2]bool{l.Request.Soon, l.Request.All}; err != nil || got != want || l.NeedsOperator() != want[0] || want[0] && l.OperatorField() != "as" {
			t.Errorf("as %s: %v, %v, operators only: %v", as, got, err, l.NeedsOperator())
		}
	}
	zero, err := DecodeLookup([]byte(`{"lat":-0.0,"lng":-0}`))
	if err != nil || math.Signbit(float64(zero.Request.Pos.Lat)) || math.Signbit(float64(zero.Request.Pos.Lng)) {
		t.Errorf("minus zero: %+v, %v", zero, err)
	}
	shifted, err := DecodeLookup([]byte(`{"lat":39.9087,"lng":116.3975,"crs":"gcj02"}`))
	if err != nil || math.Abs(float64(shifted.Request.Pos.Lng)-116.3975) < 0.001 {
		t.Errorf("gcj02 was not converted: %+v, %v", shifted.Request.Pos, err)
	}
}

func TestParseLookup(t *testing.T) {
	tests := []struct {
		name  string
		query string
		want  Code
		at    string
	}{
		{"least", "lat=51.5&lng=-0.1", "", ""},
		{"all", "lat=1&lng=2&crs=wgs84&limit=3&sort=distance&kinds=cash,coupon&user=u&at=2027-01-01T00:00:00Z&preview=false", "", ""},
		{"unknown", "lat=1&lng=2&utm_source=x", "", ""},
		{"escaped", "l%61t=1&lng=%2D2", "", ""},
		{"nothing", "", CodeMissingField, "lat"},
		{"empty", "lat=&lng=2", CodeMissingField, "lat"},
		{"no lng", "lat=1", CodeMissingField, "lng"},
		{"empty limit", "lat=1&lng=2&limit=", CodeInvalidValue, "limit"},
		{"empty kinds", "lat=1&lng=2&kinds=", CodeInvalidValue, "kinds"},
		{"twice", "lat=1&lat=1&lng=2", CodeDuplicateKey, "lat"},
		{"NaN", "lat=NaN&lng=2", CodeCoordinateRange, "lat"},
		{"Inf", "lat=1&lng=Inf", CodeCoordinateRange, "lng"},
		{"-infinity", "lat=1&lng=-infinity", CodeCoordinateRange, "lng"},
		{"1e999", "lat=1e999&lng=2", CodeCoordinateRange, "lat"},
		{"91", "lat=91&lng=2", CodeCoordinateRange, "lat"},
		{"text", "lat=abc&lng=2", CodeInvalidValue, "lat"},
		{"hexadecimal", "lat=0x1p3&lng=2", CodeInvalidValue, "lat"},
		{"spaces", "lat=%201&lng=2", CodeInvalidValue, "lat"},
		{"limit", "lat=1&lng=2&limit=1e3", CodeInvalidValue, "limit"},
		{"preview", "lat=1&lng=2&preview=yes", CodeInvalidValue, "preview"},
		{"kinds", "lat=1&lng=2&kinds=cash,", CodeInvalidValue, "kinds"},
		{"UTF-8", "lat=1&lng=2&user=%ff", CodeInvalidUTF8, "user"},
		{"percent", "lat=1&lng=2&user=%zz", CodeInvalidValue, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseLookup(tt.query)
			checkProblem(t, err, tt.want, tt.at)
		})
	}
}

// FuzzDecodeLookup: what is taken is JSON to the standard library too, with the
// same coordinates; what is refused is refused with a problem that has a status.
func FuzzDecodeLookup(f *testing.F) {
	for _, s := range []string{
		`{"lat":51.5,"lng":-0.1}`, `{"lat":-0,"lng":1e2,"kinds":["a","b"],"x":{"y":[{}]}}`, `{"lat":NaN}`,
		`{"lat":1,"lng":2,"user":"\ud83d\ude00"}`, `{"lat":1,"lat":2}`, "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := DecodeLookup(body)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Status < 400 || p.Status > 499 || p.Detail == "" || !utf8.ValidString(p.Detail) {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		var std map[string]any
		if err := json.Unmarshal(body, &std); err != nil {
			t.Fatalf("%q was taken, encoding/json says %v", body, err)
		}
		pos := l.Request.Pos
		if !(math.Abs(float64(pos.Lat)) <= 90 && math.Abs(float64(pos.Lng)) <= 180) {
			t.Fatalf("%q: %v", body, pos)
		}
		if std["crs"] == nil || std["crs"] == "wgs84" {
			if lat, _ := std["lat"].(float64); lat != float64(pos.Lat) {
				t.Fatalf("%q: lat %v, encoding/json has %v", body, pos.Lat, lat)
			}
		}
	})
}

// FuzzParseLookup: no query makes a position that is none.
func FuzzParseLookup(f *testing.F) {
	f.Add("lat=51.5&lng=-0.1&kinds=a,b")
	f.Add("lat=%zz&&=&lng")
	f.Fuzz(func(t *testing.T, query string) {
		l, err := ParseLookup(query)
		var p *Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%q: %v", query, err)
		}
		if pos := l.Request.Pos; !(math.Abs(float64(pos.Lat)) <= 90 && math.Abs(float64(pos.Lng)) <= 180) {
			t.Fatalf("%q: %v", query, pos)
		}
	})
}

func BenchmarkDecodeLookup(b *testing.B) {
	body := []byte(`{"lat":51.5145,"lng":-0.1270}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeLookup(body); err != nil {
			b.Fatal(err)
		}
	}
}
