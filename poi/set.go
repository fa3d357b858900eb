package poi

// SetID names a POI set; it is also the set's display name.
type SetID string

// AllPOIs is the built-in set that holds every POI. No other set may be called
// so.
const AllPOIs SetID = "all"

// CheckSetID holds the id of a set that is being defined against the limits.
func CheckSetID(field string, id SetID) error {
	if id == AllPOIs {
		return invalidText(field, CodeReserved, string(id), "is the built-in set of every POI")
	}
	return CheckID(field, string(id))
}

// Membership says that a POI is in a set. Whether the POI exists is for whoever
// joins the two streams to find out.
type Membership struct {
	Set SetID
	POI POIID
}

// Check holds the pair against the limits of the package.
func (m *Membership) Check() error {
	if err := CheckSetID("set_id", m.Set); err != nil {
		return err
	}
	return CheckID("poi_id", string(m.POI))
}
