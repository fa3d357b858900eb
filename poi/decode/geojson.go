package decode

import (
	"context"
	"errors"
	"fmt"

	"geodrop/grid"
	"geodrop/poi"
)

// featureReader reads the features of a FeatureCollection, or of a text of one
// Feature after the other, of which it holds one at a time.
type featureReader struct {
	s       *jsonStream
	report  *reporter
	ctx     context.Context
	scratch grid.Ring
	count   int // of features so far
}

// feature is one feature whose geometry is an area.
type feature struct {
	*featureReader
	ordinal      int // in the file, from 1
	line, column int
	text         []byte
	id           []byte // the "id" member, as text
	properties   map[string]property
	shape        grid.Shape
}

// property is a value of a feature: a string, a number, or something else.
type property struct {
	pos  int
	kind byte // '"' string, '0' number, '[' list of strings, 'n' null, '?' anything else
	text string
	list []string
}

// features calls fn for each feature of the file; fn returns false to stop.
func (b *Bundle) features(ctx context.Context, f file, fn func(*feature) bool) (more bool, err error) {
	in, err := f.open()
	if err != nil {
		return false, err
	}
	r := &featureReader{s: newJSONStream(in, f.name), report: b.reporter(f.name), ctx: ctx}
	more, err = r.file(fn)
	closing := in.Close()
	if err == nil && more {
		err = closing
	}
	return more && err == nil, err
}

// file tells a collection from a sequence by the members of the first object.
func (r *featureReader) file(fn func(*feature) bool) (bool, error) {
	c, err := r.s.peek()
	switch {
	case isEOF(err):
		return false, r.s.fault(CodeSyntax, "the file is empty; an empty collection is {\"type\":\"FeatureCollection\",\"features\":[]}")
	case err != nil:
		return false, err
	case c != '{':
		return false, r.s.fault(CodeSyntax, fmt.Sprintf("there is %q where a GeoJSON object belongs", c))
	}
	isCollection, err := r.sniff()
	if err != nil {
		return false, err
	}
	if !isCollection {
		return r.sequence(fn)
	}
	return r.collection(fn)
}

// sniffBytes is how far into a file its nature must be clear.
const sniffBytes = 64 << 10

// sniff looks ahead, without moving, for the first member that only one of the
// two forms has.
func (r *featureReader) sniff() (isCollection bool, err error) {
	for r.s.hi-r.s.lo < sniffBytes && r.s.fill() {
	}
	if r.s.err != nil {
		return false, at(r.s.err, r.s.line)
	}
	found := errors.New("found")
	var verdict error
	head := cursor{b: r.s.buf[r.s.lo:r.s.hi]}
	head.object(func(key []byte, _ int) *jsonFault {
		stop := &jsonFault{}
		switch string(key) {
		case "features":
			isCollection, verdict = true, found
			return stop
		case "geometry", "properties":
			verdict = found
			return stop
		case "type":
			kind, f := head.text()
			if f != nil {
				return f
			}
			switch string(kind) {
			case "FeatureCollection":
				isCollection, verdict = true, found
			case "Feature":
				verdict = found
			default:
				verdict = r.s.fault(CodeSyntax, fmt.Sprintf("the file is a GeoJSON %q; a FeatureCollection or a sequence of Features is read", clip(kind)))
			}
			return stop
		}
		return head.skip()
	})
	if verdict == nil {
		return false, r.s.fault(CodeSyntax, "the file is no GeoJSON: its first object is neither a FeatureCollection nor a Feature")
	}
	if verdict != found {
		return false, verdict
	}
	return isCollection, nil
}

// sequence reads one feature after the other, as in newline-delimited GeoJSON.
func (r *featureReader) sequence(fn func(*feature) bool) (bool, error) {
	for {
		c, err := r.s.peek()
		if isEOF(err) {
			return true, nil
		}
		if err == nil && c != '{' {
			err = r.s.fault(CodeSyntax, fmt.Sprintf("there is %q where the next feature belongs", c))
		}
		if err != nil {
			return false, err
		}
		if more, err := r.next(fn); err != nil || !more {
			return false, err
		}
	}
}

