package api

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// TestAnswerAsEncodingJSON holds the hand-written encoder against the standard
// library's, for whatever texts, numbers and times.
func TestAnswerAsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAnswer(t)
		want, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, which := range []string{"first", "again, from what tasks share"} {
			if got := AppendAnswer(nil, a); string(got) != string(want) {
				t.Fatalf("%s:\ngot  %s\nwant %s", which, got, want)
			}
		}
	})
}

// texts are strings, valid UTF-8 or not.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", "Café <Ü> & Söhne", "\u2028\u2029\ufffd", "\x00\x1f\x7f\"\\\b\f\n\r\t", "\xff\xe2\x80", "\xed\xa0\x80", "红包"}),
	)
}

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		return at.In(time.FixedZone("", 60*rapid.IntRange(-720, 840).Draw(t, "zone"))).AddDate(0, 0, -2)
	})
}

func drawAnswer(t *rapid.T) *Answer {
	text, when := texts(), times()
	a := &Answer{
		Release: text.Draw(t, "release"), AsOf: when.Draw(t, "as_of"), NextChange: when.Draw(t, "next"),
		Stale: rapid.Bool().Draw(t, "stale"), Truncated: rapid.Bool().Draw(t, "truncated"),
		NextPollMS: rapid.Int64().Draw(t, "poll"),
	}
	if rapid.Bool().Draw(t, "district") {
		a.District = &query.District{ID: poi.Adcode(text.Draw(t, "id")), Name: text.Draw(t, "name")}
	}
	lists := rapid.SliceOfN(drawnTasks(), 1, 6).Draw(t, "lists of tasks")
	districts := rapid.SliceOfN(text, 1, 2).Draw(t, "districts")
	a.Drops = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) query.Drop {
		d := query.Drop{
			POI: query.Text(text.Draw(t, "poi")), Name: query.Text(text.Draw(t, "name")), Kind: query.Text(text.Draw(t, "kind")),
			Lat: coord.Lat(numbers().Draw(t, "lat")), Lng: coord.Lng(numbers().Draw(t, "lng")),
			Distance: rapid.Int32().Draw(t, "m"), District: poi.Adcode(rapid.SampledFrom(districts).Draw(t, "district")),
		}
		d.Tasks = rapid.SampledFrom(lists).Draw(t, "tasks")
		d.Tasks = d.Tasks[:len(d.Tasks)-min(rapid.IntRange(0, 1).Draw(t, "fewer"), len(d.Tasks))]
		return d
	}), 0, 12).Draw(t, "drops")
	a.Tasks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) query.Task {
		return query.Task{
			Shared: rapid.SampledFrom([]*query.Shared{nil, {}}).Draw(t, "shared"),
			ID:     poi.TaskID(text.Draw(t, "id")), Title: text.Draw(t, "title"), Merchant: text.Draw(t, "merchant"),
			State: poi.State(text.Draw(t, "state")), StartsAt: when.Draw(t, "starts"), EndsAt: when.Draw(t, "ends"),
			OpensAt: when.Draw(t, "opens"), ClosesAt: when.Draw(t, "closes"),
			ClaimRadius: coord.Metres(numbers().Draw(t, "radius")), Prizes: []poi.PrizeID{poi.PrizeID(text.Draw(t, "prize"))},
		}
	}), 0, 2).Draw(t, "tasks")
	a.Remaining = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Remaining {
		return Remaining{
			District: poi.Adcode(text.Draw(t, "d")), Task: poi.TaskID(text.Draw(t, "t")), Prize: poi.PrizeID(text.Draw(t, "p")),
			Quota: rapid.Uint64().Draw(t, "quota"), Remaining: rapid.Uint64().Draw(t, "remaining"),
		}
	}), 0, 2).Draw(t, "remaining")
	return a
}

// drawnTasks are lists that several drops share, as those of a lookup do.
func drawnTasks() *rapid.Generator[[]poi.TaskID] {
	return rapid.Custom(func(t *rapid.T) []poi.TaskID {
		var ids []poi.TaskID
		for _, id := range rapid.SliceOfN(texts(), 0, 3).Draw(t, "ids") {
			ids = append(ids, poi.TaskID(id))
		}
		return ids
	})
}

