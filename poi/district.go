package poi

import "geodrop/grid"

// Adcode names a district: six digits in China, a FIPS code in the US, a GSS
// code in Britain.
type Adcode string

// AnyDistrict in a quota is every district that has no quota of its own for
// that prize, and every place outside all districts.
const AnyDistrict Adcode = "*"

// District is a county-level administrative area.
type District struct {
	Adcode Adcode
	Name   string
	Parent Adcode // the area one level up, for roll-ups; may be empty
	Shape  grid.Shape
}

// Check holds the names of the district against the limits of the package; the
// shape is for package grid to judge.
func (d *District) Check() error {
	if err := checkAdcode("adcode", d.Adcode); err != nil {
		return err
	}
	if err := CheckText("name", d.Name, MaxNameBytes); err != nil {
		return err
	}
	if d.Parent == "" {
		return nil
	}
	return checkAdcode("parent", d.Parent)
}

func checkAdcode(field string, a Adcode) error {
	if a == AnyDistrict {
		return invalidText(field, CodeReserved, string(a), "means any district")
	}
	return CheckID(field, string(a))
}
