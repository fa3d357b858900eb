package api

import (
	"bytes"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// maxReleaseID bounds the id of a release that is asked for.
const maxReleaseID = 64

// MaxLookupBytes is how long the body of a lookup may be.
const MaxLookupBytes = 16 << 10

// Lookup is a request of POST and GET /v1/lookup, checked.
type Lookup struct {
	Request query.Request // All for previews
	User    string        // who asks, for rules that count users; may be empty
	Release string        // id of the one to ask; empty for the one that is served
}

// NeedsOperator reports whether only an operator may ask this.
func (l *Lookup) NeedsOperator() bool {
	return l.Request.All || l.Request.Soon || !l.Request.At.IsZero() || l.Release != ""
}

// OperatorField is the field for which NeedsOperator.
func (l *Lookup) OperatorField() string {
	switch {
	case !l.Request.At.IsZero():
		return "at"
	case l.Release != "":
		return "release"
	case l.Request.Soon:
		return "as"
	}
	return "preview"
}

// fields are the values of a request as they came, before they are checked
// together. What is absent is zero.
type fields struct {
	lat, lng float64
	crs      coord.CRS
	seen     uint16 // by field
	lookup   Lookup
}

// field numbers the keys of a lookup.
type field uint8

const (
	fieldLat field = iota
	fieldLng
	fieldCRS
	fieldLimit
	fieldSort
	fieldKinds
	fieldUser
	fieldAt
	fieldPreview
	fieldRelease
	fieldAs
	fieldCount
)

var fieldNames = [fieldCount]string{"lat", "lng", "crs", "limit", "sort", "kinds", "user", "at", "preview", "release", "as"}

func fieldOf(key []byte) field {
	for f, name := range fieldNames {
		if string(key) == name {
			return field(f)
		}
	}
	return fieldCount
}

// mark notes that a field was given, which may happen once.
func (f *fields) mark(no field) error {
	if f.seen&(1<<no) != 0 {
		return NewProblem(CodeDuplicateKey, fieldNames[no], "is given twice; give it once")
	}
	f.seen |= 1 << no
	return nil
}

// DecodeLookup reads the body of POST /v1/lookup. The error is a *Problem.
//
// null stands for a field that is absent. -0 is 0. NaN and Infinity, which some
// encoders write although JSON has no such numbers, are coordinates out of
// range.
func DecodeLookup(body []byte) (Lookup, error) {
	if len(body) > MaxLookupBytes {
		return Lookup{}, NewProblem(CodeBodyTooLarge, "", "more than %d bytes", MaxLookupBytes)
	}
	if !utf8.Valid(body) {
		return Lookup{}, NewProblem(CodeInvalidUTF8, "", "the body has bytes that are not UTF-8")
	}
	s, f := scanner{data: body}, fields{}
	if s.peek() != '{' {
		if bytes.HasPrefix(body, []byte("\ufeff")) {
			return Lookup{}, NewProblem(CodeInvalidJSON, "", "the body begins with a byte order mark; send it without")
		}
		return Lookup{}, s.wrong("an object")
	}
	if err := s.list('}', "a comma or }", func() error { return f.member(&s) }); err != nil {
		return Lookup{}, err
	}
	if s.peek(); s.pos < len(s.data) {
		return Lookup{}, s.wrong("nothing after the object")
	}
	return f.finish()
}

// member reads a key and its value.
func (f *fields) member(s *scanner) error {
	key, err := s.key()
	if err != nil {
		return err
	}
	no := fieldOf(key)
	if no == fieldCount {
		return s.skip(1)
	}
	if err := f.mark(no); err != nil {
		return err
	}
	if s.word("null") {
		f.seen &^= 1 << no // as if it were absent
		return nil
	}
	return f.value(s, no)
}

func (f *fields) value(s *scanner, no field) error {
	switch no {
	case fieldLat, fieldLng:
		return f.coordinate(s, no)
	case fieldLimit:
		number, err := s.number()
		if err != nil {
			return err
		}
		if number == nil {
			return wrongType(s, no, "a number")
		}
		return f.setLimit(whole(number))
	case fieldKinds:
		if s.peek() != '[' {
			return wrongType(s, no, "a list of strings")
		}
		return s.list(']', "a comma or ]", func() error { return f.text(s, no) })
	case fieldPreview:
		yes := s.word("true")
		if !yes && !s.word("false") {
			return wrongType(s, no, "true or false")
		}
		f.lookup.Request.All = f.lookup.Request.All || yes
		return nil
	}
	return f.text(s, no)
}

// wrongType is for a value that is next and none of what the field has.
func wrongType(s *scanner, no field, what string) error {
	if strings.IndexByte(`"[{tfn-0123456789`, s.peek()) < 0 {
		return s.wrong("a value")
	}
	return NewProblem(CodeInvalidType, fieldNames[no], "is not %s", what)
}

func (f *fields) coordinate(s *scanner, no field) error {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if s.word(word) {
			return outOfRange(no)
		}
	}
	number, err := s.number()
	switch {
	case err != nil:
		return err
	case number == nil:
		return wrongType(s, no, "a number")
	}
	return f.setCoordinate(no, float(number))
}

