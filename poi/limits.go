package poi

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of the domain. They bound what a segment stores per record and
// what a lookup answers per drop; lengths are bytes of UTF-8.
const (
	MaxIDBytes    = 128 // every id, set name and adcode
	MaxNameBytes  = 512 // names, titles and reasons
	MaxKindBytes  = 64  // POI.Kind, PrizeKind
	MaxAttrs      = 64  // attributes of one POI, merchant or prize
	MaxAttrName   = 64
	MaxAttrValue  = 1024
	MaxAttrsBytes = 4096 // names and values of one record together

	MaxUnits      = 1<<53 - 1 // of a quota or budget: exact in every JSON reader
	MaxWeight     = 1_000_000 // of a prize within a task
	MaxPriority   = 1_000_000 // and -MaxPriority
	MaxTaskPrizes = 64        // prizes of one task
	MaxQuotas     = 1 << 20   // quotas of one task
	MaxSessions   = 24        // sessions of one schedule

	MaxSets      = 1 << 16
	MaxMerchants = 1 << 20
	MaxPrizes    = 1 << 20
	MaxTasks     = 1 << 20
	MaxDistricts = 1 << 17
	MaxZones     = 1 << 20
)

// Code is the stable, machine-readable reason for which a value is refused.
type Code string

// Codes of values. Readers of files add codes of their own for syntax.
const (
	CodeMissing   Code = "missing"           // required and empty or absent
	CodeTooLong   Code = "too_long"          // more bytes than the limit
	CodeTooMany   Code = "too_many"          // more items than the limit
	CodeEncoding  Code = "invalid_utf8"      // not UTF-8
	CodeControl   Code = "control_character" // Unicode category Cc
	CodeSpace     Code = "outer_space"       // an id that begins or ends with white space
	CodeReserved  Code = "reserved"          // a word that means something else ("*", "all")
	CodeNumber    Code = "not_a_number"      // NaN, infinite, or not a number at all
	CodeRange     Code = "out_of_range"      // a number or time outside its limits
	CodeFormat    Code = "bad_format"        // a time, duration, time zone, kind that does not parse
	CodeOrder     Code = "reversed"          // ends before it starts
	CodeDuplicate Code = "duplicate"         // an id or pair given before
	CodeDangling  Code = "dangling"          // refers to something that is not there
	CodeGeometry  Code = "bad_geometry"      // a shape that is not one
)

// Invalid says why a value is refused, and which field holds it.
type Invalid struct {
	Field  string // as in files and on the wire: "id", "starts_at", "quotas[3].units"
	Value  string // what the reason is about; empty where it says all
	Code   Code
	Reason string // a clause without field and value: "is empty"
}

// Error is the field followed by the clause.
func (e *Invalid) Error() string { return e.Field + " " + e.Clause() }

// Clause is the reason, for those who do not show what stands in the field.
func (e *Invalid) Clause() string {
	if e.Value == "" {
		return e.Reason
	}
	return e.Value + " " + e.Reason
}

func invalid(field string, code Code, format string, args ...any) error {
	return &Invalid{Field: field, Code: code, Reason: fmt.Sprintf(format, args...)}
}

// invalidValue is invalid with the value that the reason follows.
func invalidValue(field string, code Code, value any, format string, args ...any) error {
	return &Invalid{Field: field, Value: fmt.Sprint(value), Code: code, Reason: fmt.Sprintf(format, args...)}
}

// invalidText is invalidValue for text, which is shown in quotes.
func invalidText(field string, code Code, text, reason string) error {
	return invalidValue(field, code, strconv.Quote(text), "%s", reason)
}

// CheckID refuses ids that are empty, longer than MaxIDBytes, not UTF-8, with
// control characters, or with white space at either end.
func CheckID(field, id string) error {
	if id == "" {
		return invalid(field, CodeMissing, "is empty")
	}
	if err := CheckText(field, id, MaxIDBytes); err != nil {
		return err
	}
	first, _ := utf8.DecodeRuneInString(id)
	last, _ := utf8.DecodeLastRuneInString(id)
	if unicode.IsSpace(first) || unicode.IsSpace(last) {
		return invalid(field, CodeSpace, "begins or ends with white space")
	}
	return nil
}

// CheckText refuses text that is longer than maxBytes, not UTF-8, or has
// control characters. Empty text passes.
func CheckText(field, s string, maxBytes int) error {
	return checkText(field, s, maxBytes, "")
}

// checkText is CheckText with some control characters allowed.
func checkText(field, s string, maxBytes int, allowed string) error {
	if len(s) > maxBytes {
		return invalid(field, CodeTooLong, "has %d bytes, more than %d", len(s), maxBytes)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return checkRunes(field, s, allowed)
		}
	}
	return nil
}

func checkRunes(field, s, allowed string) error {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size <= 1 {
				return invalid(field, CodeEncoding, "is not UTF-8 at byte %d (0x%02x)", i+1, s[i])
			}
		}
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			return invalid(field, CodeControl, "has the control character %U at byte %d", r, i+1)
		}
	}
	return nil
}

func checkKind(field, s string) error {
	if len(s) > MaxKindBytes {
		return invalid(field, CodeTooLong, "has %d bytes, more than %d", len(s), MaxKindBytes)
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return invalidText(field, CodeFormat, s, "is not lower-case letters, digits, _ and -")
		}
	}
	return nil
}
