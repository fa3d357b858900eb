package query

import (
	"errors"
	"fmt"
	"time"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// The limits of a request.
const (
	DefaultLimit = 200
	MaxLimit     = 1000
	MaxKinds     = 64
)

// ErrRequest marks a request that no release can answer, other than one for a
// position that is none: that is coord.ErrRange.
var ErrRequest = errors.New("invalid request")

// Sort is the order of the drops in an answer. It never decides which drops are
// in it.
type Sort uint8

const (
	ByDistance Sort = iota // nearest first, equally near ones by the bytes of the POI's id
	ByIndex                // as the index has them: from cell to cell
)

// Request is what a lookup asks. The zero value of all but Pos is the usual one.
type Request struct {
	Pos   coord.WGS84
	Limit int // of drops, the nearest are kept; 0 is DefaultLimit
	Sort  Sort
	Kinds []poi.PrizeKind // only tasks that have a prize of one of them; none: all tasks
	At    time.Time       // zero is now
	// All shows every task, not only those that are active, or upcoming within
	// their preview. It is for operators. An active zone hides its drops even
	// so.
	All bool
	// Soon shows tasks that will open as well, however far ahead: upcoming ones,
	// and those between sessions. It is for testers, who walk the map before the
	// event. All shows them too.
	Soon bool
}

// viewer is who asks.
type viewer uint8

const (
	player viewer = iota
	tester
	operator
	viewers
)

func (r *Request) viewer() viewer {
	switch {
	case r.All:
		return operator
	case r.Soon:
		return tester
	}
	return player
}

// check names the wrong coordinate but never its value: where people are stays
// out of errors, which get logged.
func (r *Request) check() error {
	switch {
	case !(r.Pos.Lat >= -90 && r.Pos.Lat <= 90): // written so that NaN fails
		return fmt.Errorf("%w: lat is not within -90…90 degrees", coord.ErrRange)
	case !(r.Pos.Lng >= -180 && r.Pos.Lng <= 180):
		return fmt.Errorf("%w: lng is not within -180…180 degrees", coord.ErrRange)
	case r.Limit < 0 || r.Limit > MaxLimit:
		return fmt.Errorf("%w: limit %d is not within 1…%d", ErrRequest, r.Limit, MaxLimit)
	case r.Sort > ByIndex:
		return fmt.Errorf("%w: sort %d is none", ErrRequest, r.Sort)
	case len(r.Kinds) > MaxKinds:
		return fmt.Errorf("%w: %d kinds, more than %d", ErrRequest, len(r.Kinds), MaxKinds)
	}
	if year := r.At.UTC().Year(); year < 1 || year > 9999 { // those of RFC 3339
		return fmt.Errorf("%w: at is in the year %d, outside 1…9999", ErrRequest, year)
	}
	return nil
}

func (r *Request) limit() int {
	if r.Limit == 0 {
		return DefaultLimit
	}
	return r.Limit
}
