package poi

import (
	"strconv"

	"geodrop/grid/coord"
)

// POIID names a POI; unique within a config.
type POIID string

// POI is a place where something may be dropped.
type POI struct {
	ID    POIID
	Name  string // may be empty
	Pos   coord.E7
	Kind  string // free-form word such as "cafe"; may be empty
	Attrs []Attr // in the order of the source; empty values are left out
}

// Attr is an attribute that geodrop carries and does not interpret.
type Attr struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Check holds the POI against the limits of the package.
func (p *POI) Check() error {
	if err := CheckID("id", string(p.ID)); err != nil {
		return err
	}
	if err := CheckText("name", p.Name, MaxNameBytes); err != nil {
		return err
	}
	if err := CheckText("kind", p.Kind, MaxKindBytes); err != nil {
		return err
	}
	if !p.Pos.Valid() {
		return invalid("lat, lng", CodeRange, "are not a position: %d, %d (1e-7 degrees)", p.Pos.Lat, p.Pos.Lng)
	}
	return CheckAttrs(p.Attrs)
}

// CheckAttrs holds the attributes of one record against the limits. Values may
// have tabs and line feeds, since descriptions run over lines. The field of the
// error is the attribute's name.
func CheckAttrs(attrs []Attr) error {
	if len(attrs) > MaxAttrs {
		return invalid("attributes", CodeTooMany, "are %d, more than %d", len(attrs), MaxAttrs)
	}
	total := 0
	for i := range attrs {
		a := &attrs[i]
		if err := CheckAttrName("attribute "+strconv.Itoa(i+1), a.Name); err != nil {
			return err
		}
		if err := checkText(a.Name, a.Value, MaxAttrValue, "\t\n"); err != nil {
			return err
		}
		total += len(a.Name) + len(a.Value)
	}
	if total > MaxAttrsBytes {
		return invalid("attributes", CodeTooLong, "have %d bytes together, more than %d", total, MaxAttrsBytes)
	}
	return nil
}

// CheckAttrName holds an attribute's name, a column's heading for instance,
// against the limits.
func CheckAttrName(field, name string) error {
	if name == "" {
		return invalid(field, CodeMissing, "has no name")
	}
	return CheckText(field, name, MaxAttrName)
}
