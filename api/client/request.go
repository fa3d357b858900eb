package client

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// Sort is the order of the drops in an answer.
type Sort string

// The orders.
const (
	ByDistance Sort = "distance" // nearest first, the default
	ByIndex    Sort = "index"    // from cell to cell
)

// Viewer is whose eyes an answer is for.
type Viewer string

// The viewers. All but players need an operator's token.
const (
	AsPlayer   Viewer = "player"
	AsTester   Viewer = "tester"   // also sees what will open
	AsOperator Viewer = "operator" // sees tasks in every state
)

// Request is what is asked of Lookup and LookupCached. Only Lat and Lng are
// required.
type Request struct {
	Lat     coord.Lat
	Lng     coord.Lng
	CRS     coord.CRS // datum of Lat and Lng; default WGS-84
	Limit   int       // drops at most; 0 for what the node says
	Sort    Sort
	Kinds   []poi.PrizeKind // only tasks with a prize of one of these
	User    string          // who asks
	At      time.Time       // time of the answer; for operators
	Preview bool            // tasks in every state; for operators
	Release string          // id of a release that the node has beside the one it serves; for operators
	As      Viewer          // whose eyes the answer is for; default: a player's
}

// body is the JSON of the request.
func (r *Request) body() ([]byte, error) {
	return json.Marshal(struct {
		Lat     coord.Lat       `json:"lat"`
		Lng     coord.Lng       `json:"lng"`
		CRS     string          `json:"crs,omitempty"`
		Limit   int             `json:"limit,omitempty"`
		Sort    Sort            `json:"sort,omitempty"`
		Kinds   []poi.PrizeKind `json:"kinds,omitempty"`
		User    string          `json:"user,omitempty"`
		At      time.Time       `json:"at,omitzero"`
		Preview bool            `json:"preview,omitempty"`
		Release string          `json:"release,omitempty"`
		As      Viewer          `json:"as,omitempty"`
	}{r.Lat, r.Lng, r.datum(), r.Limit, r.Sort, r.Kinds, r.User, r.At, r.Preview, r.Release, r.As})
}

// query is the request as parameters of GET.
func (r *Request) query() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("lat", degrees(float64(r.Lat)))
	set("lng", degrees(float64(r.Lng)))
	set("crs", r.datum())
	set("sort", string(r.Sort))
	set("user", r.User)
	set("release", r.Release)
	set("as", string(r.As))
	if r.Limit != 0 {
		set("limit", strconv.Itoa(r.Limit))
	}
	if len(r.Kinds) > 0 {
		kinds := make([]string, len(r.Kinds))
		for i, kind := range r.Kinds {
			kinds[i] = string(kind)
		}
		set("kinds", strings.Join(kinds, ","))
	}
	if !r.At.IsZero() {
		set("at", r.At.Format(time.RFC3339Nano))
	}
	if r.Preview {
		set("preview", "true")
	}
	return q.Encode()
}

func (r *Request) datum() string {
	if r.CRS == coord.CRSWGS84 {
		return ""
	}
	return r.CRS.String()
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
