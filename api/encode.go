package api

import (
	"strconv"
	"time"

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
	b = a.Cell.Append(append(b, `,"cell":"`...)) // which has nothing to escape
	b = append(b, `","district":`...)
	if a.District == nil {
		b = append(b, "null"...)
	} else {
		b = appendString(append(b, `{"id":`...), a.District.ID)
		b = appendString(append(b, `,"name":`...), a.District.Name)
		b = append(b, '}')
	}
	b = appendDrops(append(b, `,"drops":`...), a.Drops)
	b = append(b, `,"tasks":`...)
	b = appendList(b, a.Tasks, appendSharedTask)
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

// keptTails is how many different ends of drops are remembered: those around a
// position are of a few districts and campaigns.
const keptTails = 4

// tail is where the end of a drop, its district and its tasks, was written.
type tail struct {
	drop     *query.Drop
	from, to int
}

// appendDrops copies the end of a drop from one that has the same.
func appendDrops(b []byte, drops []query.Drop) []byte {
	if drops == nil {
		return append(b, "null"...)
	}
	var tails [keptTails]tail
	b, known := append(b, '['), 0
	for i := range drops {
		d := &drops[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPlace(b, d)
		n := min(known, keptTails)
		for n--; n >= 0 && !sameTail(tails[n].drop, d); n-- {
		}
		if n >= 0 {
			b = append(b, b[tails[n].from:tails[n].to]...)
			continue
		}
		from := len(b)
		b = appendTail(b, d)
		tails[known%keptTails] = tail{d, from, len(b)}
		known++
	}
	return append(b, ']')
}

// sameTail goes by where the tasks are in memory: drops of one lookup that have
// the same ones share them.
func sameTail(a, b *query.Drop) bool {
	return len(a.Tasks) > 0 && len(a.Tasks) == len(b.Tasks) && &a.Tasks[0] == &b.Tasks[0] && a.District == b.District
}

// appendPlace appends a drop without its tail.
func appendPlace(b []byte, d *query.Drop) []byte {
	b = appendString(append(b, `{"poi":`...), d.POI)
	b = appendString(append(b, `,"name":`...), d.Name)
	b = appendOptional(b, `,"kind":`, d.Kind)
	b = appendFloat(append(b, `,"lat":`...), float64(d.Lat))
	b = appendFloat(append(b, `,"lng":`...), float64(d.Lng))
	return appendInt(append(b, `,"distance_m":`...), int64(d.Distance))
}

func appendTail(b []byte, d *query.Drop) []byte {
	b = appendOptional(b, `,"district":`, d.District)
	b = append(b, `,"tasks":`...)
	b = appendList(b, d.Tasks, appendItem)
	return append(b, '}')
}

// appendSharedTask appends a task from what was made of it for an answer before,
// if there was one.
func appendSharedTask(b []byte, t *query.Task) []byte {
	if t.Shared == nil {
		return AppendTask(b, t)
	}
	if kept := t.Shared.Load(); kept != nil {
		return append(b, kept...)
	}
	first := len(b)
	b = AppendTask(b, t)
	t.Shared.Keep(b[first:])
	return b
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
