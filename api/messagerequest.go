package api

import (
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"geodrop/grid/coord"
)

// requestFields are the fields of a LookupRequest by their numbers, and how
// they come over the wire.
var requestFields = [...]struct {
	field field
	wire  protowire.Type
}{
	1:  {fieldLat, protowire.Fixed32Type},
	2:  {fieldLng, protowire.Fixed32Type},
	3:  {fieldCRS, protowire.VarintType},
	4:  {fieldLimit, protowire.VarintType},
	5:  {fieldSort, protowire.VarintType},
	6:  {fieldKinds, protowire.BytesType},
	7:  {fieldUser, protowire.BytesType},
	8:  {fieldAt, protowire.BytesType},
	9:  {fieldPreview, protowire.VarintType},
	10: {fieldRelease, protowire.BytesType},
	11: {fieldAs, protowire.BytesType},
}

// DecodeLookupMessage reads a LookupRequest, the body of POST /v1/lookup. The
// error is a *Problem, whose field is named as in JSON.
//
// It is as strict as DecodeLookup: a field twice, of another wire type or with a
// value beyond its type is refused, where a usual decoder would take the last,
// pass over it or cut it.
func DecodeLookupMessage(body []byte) (Lookup, error) {
	if len(body) > MaxLookupBytes {
		return Lookup{}, NewProblem(CodeBodyTooLarge, "", "more than %d bytes", MaxLookupBytes)
	}
	f := fields{}
	for rest := body; len(rest) > 0; {
		n, err := f.messageField(rest, len(body)-len(rest))
		if err != nil {
			return Lookup{}, err
		}
		rest = rest[n:]
	}
	return f.finish()
}

// messageField reads the field that is next, at a byte of the body, and returns
// how long it is.
func (f *fields) messageField(b []byte, at int) (int, error) {
	number, wire, tag := protowire.ConsumeTag(b)
	if tag < 0 || number > protowire.MaxValidNumber {
		return 0, wrongWire(at, "is no tag of a field")
	}
	if wire == protowire.StartGroupType || wire == protowire.EndGroupType {
		return 0, wrongWire(at, "is a group, which LookupRequest never has")
	}
	n := protowire.ConsumeFieldValue(number, wire, b[tag:])
	if n < 0 {
		return 0, wrongWire(at, "begins a field that is cut or of no known form")
	}
	if int(number) >= len(requestFields) {
		return tag + n, nil
	}
	known := requestFields[number]
	if wire != known.wire {
		return 0, NewProblem(CodeInvalidType, fieldNames[known.field], "has wire type %d, not %d as in geodrop.proto", wire, known.wire)
	}
	if known.field != fieldKinds {
		if err := f.mark(known.field); err != nil {
			return 0, err
		}
	}
	return tag + n, f.messageValue(known.field, wire, b[tag:tag+n])
}

func wrongWire(at int, why string) *Problem {
	return NewProblem(CodeInvalidProtobuf, "", "what is at byte %d %s", at+1, why)
}

// messageValue sets a field from its value, which is whole.
func (f *fields) messageValue(no field, wire protowire.Type, value []byte) error {
	switch wire {
	case protowire.Fixed32Type:
		e7, _ := protowire.ConsumeFixed32(value)
		return f.setCoordinate(no, float64(int32(e7))/1e7)
	case protowire.VarintType:
		n, _ := protowire.ConsumeVarint(value)
		return f.messageNumber(no, n)
	}
	text, _ := protowire.ConsumeBytes(value)
	switch {
	case no == fieldAt:
		return f.messageAt(text)
	case !utf8.Valid(text):
		return NewProblem(CodeInvalidUTF8, fieldNames[no], "is not UTF-8")
	case (no == fieldUser || no == fieldRelease || no == fieldAs) && len(text) == 0:
		return nil // the same as absent
	}
	return f.set(no, string(text))
}

func (f *fields) messageNumber(no field, n uint64) error {
	switch no {
	case fieldCRS:
		if n > uint64(coord.CRSBD09) {
			return NewProblem(CodeInvalidValue, "crs", "is no Crs of geodrop.proto")
		}
		f.crs = coord.CRS(n)
	case fieldLimit:
		return f.setLimit(int(min(n, math.MaxInt32)))
	case fieldSort:
		names := []string{"distance", "index"} // by Sort
		if n >= uint64(len(names)) {
			return NewProblem(CodeInvalidValue, "sort", "is no Sort of geodrop.proto")
		}
		return f.sort(names[n])
	case fieldPreview:
		if n > 1 {
			return NewProblem(CodeInvalidValue, "preview", "is not 0 or 1")
		}
		f.lookup.Request.All = f.lookup.Request.All || n == 1
	}
	return nil
}

// messageAt reads a google.protobuf.Timestamp.
func (f *fields) messageAt(b []byte) error {
	var parts [timestampNanos + 1]uint64
	var seen [timestampNanos + 1]bool
	for len(b) > 0 {
		number, wire, tag := protowire.ConsumeTag(b)
		n := protowire.ConsumeFieldValue(number, wire, b[max(tag, 0):])
		switch {
		case tag < 0 || n < 0 || number > protowire.MaxValidNumber || wire == protowire.StartGroupType:
			return NewProblem(CodeInvalidProtobuf, "at", "is no google.protobuf.Timestamp")
		case number > timestampNanos:
		case wire != protowire.VarintType:
			return NewProblem(CodeInvalidType, "at", "has a part that is no varint")
		case seen[number]:
			return NewProblem(CodeDuplicateKey, "at", "has a part twice")
		default:
			parts[number], _ = protowire.ConsumeVarint(b[tag:])
			seen[number] = true
		}
		b = b[tag+n:]
	}
	seconds, nanos := int64(parts[timestampSeconds]), parts[timestampNanos]
	at := time.Unix(seconds, int64(min(nanos, uint64(time.Second)))).UTC()
	// time.Time wraps around far beyond these years.
	if seconds < firstSecond || seconds > lastSecond || at.IsZero() || nanos >= uint64(time.Second) {
		return NewProblem(CodeInvalidValue, "at", "is not within the years 1…9999, or has nanos beyond 999999999")
	}
	f.lookup.Request.At = at
	return nil
}

// The Unix seconds of the years 1…9999.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)
