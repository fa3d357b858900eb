package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"geodrop/poi"
)

// nameRules are about text that people will see.
func nameRules() []*Rule {
	const group = "Names and text"
	return []*Rule{
		{
			ID: "text-control", Group: group, Severity: Error,
			Reason: "a text has control characters or is not UTF-8",
			Fix:    "Delete the character; save the file as UTF-8.",
			Doc:    "Control characters break terminals, logs and cards of the map; bytes that are no UTF-8 break readers. The row is left out.",
			Claims: byCode(poi.CodeControl, poi.CodeEncoding),
		},
		{
			ID: "name-empty", Group: group, Severity: Note,
			Reason: "a place, task, prize, merchant or district has no name",
			Fix:    "Give it the name that players are to read.",
			Doc:    "It is shown without a name. Open data often has nameless stations and parking places: fine for a map, poor on a card.",
			Start:  onNames(emptyName),
		},
		{
			ID: "name-long", Group: group, Severity: Warning,
			Reason: "a name is too long for a card",
			Fix:    "Shorten it; a description belongs into an attribute.",
			Doc: fmt.Sprintf("Cards of the map have room for %d characters. Beyond %d bytes the row is left out, and that is an error of bad-value.",
				maxNameRunes, poi.MaxNameBytes),
			Start: onNames(longName),
		},
		{
			ID: "text-bidi", Group: group, Severity: Warning,
			Reason: "a name has invisible characters or such that turn text around",
			Fix:    "Delete the character that the finding names.",
			Doc: "Marks of direction, overrides and zero-width characters make a name look like another one, " +
				"in a review as well as on the map. Names in Arabic or Hebrew need none of them.",
			Start: onNames(invisible),
		},
		{
			ID: "text-formula", Group: group, Severity: Warning,
			Reason: "a name is a formula for a spreadsheet",
			Fix:    "Begin the name with another character.",
			Doc: "Names end up in exports that people open with a spreadsheet, which runs what begins with =, @, + or - " +
				"as a formula. geodrop takes it as text; the next program may not.",
			Start: onNames(formula),
		},
	}
}

// onNames is the start of a rule that looks at every name that players read.
func onNames(look func(name string) (message string, bad bool)) func(*View, Emit) Check {
	return func(_ *View, emit Emit) Check {
		named := func(at poi.Place, object, name string) {
			if message, bad := look(name); bad {
				emit(Finding{At: at, Object: object, Value: clip(name), Message: message})
			}
		}
		return Check{
			Config: func(c *poi.Config) { configNames(c, named) },
			District: func(d *poi.District) {
				named(record(poi.TableDistricts, string(d.Adcode), "name"), "district "+string(d.Adcode), d.Name)
			},
			Zone: func(z *poi.Zone) {
				if z.Name != "" { // the reason is enough
					named(record(poi.TableZones, string(z.ID), "name"), "zone "+string(z.ID), z.Name)
				}
			},
			POI: func(p *POI) {
				if message, bad := look(p.Name); bad {
					at := p.At
					at.Field = "name"
					emit(Finding{At: at, Object: "POI " + string(p.ID), Value: clip(p.Name), Message: message})
				}
			},
		}
	}
}

func configNames(c *poi.Config, named func(at poi.Place, object, name string)) {
	for i := range c.Merchants {
		m := &c.Merchants[i]
		named(record(poi.TableMerchants, string(m.ID), "name"), "merchant "+string(m.ID), m.Name)
	}
	for i := range c.Prizes {
		p := &c.Prizes[i]
		named(record(poi.TablePrizes, string(p.ID), "name"), "prize "+string(p.ID), p.Name)
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		named(taskPlace(t, "title"), "task "+string(t.ID), t.Title)
	}
}

// maxNameRunes is what a card has room for, in three lines.
const maxNameRunes = 120

func emptyName(name string) (string, bool) {
	return "has no name", strings.TrimSpace(name) == ""
}

func longName(name string) (string, bool) {
	if len(name) <= maxNameRunes {
		return "", false
	}
	n := utf8.RuneCountInString(name)
	return fmt.Sprintf("has a name of %d characters, more than %d", n, maxNameRunes), n > maxNameRunes
}

func invisible(name string) (string, bool) {
	for i := 0; i < len(name); i++ {
		if name[i] >= utf8.RuneSelf {
			return invisibleRune(name)
		}
	}
	return "", false
}

func invisibleRune(name string) (string, bool) {
	for i, r := range name {
		switch {
		case r == 0x061c, r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return fmt.Sprintf("has the mark of direction %U at byte %d", r, i+1), true
		case r == 0x200b, r == 0x2060, r == 0xfeff, r == 0x00ad, r == 0x2028, r == 0x2029, r >= 0xe0000 && r <= 0xe007f:
			return fmt.Sprintf("has the invisible character %U at byte %d", r, i+1), true
		}
	}
	return "", false
}

func formula(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	rest := name[1:]
	switch name[0] {
	case '=', '@':
		return fmt.Sprintf("has a name that begins with %q: a spreadsheet takes it for a formula", name[0]), rest != ""
	case '+', '-':
		return fmt.Sprintf("has a name that begins with %q and calls something: a spreadsheet takes it for a formula", name[0]),
			strings.ContainsAny(rest, "(|!")
	}
	return "", false
}

// maxValue bounds what a finding shows of a value, in bytes.
const maxValue = 80

func clip(s string) string {
	if len(s) <= maxValue {
		return s
	}
	cut := maxValue - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