// numbers are finite floats, most of them whole numbers of 1e-7.
func numbers() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(-1_800_000_000, 1_800_000_000), func(n int64) float64 { return float64(n) / 1e7 }),
		rapid.Map(rapid.Int64Range(-20, 20), func(n int64) float64 { return float64(n) / 1e7 }),
		rapid.Float64Range(-180, 180),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-7, 1e-6, 5e-324, 1e21, 1e20, 90, -180, 100.5, 1e8, 1.00000005, 1e-9}),
	)
}

func FuzzTextAsEncodingJSON(f *testing.F) {
	for _, s := range []string{"", "Old cafe", "seven b", "eight by", "Riverside pharmacy", "红包的茶馆", "Café <Ü>", "\u2028\ufffd\xff", "\xe3\x80", "a\x00b\"c\\d&e\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, before := range []string{"", "[1]", `{"name":`} { // words of eight bytes start anywhere
			if got := appendString([]byte(before), s); string(got) != before+string(want) {
				t.Errorf("%q: got %s, want %s", s, got, want)
			}
			if got := appendString([]byte(before), query.Text(s)); string(got) != before+string(want) {
				t.Errorf("bytes %q: got %s, want %s", s, got, want)
			}
		}
	})
}

// TestEachByteIsSeen: a byte that is not plain is seen wherever in a text it is,
// and none else is taken for one.
func TestEachByteIsSeen(t *testing.T) {
	for c := range 256 {
		for n := 1; n <= 20; n++ {
			for at := range n {
				s := []byte(strings.Repeat("x", n))
				s[at] = byte(c)
				if got := plainEnd(append([]byte(`","kind":"`), s...), 10) == 10+n; got != plain[c] {
					t.Fatalf("byte %#x at %d of %d: plain %v, want %v", c, at, n, got, plain[c])
				}
			}
		}
	}
}

func FuzzFloatAsEncodingJSON(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 51.5145123, -0.127, 180, -90, 1e-7, 9e-7, 1e-6, 0.00000105, 1e8, 1e8 + 1e-7, 123456789.1234567, 5e-324, 1e21, math.MaxFloat64} {
		f.Add(v)
		f.Add(math.Nextafter(v, 1000))
	}
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Skip("no number of JSON")
		}
		for _, v := range []float64{v, math.Round(math.Mod(v, 180)*1e7) / 1e7} {
			want, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendFloat(nil, v); string(got) != string(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

func TestProblemAsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := NewProblem(CodeInvalidValue, texts().Draw(t, "field"), "%s", texts().Draw(t, "detail"))
		p.Instance = texts().Draw(t, "instance")
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := AppendProblem(nil, p); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAppendAnswerAllocates(t *testing.T) {
	a := &Answer{Drops: make([]query.Drop, 24), Tasks: make([]query.Task, 3), Remaining: []Remaining{}}
	for i := range a.Drops {
		a.Drops[i] = query.Drop{POI: query.Text("tfl-1"), Name: query.Text("Covent Garden"), Lat: 51.5145, Lng: -0.127, Tasks: []poi.TaskID{"t"}}
	}
	buf := AppendAnswer(nil, a)
	if n := testing.AllocsPerRun(100, func() { buf = AppendAnswer(buf[:0], a) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAppendAnswer(b *testing.B) {
	a := &Answer{Drops: make([]query.Drop, 24), Tasks: make([]query.Task, 3), Remaining: []Remaining{}}
	for i := range a.Drops {
		a.Drops[i] = query.Drop{POI: query.Text("tfl-1"), Name: query.Text("Covent Garden"), Lat: 51.5145123, Lng: -0.1271234, District: "E09000007", Tasks: []poi.TaskID{"city-packets", "bridges"}}
	}
	var buf []byte
	for b.Loop() {
		buf = AppendAnswer(buf[:0], a)
	}
	b.SetBytes(int64(len(buf)))
}
