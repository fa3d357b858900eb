package api

import (
	"encoding/json"
	"math"
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
		if got := AppendAnswer(nil, a); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
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
	a.Drops = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) query.Drop {
		d := query.Drop{
			POI: query.Text(text.Draw(t, "poi")), Name: query.Text(text.Draw(t, "name")), Kind: query.Text(text.Draw(t, "kind")),
			Lat: coord.Lat(numbers().Draw(t, "lat")), Lng: coord.Lng(numbers().Draw(t, "lng")),
			Distance: rapid.Int32().Draw(t, "m"), District: poi.Adcode(text.Draw(t, "district")),
		}
		for _, id := range rapid.SliceOfN(text, 0, 3).Draw(t, "tasks") {
			d.Tasks = append(d.Tasks, poi.TaskID(id))
		}
		return d
	}), 0, 3).Draw(t, "drops")
	a.Tasks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) query.Task {
		return query.Task{
			ID: poi.TaskID(text.Draw(t, "id")), Title: text.Draw(t, "title"), Merchant: text.Draw(t, "merchant"),
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