// collection reads the one object of the file.
func (r *featureReader) collection(fn func(*feature) bool) (more bool, err error) {
	if err := r.s.expect('{'); err != nil {
		return false, err
	}
	seen := map[string]bool{}
	for {
		raw, err := r.s.value()
		if err != nil {
			return false, r.outer(err)
		}
		key, f := (&cursor{b: raw}).text()
		if f != nil {
			return false, r.s.fault(f.code, "a member's name "+f.reason)
		}
		name := string(key)
		if len(name) > poi.MaxNameBytes || len(seen) > MaxColumns {
			return false, r.s.fault(poi.CodeTooLong, "the collection has members without end")
		}
		if seen[name] {
			return false, r.s.fault(poi.CodeDuplicate, fmt.Sprintf("the member %q is given twice", name))
		}
		seen[name] = true
		r.s.skip(len(raw))
		if err := r.s.expect(':'); err != nil {
			return false, err
		}
		if more, err := r.member(name, fn); err != nil || !more {
			return false, err
		}
		c, err := r.s.peek()
		if err == nil && c == ',' {
			r.s.skip(1)
			continue
		}
		if err := r.s.expect('}'); err != nil {
			return false, err
		}
		break
	}
	if !seen["features"] {
		return false, r.s.fault(CodeSyntax, `the collection has no "features"`)
	}
	return r.end()
}

// end makes sure that nothing follows.
func (r *featureReader) end() (bool, error) {
	c, err := r.s.peek()
	if isEOF(err) {
		return true, nil
	}
	if err == nil {
		err = r.s.fault(CodeSyntax, fmt.Sprintf("there is %q after the end of the collection", c))
	}
	return false, err
}

// outer turns the fault of a value outside the features into an error.
func (r *featureReader) outer(err error) error {
	if errors.Is(err, errSkipped) {
		f, _ := errors.AsType[*fault](err)
		return r.s.fault(f.code, "a value before here "+f.reason)
	}
	return err
}

// member reads a member of the collection.
func (r *featureReader) member(name string, fn func(*feature) bool) (bool, error) {
	if name == "features" {
		return r.list(fn)
	}
	raw, err := r.s.value()
	if err != nil {
		return false, r.outer(err)
	}
	c := cursor{b: raw}
	var f *jsonFault
	switch name {
	case "crs":
		f = c.crs()
	case "type":
		kind, bad := c.text()
		if f = bad; f == nil && string(kind) != "FeatureCollection" {
			f = c.fault(0, CodeSyntax, "type", "is %q, but the object has features", clip(kind))
		}
	default:
		f = c.skip()
	}
	if f == nil && c.peek() != 0 {
		f = c.syntax("has %s after a value", c.found())
	}
	if f != nil {
		line, column := placeIn(raw[:f.pos], r.s.line, r.s.column)
		return false, &FileError{File: r.s.name, Line: line, Column: column, Code: f.code, Reason: f.field + " " + f.reason}
	}
	r.s.skip(len(raw))
	return true, nil
}

// list reads the array of features.
func (r *featureReader) list(fn func(*feature) bool) (bool, error) {
	if err := r.s.expect('['); err != nil {
		return false, err
	}
	c, err := r.s.peek()
	if err == nil && c == ']' {
		r.s.skip(1)
		return true, nil
	}
	for {
		if more, err := r.next(fn); err != nil || !more {
			return false, err
		}
		c, err := r.s.peek()
		if err == nil && c == ',' {
			r.s.skip(1)
			continue
		}
		return err == nil || isEOF(err), r.s.expect(']')
	}
}

