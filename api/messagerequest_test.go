package api

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"geodrop/api/query"
	"geodrop/grid/coord"
)

// wire writes a message in words: "1 fixed32 5, 6 bytes cash,
// 8 hex 0801".
func wire(t testing.TB, words string) []byte {
	t.Helper()
	var b []byte
	for part := range strings.SplitSeq(words, ", ") {
		var no protowire.Number
		var kind, value string
		if _, err := fmt.Sscan(part, &no, &kind, &value); err != nil {
			t.Fatalf("field %q: %v", part, err)
		}
		n, _ := strconv.ParseInt(value, 10, 64) // 0 where it is a text
		switch kind {
		case "varint":
			b = protowire.AppendVarint(protowire.AppendTag(b, no, protowire.VarintType), uint64(n))
		case "fixed32":
			b = protowire.AppendFixed32(protowire.AppendTag(b, no, protowire.Fixed32Type), uint32(n))
		case "fixed64":
			b = protowire.AppendFixed64(protowire.AppendTag(b, no, protowire.Fixed64Type), uint64(n))
		case "bytes":
			b = protowire.AppendString(protowire.AppendTag(b, no, protowire.BytesType), value)
		case "hex":
			raw, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			b = protowire.AppendBytes(protowire.AppendTag(b, no, protowire.BytesType), raw)
		default:
			t.Fatalf("field %q is of no kind", part)
		}
	}
	return b
}

