package poi

import (
	"strings"
	"testing"
	"time"

	"geodrop/grid/coord"
)

func TestCheckID(t *testing.T) {
	tests := []struct {
		in   string
		want string
	}{
		{"tfl-1", ""},
		{"北京/1 号", ""},
		{strings.Repeat("x", MaxIDBytes), ""},
		{"", "id is empty"},
		{strings.Repeat("x", MaxIDBytes+1), "id has 129 bytes, more than 128"},
		{" a", "id begins or ends with white space"},
		{"a\u3000", "id begins or ends with white space"},
		{"a\tb", "id has the control character U+0009 at byte 2"},
		{"é\u0085b", "id has the control character U+0085 at byte 3"},
		{"a\x7f", "id has the control character U+007F at byte 2"},
		{"ab\xff", "id is not UTF-8 at byte 3 (0xff)"},
		{"\xed\xa0\x80", "id is not UTF-8 at byte 1 (0xed)"},
		{"a\ufffdb", ""}, // the replacement character itself is a character
	}
	for _, tt := range tests {
		got := ""
		if err := CheckID("id", tt.in); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("CheckID(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestRecordChecks(t *testing.T) {
	long := strings.Repeat("x", MaxNameBytes+1)
	attr := Attr{Name: "area", Value: "Soho"}
	big := Attr{Name: "note", Value: strings.Repeat("x", MaxAttrValue)}
	always := Schedule{}
	tests := []struct {
		name  string
		check func() error
		field string
		code  Code
	}{
		{"poi", (&POI{ID: "a", Name: "", Pos: coord.E7{Lat: coord.MaxLatE7, Lng: -coord.MaxLngE7}, Attrs: []Attr{attr}}).Check, "", ""},
		{"poi id", (&POI{}).Check, "id", CodeMissing},
		{"poi name", (&POI{ID: "a", Name: long}).Check, "name", CodeTooLong},
		{"poi kind", (&POI{ID: "a", Kind: "\x01"}).Check, "kind", CodeControl},
		{"poi position", (&POI{ID: "a", Pos: coord.E7{Lat: coord.MaxLatE7 + 1}}).Check, "lat, lng", CodeRange},
		{"many attributes", (&POI{ID: "a", Attrs: make([]Attr, MaxAttrs+1)}).Check, "attributes", CodeTooMany},
		{"attribute name", (&POI{ID: "a", Attrs: []Attr{{}}}).Check, "attribute 1", CodeMissing},
		{"attribute of two lines", (&POI{ID: "a", Attrs: []Attr{{"area", "a\n\tb"}}}).Check, "", ""},
		{"attribute value", (&POI{ID: "a", Attrs: []Attr{{"area", big.Value + "x"}}}).Check, "area", CodeTooLong},
		{"attributes together", (&POI{ID: "a", Attrs: []Attr{big, big, big, big}}).Check, "attributes", CodeTooLong},

		{"membership", (&Membership{Set: "parks", POI: "a"}).Check, "", ""},
		{"built-in set", (&Membership{Set: AllPOIs, POI: "a"}).Check, "set_id", CodeReserved},
		{"membership of nothing", (&Membership{Set: "parks"}).Check, "poi_id", CodeMissing},

		{"merchant", (&Merchant{ID: "m"}).Check, "", ""},
		{"merchant id", (&Merchant{}).Check, "id", CodeMissing},
		{"merchant name", (&Merchant{ID: "m", Name: long}).Check, "name", CodeTooLong},

		{"prize", (&Prize{ID: "p", Kind: Cash, Merchant: "m", Value: 188, Currency: "CNY", Units: 5}).Check, "", ""},
		{"prize kind", (&Prize{ID: "p", Merchant: "m"}).Check, "kind", CodeMissing},
		{"prize kind in capitals", (&Prize{ID: "p", Kind: "Cash", Merchant: "m"}).Check, "kind", CodeFormat},
		{"prize merchant", (&Prize{ID: "p", Kind: Cash}).Check, "merchant", CodeMissing},
		{"value without currency", (&Prize{ID: "p", Kind: Cash, Merchant: "m", Value: 1}).Check, "currency", CodeMissing},
		{"currency", (&Prize{ID: "p", Kind: Cash, Merchant: "m", Currency: "cny"}).Check, "currency", CodeFormat},
		{"value", (&Prize{ID: "p", Kind: Cash, Merchant: "m", Value: MaxUnits + 1, Currency: "CNY"}).Check, "value", CodeRange},
		{"units", (&Prize{ID: "p", Kind: Cash, Merchant: "m", Units: 1 << 63}).Check, "units", CodeRange},

		{"district", (&District{Adcode: "110101", Parent: "110000"}).Check, "", ""},
		{"any district", (&District{Adcode: AnyDistrict}).Check, "adcode", CodeReserved},
		{"district parent", (&District{Adcode: "1", Parent: "a\n"}).Check, "parent", CodeControl},

		{"zone", (&Zone{ID: "z", Reason: "school", When: always}).Check, "", ""},
		{"zone without reason", (&Zone{ID: "z"}).Check, "reason", CodeMissing},
		{"zone with session", (&Zone{ID: "z", Reason: "school", When: Schedule{Sessions: []Session{{}}}}).Check, "sessions[0]", CodeRange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expectInvalid(t, tt.check(), tt.field, tt.code) })
	}
}

func TestZoneTimes(t *testing.T) {
	zone := Zone{When: mustSchedule(t, "Europe/London", "", "", "Mon-Fri 08:00-16:00")}
	if zone.Always() || !(&Zone{}).Always() {
		t.Error("a zone is always active exactly when it has no times")
	}
	for at, want := range map[string]bool{
		"2027-06-04T07:00:00Z": true,  // Friday 08:00 BST
		"2027-06-04T15:00:00Z": false, // Friday 16:00 BST
		"2027-06-05T09:00:00Z": false, // Saturday
	} {
		if got := zone.ActiveAt(mustTime(t, at)); got != want {
			t.Errorf("ActiveAt(%s) = %v, want %v", at, got, want)
		}
	}
	if !(&Zone{}).ActiveAt(time.Time{}) {
		t.Error("a zone without times is inactive")
	}
}