func (f *fields) setCoordinate(no field, v float64) error {
	limit, target := 90.0, &f.lat
	if no == fieldLng {
		limit, target = 180, &f.lng
	}
	if !(math.Abs(v) <= limit) { // written so that NaN fails
		return outOfRange(no)
	}
	*target = v + 0 // -0 becomes 0
	return nil
}

func outOfRange(no field) error {
	limit := 90
	if no == fieldLng {
		limit = 180
	}
	return NewProblem(CodeCoordinateRange, fieldNames[no], "is not within -%d…%d degrees", limit, limit)
}

// text reads a string into a field.
func (f *fields) text(s *scanner, no field) error {
	if s.peek() != '"' {
		return wrongType(s, no, "a string")
	}
	b, err := s.text()
	if err != nil {
		return err
	}
	return f.set(no, string(b))
}

// set sets a field from its text, in a body or a parameter.
func (f *fields) set(no field, v string) (err error) {
	req := &f.lookup.Request
	switch no {
	case fieldCRS:
		if f.crs, err = coord.ParseCRS(v); err != nil {
			return NewProblem(CodeInvalidValue, "crs", "is not wgs84, gcj02 or bd09")
		}
	case fieldSort:
		return f.sort(v)
	case fieldKinds:
		if len(req.Kinds) == query.MaxKinds {
			return NewProblem(CodeInvalidValue, "kinds", "has more than %d", query.MaxKinds)
		}
		if v == "" || len(v) > poi.MaxKindBytes {
			return NewProblem(CodeInvalidValue, "kinds", "has a kind of %d bytes, not 1…%d", len(v), poi.MaxKindBytes)
		}
		req.Kinds = append(req.Kinds, poi.PrizeKind(v))
	case fieldUser:
		if err := poi.CheckID("user", v); err != nil {
			var why *poi.Invalid
			errors.As(err, &why)
			return NewProblem(CodeInvalidValue, "user", "%s", why.Clause())
		}
		f.lookup.User = v
	case fieldAt:
		if req.At, err = ParseTime(v); err != nil {
			return NewProblem(CodeInvalidValue, "at", "%s", err)
		}
	case fieldRelease:
		if v == "" || len(v) > maxReleaseID {
			return NewProblem(CodeInvalidValue, "release", "has %d bytes, not 1…%d", len(v), maxReleaseID)
		}
		f.lookup.Release = v
	case fieldAs:
		return f.as(v)
	}
	return nil
}

// as sets whose eyes the answer is for. An operator's are those of preview.
func (f *fields) as(v string) error {
	switch v {
	case "player":
	case "tester":
		f.lookup.Request.Soon = true
	case "operator":
		f.lookup.Request.Soon, f.lookup.Request.All = true, true
	default:
		return NewProblem(CodeInvalidValue, "as", "is not player, tester or operator")
	}
	return nil
}

func (f *fields) sort(v string) error {
	switch v {
	case "distance":
		f.lookup.Request.Sort = query.ByDistance
	case "index":
		f.lookup.Request.Sort = query.ByIndex
	default:
		return NewProblem(CodeInvalidValue, "sort", "is not distance or index")
	}
	return nil
}