func TestDecodeLookupMessage(t *testing.T) {
	const here = "1 fixed32 515145000, 2 fixed32 -1270000"
	position := slices.Clip(wire(t, here)) // so that each append copies it
	stamp := func(seconds, nanos int64) []byte {
		at := protowire.AppendVarint(protowire.AppendTag(nil, timestampSeconds, protowire.VarintType), uint64(seconds))
		at = protowire.AppendVarint(protowire.AppendTag(at, timestampNanos, protowire.VarintType), uint64(nanos))
		return append(position, wire(t, "8 hex "+hex.EncodeToString(at))...)
	}
	tests := []struct {
		name string
		body []byte
		want Code // "" for none
		at   string
	}{
		{"least", position, "", ""},
		{"zero is a position", wire(t, "1 fixed32 0, 2 fixed32 0"), "", ""},
		{"all", wire(t, here+", 3 varint 2, 4 varint 5, 5 varint 1, 6 bytes cash, 6 bytes coupon, 7 bytes u1, 8 hex 0880c2f3b80610e707, 9 varint 1"), "", ""},
		{"poles and antimeridian", wire(t, "2 fixed32 -1800000000, 1 fixed32 900000000"), "", ""},
		{"zero values", wire(t, here+", 3 varint 0, 5 varint 0, 9 varint 0"), "", ""},
		{"nobody", append(wire(t, here), 0x3a, 0), "", ""},
		{"unknown fields", wire(t, here+", 12 varint 7, 13 fixed64 1, 14 fixed32 1, 500 hex ff00, 12 varint 8"), "", ""},
		{"unknown parts of at", wire(t, here+", 8 hex 080118051a0101"), "", ""},
		{"most kinds", append(position, bytesOf(t, "6 bytes k", query.MaxKinds)...), "", ""},

		{"empty", nil, CodeMissingField, "lat"},
		{"no longitude", wire(t, "1 fixed32 1"), CodeMissingField, "lng"},
		{"latitude", wire(t, "1 fixed32 900000001, 2 fixed32 0"), CodeCoordinateRange, "lat"},
		{"latitude of the south", wire(t, "1 fixed32 -900000001, 2 fixed32 0"), CodeCoordinateRange, "lat"},
		{"longitude", wire(t, "1 fixed32 0, 2 fixed32 1800000001"), CodeCoordinateRange, "lng"},
		{"latitude twice", wire(t, "1 fixed32 1, 1 fixed32 1"), CodeDuplicateKey, "lat"},
		{"user twice", wire(t, here+", 7 bytes a, 7 bytes a"), CodeDuplicateKey, "user"},
		{"latitude as double", wire(t, "1 fixed64 1"), CodeInvalidType, "lat"},
		{"latitude as varint", wire(t, "1 varint 1"), CodeInvalidType, "lat"},
		{"kinds as varint", wire(t, here+", 6 varint 1"), CodeInvalidType, "kinds"},
		{"limit 0", wire(t, here+", 4 varint 0"), CodeInvalidValue, "limit"},
		{"limit above all", wire(t, here+", 4 varint 1001"), CodeInvalidValue, "limit"},
		{"limit that wraps", wire(t, here+", 4 varint 4294967297"), CodeInvalidValue, "limit"},
		{"limit below all", wire(t, here+", 4 varint -1"), CodeInvalidValue, "limit"},
		{"crs", wire(t, here+", 3 varint 3"), CodeInvalidValue, "crs"},
		{"crs that wraps", wire(t, here+", 3 varint 4294967296"), CodeInvalidValue, "crs"},
		{"sort", wire(t, here+", 5 varint 2"), CodeInvalidValue, "sort"},
		{"preview", wire(t, here+", 9 varint 2"), CodeInvalidValue, "preview"},
		{"empty kind", append(wire(t, here), 0x32, 0), CodeInvalidValue, "kinds"},
		{"long kind", wire(t, here+", 6 bytes "+strings.Repeat("k", 200)), CodeInvalidValue, "kinds"},
		{"kinds", append(position, bytesOf(t, "6 bytes k", query.MaxKinds+1)...), CodeInvalidValue, "kinds"},
		{"user", wire(t, here+", 7 bytes "+strings.Repeat("u", 5000)), CodeInvalidValue, "user"},
		{"invalid UTF-8", wire(t, here+", 7 hex ff"), CodeInvalidUTF8, "user"},
		{"invalid UTF-8 of a kind", wire(t, here+", 6 hex c3"), CodeInvalidUTF8, "kinds"},

		{"at is cut", wire(t, here+", 8 hex 08"), CodeInvalidProtobuf, "at"},
		{"at is text", wire(t, here+", 8 hex 0a0131"), CodeInvalidType, "at"},
		{"at is a group", wire(t, here+", 8 hex 1b1c"), CodeInvalidProtobuf, "at"},
		{"at of two seconds", wire(t, here+", 8 hex 08010801"), CodeDuplicateKey, "at"},
		{"at of many nanos", stamp(1, 1e9), CodeInvalidValue, "at"},
		{"at of negative nanos", stamp(1, -1), CodeInvalidValue, "at"},
		{"at of the year 9999", stamp(lastSecond, 999_999_999), "", ""},
		{"at of the year 10000", stamp(lastSecond+1, 0), CodeInvalidValue, "at"},
		{"at of the year 1", stamp(firstSecond, 1), "", ""},
		{"at of the first instant", stamp(firstSecond, 0), CodeInvalidValue, "at"},
		{"at of the year 0", stamp(firstSecond-1, 0), CodeInvalidValue, "at"},
		{"at of the last second there is", stamp(math.MaxInt64, 0), CodeInvalidValue, "at"},
		{"at of the first second there is", stamp(math.MinInt64, 0), CodeInvalidValue, "at"},

		{"JSON", []byte(`{"lat":1,"lng":2}`), CodeInvalidProtobuf, ""},
		{"field 0", []byte{0x05, 0, 0, 0, 0}, CodeInvalidProtobuf, ""},
		{"field 2^29", append(position, 0x80, 0x80, 0x80, 0x80, 0x10, 1), CodeInvalidProtobuf, ""},
		{"at of field 2^29", wire(t, here+", 8 hex 808080801001"), CodeInvalidProtobuf, "at"},
		{"wire type 7", []byte{0x0f}, CodeInvalidProtobuf, ""},
		{"cut tag", append(position, 0x80), CodeInvalidProtobuf, ""},
		{"cut value", position[:len(position)-1], CodeInvalidProtobuf, ""},
		{"cut bytes", append(position, 0x3a, 5, 'u'), CodeInvalidProtobuf, ""},
		{"length beyond all", append(position, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), CodeInvalidProtobuf, ""},
		{"varint of 11 bytes", append(position, append([]byte{0x20}, slices.Repeat([]byte{0x80}, 10)...)...), CodeInvalidProtobuf, ""},
		{"group", append(position, 0x53, 0x54), CodeInvalidProtobuf, ""},
		{"deep groups", append(position, slices.Repeat([]byte{0x53}, 8000)...), CodeInvalidProtobuf, ""},
		{"end of a group", append(position, 0x54), CodeInvalidProtobuf, ""},
		{"long", append(position, make([]byte, MaxLookupBytes)...), CodeBodyTooLarge, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeLookupMessage(tt.body)
			var p *Problem
			if err == nil && tt.want == "" {
				return
			}
			if !errors.As(err, &p) || p.Code != tt.want || p.Field != tt.at {
				t.Errorf("%v, want %q of %q", err, tt.want, tt.at)
			}
		})
	}
}

func bytesOf(t *testing.T, words string, n int) []byte {
	return slices.Repeat(wire(t, words), n)
}

