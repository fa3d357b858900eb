package api

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"geodrop/api/query"
)

// AppendAnswer appends the JSON of an answer, byte for byte as encoding/json
// has it: '<', '>' and '&' are escaped, so that the text is safe inside HTML,
// and invalid UTF-8 becomes U+FFFD.
//
// It is written by hand since reflection costs more than the lookup; a property
// test holds it against encoding/json.
func AppendAnswer(b []byte, a *Answer) []byte {
	b = appendString(append(b, `{"release":`...), a.Release)
	b = appendString(append(b, `,"cell":`...), a.Cell.String())
	b = append(b, `,"district":`...)
	if a.District == nil {
		b = append(b, "null"...)
	} else {
		b = appendString(append(b, `{"id":`...), a.District.ID)
		b = appendString(append(b, `,"name":`...), a.District.Name)
		b = append(b, '}')
	}
	b = append(b, `,"drops":`...)
	b = appendList(b, a.Drops, appendDrop)
	b = append(b, `,"tasks":`...)
	b = appendList(b, a.Tasks, AppendTask)
	b = append(b, `,"remaining":`...)
	b = appendList(b, a.Remaining, appendRemaining)
	b = appendOptionalTime(b, `,"as_of":`, a.AsOf)
	b = strconv.AppendBool(append(b, `,"stale":`...), a.Stale)
	b = strconv.AppendBool(append(b, `,"truncated":`...), a.Truncated)
	b = appendOptionalTime(b, `,"next_change":`, a.NextChange)
	b = appendInt(append(b, `,"next_poll_ms":`...), a.NextPollMS)
	return append(b, '}')
}

func appendList[T any](b []byte, list []T, item func([]byte, *T) []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = item(b, &list[i])
	}
	return append(b, ']')
}

func appendDrop(b []byte, d *query.Drop) []byte {
	b = appendString(append(b, `{"poi":`...), d.POI)
	b = appendString(append(b, `,"name":`...), d.Name)
	b = appendOptional(b, `,"kind":`, d.Kind)
	b = appendFloat(append(b, `,"lat":`...), float64(d.Lat))
	b = appendFloat(append(b, `,"lng":`...), float64(d.Lng))
	b = appendInt(append(b, `,"distance_m":`...), int64(d.Distance))
	b = appendOptional(b, `,"district":`, d.District)
	b = append(b, `,"tasks":`...)
	b = appendList(b, d.Tasks, appendItem)
	return append(b, '}')
}

// AppendTask appends the JSON of a task.
func AppendTask(b []byte, t *query.Task) []byte {
	b = appendString(append(b, `{"id":`...), t.ID)
	b = appendString(append(b, `,"title":`...), t.Title)
	b = appendString(append(b, `,"merchant":`...), t.Merchant)
	b = appendString(append(b, `,"state":`...), t.State)
	b = appendTime(append(b, `,"starts_at":`...), t.StartsAt)
	b = appendTime(append(b, `,"ends_at":`...), t.EndsAt)
	b = appendOptionalTime(b, `,"opens_at":`, t.OpensAt)
	b = appendOptionalTime(b, `,"closes_at":`, t.ClosesAt)
	b = appendFloat(append(b, `,"claim_radius_m":`...), float64(t.ClaimRadius))
	b = append(b, `,"prizes":`...)
	b = appendList(b, t.Prizes, appendItem)
	return append(b, '}')
}

func appendRemaining(b []byte, r *Remaining) []byte {
	b = appendString(append(b, `{"district":`...), r.District)
	b = appendString(append(b, `,"task":`...), r.Task)
	b = appendString(append(b, `,"prize":`...), r.Prize)
	b = strconv.AppendUint(append(b, `,"quota":`...), r.Quota, 10)
	b = strconv.AppendUint(append(b, `,"remaining":`...), r.Remaining, 10)
	return append(b, '}')
}

func appendItem[T ~string](b []byte, s *T) []byte { return appendString(b, *s) }

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendOptional appends what encoding/json omits when empty.
func appendOptional[T ~string | ~[]byte](b []byte, key string, s T) []byte {
	if len(s) == 0 {
		return b
	}
	return appendString(append(b, key...), s)
}

func appendOptionalTime(b []byte, key string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendTime(append(b, key...), t)
}

// appendTime writes RFC 3339; the times of an answer are of the years 1…9999.
func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendFloat writes a finite number in the fewest digits that read back as it.
//
// Coordinates are whole numbers of 1e-7 degrees. Such a number has at most ten
// digits, so that it is itself the shortest text of the nearest float64, and
// dividing an int is many times faster than searching that text.
func appendFloat(b []byte, f float64) []byte {
	const unit, units = 1e7, 10_000_000
	n := math.Round(f * unit)
	if abs := math.Abs(n); abs < 10 || abs > 1e15 || n/unit != f {
		return appendAnyFloat(b, f)
	}
	e7 := int64(n)
	if e7 < 0 {
		b, e7 = append(b, '-'), -e7
	}
	b = strconv.AppendInt(b, e7/units, 10)
	fraction := uint32(e7 % units)
	if fraction == 0 {
		return b
	}
	var digits [7]byte
	last := 0 // digit that is not 0
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = '0' + byte(fraction%10)
		if digits[i] != '0' && last == 0 {
			last = i
		}
		fraction /= 10
	}
	return append(append(b, '.'), digits[:last+1]...)
}

// appendAnyFloat formats as encoding/json does (ES6: exponents from 1e-7 and
// 1e21 on, without a leading zero).
func appendAnyFloat(b []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, f, format, -1, 64)
	if n := len(b); format == 'e' && n >= 4 && b[n-4] == 'e' && (b[n-3] == '-' || b[n-3] == '+') && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// plain are the bytes that a JSON string has as they are.
var plain = plainBytes()

func plainBytes() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}

func appendString[T ~string | ~[]byte](b []byte, s T) []byte {
	b = append(b, '"')
	i := 0
	for i < len(s) && plain[s[i]] {
		i++
	}
	b = append(b, s[:i]...)
	if i < len(s) {
		b = appendEscaped(b, string(s[i:]))
	}
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

// appendEscaped goes on with a string from its first byte that is not plain.
func appendEscaped(b []byte, s string) []byte {
	first := 0 // of what is not copied yet
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		if s[i] < utf8.RuneSelf {
			b = appendEscape(append(b, s[first:i]...), s[i])
			i++
			first = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[first:i]...), `\ufffd`...)
			first = i + size
		case r == '\u2028' || r == '\u2029': // ends a line in JavaScript
			b = append(append(b, s[first:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			first = i + size
		}
		i += size
	}
	return append(b, s[first:]...)
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