func (f *fields) limit(number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		n = 0 // as wrong as that
	}
	return f.setLimit(n)
}

func (f *fields) setLimit(n int) error {
	if n < 1 || n > query.MaxLimit {
		return NewProblem(CodeInvalidValue, "limit", "is not a whole number within 1…%d", query.MaxLimit)
	}
	f.lookup.Request.Limit = n
	return nil
}

// ParseTime reads an RFC 3339 time of the years 1…9999.
func ParseTime(v string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, v)
	if year := at.UTC().Year(); err != nil || at.IsZero() || year < 1 || year > 9999 {
		return time.Time{}, errors.New("is not a time such as 2027-01-01T20:00:00+08:00 (RFC 3339)")
	}
	return at, nil
}

// ParseLookup reads the parameters of GET /v1/lookup: those of the body, kinds
// separated by commas. The error is a *Problem.
func ParseLookup(rawQuery string) (Lookup, error) {
	f := fields{}
	if err := f.query(rawQuery, func(no field) bool { return no < fieldCount }); err != nil {
		return Lookup{}, err
	}
	return f.finish()
}

// ParseTaskTime decodes the query of GET /v1/tasks/{id}, as strictly as
// ParseLookup: its parameter at, zero if there is none.
func ParseTaskTime(rawQuery string) (time.Time, error) {
	f := fields{}
	err := f.query(rawQuery, func(no field) bool { return no == fieldAt })
	return f.lookup.Request.At, err
}

// query takes the parameters that are known; others are for later versions.
func (f *fields) query(rawQuery string, known func(field) bool) error {
	for rawQuery != "" {
		var pair string
		pair, rawQuery, _ = strings.Cut(rawQuery, "&")
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(rawKey)
		value, err2 := url.QueryUnescape(rawValue)
		if err1 != nil || err2 != nil {
			return NewProblem(CodeInvalidValue, "", "the query has a %% without two hexadecimal digits")
		}
		no := fieldOf([]byte(key))
		if !known(no) {
			continue
		}
		if err := f.mark(no); err != nil {
			return err
		}
		if err := f.parameter(no, value); err != nil {
			return err
		}
	}
	return nil
}

func (f *fields) parameter(no field, v string) error {
	switch {
	case !utf8.ValidString(v):
		return NewProblem(CodeInvalidUTF8, fieldNames[no], "is not UTF-8")
	case v == "" && (no == fieldLat || no == fieldLng):
		return NewProblem(CodeMissingField, fieldNames[no], "is empty")
	case v == "":
		return NewProblem(CodeInvalidValue, fieldNames[no], "is empty; leave it out")
	}
	switch no {
	case fieldLat, fieldLng:
		n, err := strconv.ParseFloat(v, 64)
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return outOfRange(no)
		}
		if err != nil || numberLen([]byte(v)) != len(v) {
			return NewProblem(CodeInvalidValue, fieldNames[no], "is not a number such as 51.5145")
		}
		return f.setCoordinate(no, n)
	case fieldLimit:
		return f.limit(v)
	case fieldKinds:
		for kind := range strings.SplitSeq(v, ",") {
			if err := f.set(no, kind); err != nil {
				return err
			}
		}
		return nil
	case fieldPreview:
		if v != "true" && v != "false" {
			return NewProblem(CodeInvalidValue, "preview", "is not true or false")
		}
		f.lookup.Request.All = f.lookup.Request.All || v == "true"
		return nil
	}
	return f.set(no, v)
}

// finish checks what fields are only together.
func (f *fields) finish() (Lookup, error) {
	for _, no := range []field{fieldLat, fieldLng} {
		if f.seen&(1<<no) == 0 {
			return Lookup{}, NewProblem(CodeMissingField, fieldNames[no], "is missing")
		}
	}
	pos, err := f.crs.ToWGS84(coord.Lat(f.lat), coord.Lng(f.lng))
	if err != nil {
		// Not the error's own words: they tell the position.
		return Lookup{}, NewProblem(CodeCoordinateRange, "lat", "is not on the map once converted to WGS-84")
	}
	f.lookup.Request.Pos = pos
	return f.lookup, nil
}