// TestRequestsMeanTheSame writes requests with the library and as JSON.
func TestRequestsMeanTheSame(t *testing.T) {
	request := protoMessages(t).ByName("LookupRequest")
	rapid.Check(t, func(t *rapid.T) {
		lat, lng := rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, "lat"), rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, "lng")
		m, body := dynamicpb.NewMessage(request), map[string]any{"lat": float64(lat) / 1e7, "lng": float64(lng) / 1e7}
		set := func(name string, v protoreflect.Value) { m.Set(request.Fields().ByName(protoreflect.Name(name)), v) }
		set("lat_e7", protoreflect.ValueOfInt32(lat))
		set("lng_e7", protoreflect.ValueOfInt32(lng))
		if rapid.Bool().Draw(t, "options") {
			crs, limit := rapid.IntRange(0, 2).Draw(t, "crs"), rapid.Uint32Range(1, query.MaxLimit).Draw(t, "limit")
			body["crs"], body["limit"], body["sort"], body["user"], body["preview"] = coord.CRS(crs).String(), limit, "index", "u1", true
			body["release"] = "r1-0123abcd"
			set("release", protoreflect.ValueOfString("r1-0123abcd"))
			body["as"] = "tester"
			set("as", protoreflect.ValueOfString("tester"))
			set("crs", protoreflect.ValueOfEnum(protoreflect.EnumNumber(crs)))
			set("limit", protoreflect.ValueOfUint32(limit))
			set("sort", protoreflect.ValueOfEnum(1))
			set("user", protoreflect.ValueOfString("u1"))
			set("preview", protoreflect.ValueOfBool(true))
		}
		if at := times().Draw(t, "at"); !at.IsZero() {
			body["at"] = at.Format(time.RFC3339Nano)
			stamp := m.Mutable(request.Fields().ByName("at")).Message()
			stamp.Set(stamp.Descriptor().Fields().ByName("seconds"), protoreflect.ValueOfInt64(at.Unix()))
			stamp.Set(stamp.Descriptor().Fields().ByName("nanos"), protoreflect.ValueOfInt32(int32(at.Nanosecond())))
		}
		list := m.Mutable(request.Fields().ByName("kinds")).List()
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"cash", "coupon", "红包"}), 0, 4).Draw(t, "kinds")
		for _, kind := range kinds {
			list.Append(protoreflect.ValueOfString(kind))
		}
		body["kinds"] = kinds
		checkSame(t, m, body)
	})
}

func checkSame(t *rapid.T, m proto.Message, body map[string]any) {
	text, err1 := json.Marshal(body)
	binary, err2 := proto.Marshal(m)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	want, wantErr := DecodeLookup(text)
	got, gotErr := DecodeLookupMessage(binary)
	want.Request.At = want.Request.At.UTC()
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotErr, wantErr) {
		t.Fatalf("%s\nmessage %+v %v\nJSON    %+v %v", text, got, gotErr, want, wantErr)
	}
}

// FuzzDecodeLookupMessage: what is taken is a LookupRequest to the library too,
// with the same values; what is not is a problem that does not repeat it.
func FuzzDecodeLookupMessage(f *testing.F) {
	request := protoMessages(f).ByName("LookupRequest")
	const here = "1 fixed32 515145000, 2 fixed32 -1270000"
	for _, words := range []string{here, here + ", 3 varint 1, 4 varint 5, 6 bytes cash, 8 hex 0880c2f3b80610e707", here + ", 99 hex 0011, 7 bytes u"} {
		f.Add(wire(f, words))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := DecodeLookupMessage(body)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Status < 400 || p.Status > 499 {
				t.Fatalf("%v is no problem of the client", err)
			}
			return
		}
		m := dynamicpb.NewMessage(request)
		if err := proto.Unmarshal(body, m); err != nil {
			t.Fatalf("taken, and the library says %v", err)
		}
		got := message{m}
		if l.User != got.text("user") || l.Release != got.text("release") || len(l.Request.Kinds) != got.of("kinds").List().Len() || uint64(l.Request.Limit) != got.of("limit").Uint() ||
			l.Request.All != (got.of("preview").Bool() || got.text("as") == "operator") || l.Request.Soon != (got.text("as") == "tester" || got.text("as") == "operator") || !l.Request.At.Equal(got.time("at")) {
			t.Fatalf("%+v, the library reads %v", l, m)
		}
		if got.of("crs").Enum() == 0 && (float64(l.Request.Pos.Lat) != got.degrees("lat_e7") || float64(l.Request.Pos.Lng) != got.degrees("lng_e7")) {
			t.Fatalf("%+v, the library reads %v", l.Request.Pos, m)
		}
	})
}