// next reads one feature, and hands it over or rejects it.
func (r *featureReader) next(fn func(*feature) bool) (bool, error) {
	if r.ctx.Err() != nil {
		return false, context.Cause(r.ctx)
	}
	if _, err := r.s.peek(); err != nil && !isEOF(err) {
		return false, err
	}
	r.count++
	f := &feature{featureReader: r, ordinal: r.count, line: r.s.line, column: r.s.column}
	raw, err := r.s.value()
	if errors.Is(err, errSkipped) {
		limit, _ := errors.AsType[*fault](err)
		r.report.add(poi.Reject{Line: f.line, Column: f.column, Field: "feature", Code: limit.code, Reason: limit.reason})
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if len(raw) == 0 {
		return false, r.s.fault(CodeSyntax, "there is no value where a feature belongs")
	}
	f.text = raw
	more := true
	if bad := f.parse(); bad != nil {
		f.reject(bad.pos, bad.field, "", bad.code, bad.reason)
	} else {
		more = fn(f)
	}
	r.s.skip(len(raw))
	return more, nil
}

// reject reports a fault at an offset of the feature's text.
func (f *feature) reject(pos int, field, value string, code poi.Code, reason string) {
	f.report.add(f.rejected(pos, field, value, code, reason))
}

func (f *feature) rejected(pos int, field, value string, code poi.Code, reason string) poi.Reject {
	line, column := placeIn(f.text[:pos], f.line, f.column)
	return poi.Reject{Line: line, Column: column, Field: field, Value: clip(value), Code: code, Reason: reason}
}

// rejectTwice reports an id that another feature has, which stays.
func (f *feature) rejectTwice(field, id string, first poi.Place) {
	r := f.rejected(f.properties[field].pos, field, id, poi.CodeDuplicate, "is also at "+first.String()+", which stays")
	r.See = first
	f.report.add(r)
}

// parse reads the members of the feature.
func (f *feature) parse() *jsonFault {
	c := &cursor{b: f.text}
	var kind, id []byte
	var g *geometry
	if c.peek() != '{' {
		return c.fault(0, CodeType, "feature", "is no object")
	}
	bad := c.object(func(key []byte, pos int) (bad *jsonFault) {
		switch string(key) {
		case "type":
			kind, bad = c.text()
		case "id":
			id, bad = c.idText()
		case "geometry":
			g, bad = c.geometry(&f.scratch)
		case "properties":
			bad = f.readProperties(c)
		case "crs":
			bad = c.crs()
		default:
			bad = c.skip()
		}
		return bad
	})
	switch {
	case bad != nil:
		return bad
	case c.peek() != 0:
		return c.syntax("has %s after the feature", c.found())
	case string(kind) != "Feature":
		return c.fault(0, CodeType, "type", "is %q where a Feature belongs", clip(kind))
	case g == nil:
		return c.fault(0, poi.CodeMissing, "geometry", "is missing: an area needs a Polygon or MultiPolygon")
	}
	f.id = id
	shape, err := grid.NewShape(g.polygons)
	if err != nil {
		return c.fault(g.pos, poi.CodeGeometry, "coordinates", "make no area: %v", err)
	}
	f.shape = shape
	return nil
}

// idText reads a string, or a number as it stands.
func (c *cursor) idText() ([]byte, *jsonFault) {
	switch ch := c.peek(); {
	case ch == '"':
		return c.text()
	case ch == '-' || ch-'0' <= 9:
		return c.number()
	}
	return nil, c.skip()
}

// readProperties reads the values that areas are made of.
func (f *feature) readProperties(c *cursor) *jsonFault {
	if c.peek() == 'n' {
		return c.skip()
	}
	f.properties = make(map[string]property, 8)
	return c.object(func(key []byte, _ int) (bad *jsonFault) {
		if !areaProperties[string(key)] {
			return c.skip()
		}
		c.space()
		p := property{pos: c.pos, kind: '?'}
		switch ch := c.peek(); {
		case ch == '"':
			p.kind = '"'
			text, bad := c.text()
			p.text = string(text)
			f.properties[string(key)] = p
			return bad
		case ch == '-' || ch-'0' <= 9:
			p.kind = '0'
			text, bad := c.number()
			p.text = string(text)
			f.properties[string(key)] = p
			return bad
		case ch == '[':
			p.kind = '['
			bad = c.array(func(int) *jsonFault {
				if c.peek() != '"' {
					p.kind = '?'
					return c.skip()
				}
				text, bad := c.text()
				if len(p.list) <= poi.MaxSessions {
					p.list = append(p.list, string(text))
				}
				return bad
			})
		case ch == 'n':
			p.kind = 'n'
			bad = c.skip()
		default:
			bad = c.skip()
		}
		f.properties[string(key)] = p
		return bad
	})
}
