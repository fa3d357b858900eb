package api

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// protoMessages compiles what ProtoFile has.
func protoMessages(t testing.TB) protoreflect.MessageDescriptors {
	t.Helper()
	const name = "geodrop.proto"
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{name: string(ProtoFile())}),
	})}
	files, err := compiler.Compile(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Messages()
}

// message reads the fields of a dynamic message by their names.
type message struct{ protoreflect.Message }

func (m message) of(name string) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

func (m message) text(name string) string { return m.of(name).String() }

func (m message) has(name string) bool {
	return m.Has(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

func (m message) degrees(name string) float64 { return float64(m.of(name).Int()) / 1e7 }

func (m message) time(name string) time.Time {
	if !m.has(name) {
		return time.Time{}
	}
	at := message{m.of(name).Message()}
	return time.Unix(at.of("seconds").Int(), at.of("nanos").Int()).UTC()
}

func (m message) list(name string) []message {
	var all []message
	for l, i := m.of(name).List(), 0; i < l.Len(); i++ {
		all = append(all, message{l.Get(i).Message()})
	}
	return all
}

// answer is the answer that a LookupResponse tells, without its cell.
func (m message) answer() *Answer {
	a := &Answer{
		Release: m.text("release"), Drops: []query.Drop{}, Tasks: []query.Task{}, Remaining: []Remaining{},
		AsOf: m.time("as_of"), Stale: m.of("stale").Bool(), Truncated: m.of("truncated").Bool(),
		NextChange: m.time("next_change"), NextPollMS: m.of("next_poll_ms").Int(),
	}
	if m.has("district") {
		d := message{m.of("district").Message()}
		a.District = &query.District{ID: poi.Adcode(d.text("id")), Name: d.text("name")}
	}
	for _, t := range m.list("tasks") {
		a.Tasks = append(a.Tasks, t.task())
	}
	for _, d := range m.list("drops") {
		a.Drops = append(a.Drops, d.drop(a.Tasks))
	}
	for _, r := range m.list("remaining") {
		a.Remaining = append(a.Remaining, Remaining{
			District: poi.Adcode(r.text("district")), Task: poi.TaskID(r.text("task")), Prize: poi.PrizeID(r.text("prize")),
			Quota: r.of("quota").Uint(), Remaining: r.of("remaining").Uint(),
		})
	}
	return a
}

func (m message) task() query.Task {
	number := m.of("state").Enum()
	name := m.Descriptor().Fields().ByName("state").Enum().Values().ByNumber(number).Name()
	t := query.Task{
		ID: poi.TaskID(m.text("id")), Title: m.text("title"), Merchant: m.text("merchant"), State: statesByName[string(name)],
		StartsAt: m.time("starts_at"), EndsAt: m.time("ends_at"), OpensAt: m.time("opens_at"), ClosesAt: m.time("closes_at"),
		ClaimRadius: coord.Metres(m.of("claim_radius_m").Float()), Prizes: []poi.PrizeID{},
	}
	for l, i := m.of("prizes").List(), 0; i < l.Len(); i++ {
		t.Prizes = append(t.Prizes, poi.PrizeID(l.Get(i).String()))
	}
	return t
}

var statesByName = map[string]poi.State{
	"TASK_STATE_UPCOMING": poi.Upcoming, "TASK_STATE_ACTIVE": poi.Active, "TASK_STATE_BETWEEN_SESSIONS": poi.BetweenSessions,
	"TASK_STATE_EXHAUSTED": poi.Exhausted, "TASK_STATE_PAUSED": poi.Paused, "TASK_STATE_ENDED": poi.Ended,
	"TASK_STATE_UNSPECIFIED": "",
}

func (m message) drop(tasks []query.Task) query.Drop {
	d := query.Drop{
		POI: query.Text(m.text("poi")), Name: query.Text(m.text("name")), Kind: query.Text(m.text("kind")),
		Lat: coord.Lat(m.degrees("lat_e7")), Lng: coord.Lng(m.degrees("lng_e7")), Distance: int32(m.of("distance_m").Int()),
		District: poi.Adcode(m.text("district")), Tasks: []poi.TaskID{},
	}
	for l, i := m.of("tasks").List(), 0; i < l.Len(); i++ {
		d.Tasks = append(d.Tasks, tasks[l.Get(i).Uint()].ID)
	}
	return d
}

// drawConsistent is drawAnswer with what holds for the answers of lookups: drops
// have tasks of the answer, positions are whole units, states are known.
func drawConsistent(t *rapid.T) *Answer {
	a := drawAnswer(t)
	a.AsOf, a.NextChange = a.AsOf.UTC(), a.NextChange.UTC()
	for i := range a.Tasks {
		task := &a.Tasks[i]
		task.StartsAt, task.EndsAt, task.OpensAt, task.ClosesAt = task.StartsAt.UTC(), task.EndsAt.UTC(), task.OpensAt.UTC(), task.ClosesAt.UTC()
		task.State = rapid.SampledFrom([]poi.State{poi.Upcoming, poi.Active, poi.BetweenSessions, poi.Exhausted, poi.Paused, poi.Ended, ""}).Draw(t, "state")
	}
	for i := range a.Drops {
		d := &a.Drops[i]
		d.Lat = coord.Lat(float64(rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, "lat")) / 1e7)
		d.Lng = coord.Lng(float64(rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, "lng")) / 1e7)
		d.Tasks = []poi.TaskID{}
		for no := range a.Tasks {
			fresh := !slices.ContainsFunc(a.Tasks[:no], func(before query.Task) bool { return before.ID == a.Tasks[no].ID })
			if fresh && rapid.Bool().Draw(t, "drops") {
				d.Tasks = append(d.Tasks, a.Tasks[no].ID)
			}
		}
	}
	return a
}

