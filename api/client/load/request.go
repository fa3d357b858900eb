package load

import (
	"net/url"
	"strconv"
	"strings"

	"geodrop/grid/coord"
)

// requestForm is all of a request but the position.
type requestForm struct {
	get       bool
	head      string // to the length of the body, or to the value of lat
	afterHead string
	limit     string
}

func newRequestForm(target *url.URL, o *Options) requestForm {
	path := strings.TrimSuffix(target.EscapedPath(), "/") + "/v1/lookup"
	fields := " HTTP/1.1\r\nHost: " + target.Host + "\r\nUser-Agent: geodrop-load\r\nAccept: application/json\r\n"
	f := requestForm{get: o.Get}
	if o.Get {
		f.head, f.afterHead = "GET "+path+"?lat=", fields+"\r\n"
		if o.Limit > 0 {
			f.limit = "&limit=" + strconv.Itoa(o.Limit)
		}
		return f
	}
	f.head = "POST " + path + fields + "Content-Type: application/json\r\nContent-Length: "
	f.afterHead = "\r\n\r\n"
	if o.Limit > 0 {
		f.limit = `,"limit":` + strconv.Itoa(o.Limit)
	}
	return f
}

// append appends the request for a position.
func (f *requestForm) append(b []byte, at coord.WGS84) []byte {
	b = append(b, f.head...)
	if f.get {
		b = append(appendDegrees(b, float64(at.Lat)), "&lng="...)
		b = append(appendDegrees(b, float64(at.Lng)), f.limit...)
		return append(b, f.afterHead...)
	}
	var space [96]byte
	body := append(space[:0], `{"lat":`...)
	body = append(appendDegrees(body, float64(at.Lat)), `,"lng":`...)
	body = append(appendDegrees(body, float64(at.Lng)), f.limit...)
	body = append(body, '}')
	b = strconv.AppendInt(b, int64(len(body)), 10)
	return append(append(b, f.afterHead...), body...)
}

// appendDegrees writes as much of a coordinate as phones send, some 10 cm.
func appendDegrees(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'f', 6, 64) }