// TestMessageAsJSON reads the messages of whatever answers with the library and
// wants the values that their JSON has.
func TestMessageAsJSON(t *testing.T) {
	response := protoMessages(t).ByName("LookupResponse")
	rapid.Check(t, func(t *rapid.T) {
		a := drawConsistent(t)
		m := dynamicpb.NewMessage(response)
		if err := proto.Unmarshal(AppendAnswerMessage(nil, a), m); err != nil {
			t.Fatal(err)
		}
		if len(m.GetUnknown()) > 0 {
			t.Fatalf("unknown fields %x", m.GetUnknown())
		}
		want, got := generic(t, AppendAnswer(nil, a)), generic(t, AppendAnswer(nil, message{m}.answer()))
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// generic reads JSON without rounding a number.
func generic(t *rapid.T, b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMessageIsMinimal: the bytes are those of the library's own encoder, so
// that no length is written longer than it has to be.
func TestMessageIsMinimal(t *testing.T) {
	response := protoMessages(t).ByName("LookupResponse")
	rapid.Check(t, func(t *rapid.T) {
		b := AppendAnswerMessage(nil, drawConsistent(t))
		m := dynamicpb.NewMessage(response)
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		if size := proto.Size(m); size != len(b) {
			t.Fatalf("%d bytes, the library writes %d", len(b), size)
		}
	})
}

func TestAppendAnswerMessageAllocates(t *testing.T) {
	a := &Answer{Drops: make([]query.Drop, 24), Tasks: make([]query.Task, 3), NextPollMS: 10_000, AsOf: time.Unix(1.8e9, 5)}
	for i := range a.Tasks {
		a.Tasks[i] = query.Task{ID: poi.TaskID([]string{"a", "b", "c"}[i]), Title: string(make([]byte, 200)), State: poi.Active, ClaimRadius: 50}
	}
	for i := range a.Drops {
		a.Drops[i] = query.Drop{POI: query.Text("tfl-1"), Name: query.Text("Covent Garden"), Lat: 51.5145, Lng: -0.127, Tasks: []poi.TaskID{"a", "c"}}
	}
	buf := AppendAnswerMessage(nil, a)
	if n := testing.AllocsPerRun(100, func() { buf = AppendAnswerMessage(buf[:0], a) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAppendAnswerMessage(b *testing.B) {
	a := &Answer{Drops: make([]query.Drop, 24), Tasks: []query.Task{{ID: "bridges"}, {ID: "city-packets"}, {ID: "coffee"}}}
	for i := range a.Drops {
		a.Drops[i] = query.Drop{POI: query.Text("tfl-1"), Name: query.Text("Covent Garden"), Lat: 51.5145123, Lng: -0.1271234, District: "E09000007", Tasks: []poi.TaskID{"bridges", "city-packets"}}
	}
	var buf []byte
	for b.Loop() {
		buf = AppendAnswerMessage(buf[:0], a)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportMetric(float64(len(AppendAnswer(nil, a)))/float64(len(buf)), "json/message")
}

func TestDegreesReadBack(t *testing.T) {
	for _, v := range []float64{90, -180, 180, 1e-7, -1e-7, 51.5145123, 0.3, 179.9999999} {
		b := messageE7(nil, dropLng, v)
		got := float64(int32(uint32(b[1])|uint32(b[2])<<8|uint32(b[3])<<16|uint32(b[4])<<24)) / 1e7
		if got != v || math.Signbit(got) != math.Signbit(v) {
			t.Errorf("%v reads back as %v", v, got)
		}
	}
}
