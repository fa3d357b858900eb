package server

import (
	"mime"
	"strconv"
	"strings"

	"geodrop/api"
)

// Media types of answers, as header values that all answers share. Nobody
// appends to them.
var (
	jsonType     = []string{"application/json"}
	messageType  = []string{"application/x-protobuf"}
	tileType     = []string{"application/vnd.mapbox-vector-tile"}
	protoType    = []string{"text/plain; charset=utf-8"}
	problemType  = []string{"application/problem+json"}
	acceptMedia  = []string{"Accept"}
	acceptCoding = []string{"Accept-Encoding"}
)

// checkBodyType refuses a body that says it is none of the media types that are
// taken, or compressed, and notes which it is. A body that says nothing is taken
// for JSON.
func (x *exchange) checkBodyType() error {
	x.sent = jsonType
	if encoding := x.r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return api.NewProblem(api.CodeMediaType, "", "the body is compressed; send it as it is")
	}
	value := x.r.Header.Get("Content-Type")
	if value == "" || value == jsonType[0] {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(value)
	charset, given := parameters["charset"]
	switch {
	case err == nil && media == messageType[0]:
		x.sent = messageType
		return nil
	case err != nil || media != jsonType[0] || given && !strings.EqualFold(charset, "utf-8"):
		return api.NewProblem(api.CodeMediaType, "", "send the body as application/json or application/x-protobuf")
	}
	return nil
}

// checkAccept refuses a request that takes none of the media types that the
// route answers, and notes which is wanted: the one with the highest quality; of
// equal ones the first that Accept names itself, and else the first. The order
// within Accept says nothing.
func (x *exchange) checkAccept(types ...[]string) error {
	accept := x.r.Header.Values("Accept")
	best := quality{}
	for i, t := range types {
		if q := qualityOf(accept, t[0]); q.above(best) || i == 0 {
			best, x.wanted = q, t
		}
	}
	if best.thousandths > 0 {
		return nil
	}
	var names []string
	for _, t := range types {
		names = append(names, t[0])
	}
	return api.NewProblem(api.CodeNotAcceptable, "", "the answer is %s, which Accept leaves out", strings.Join(names, " or "))
}

// quality is how much a media type is wanted, and how exactly that was said.
type quality struct {
	thousandths int
	exactness   int // 1: any type, 2: any subtype, 3: the type itself
}

func (q quality) above(r quality) bool {
	return q.thousandths > r.thousandths || q.thousandths == r.thousandths && q.exactness == 3 && r.exactness < 3 && q.thousandths > 0
}

// qualityOf is what Accept says of a media type: the range that names it most
// exactly decides (RFC 9110, 12.5.1). Accept that says nothing takes all.
func qualityOf(accept []string, media string) quality {
	var best quality
	said := false
	for _, header := range accept {
		for item := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(item, ";")
			name = strings.TrimSpace(name)
			said = said || name != ""
			if exactness := exactnessOf(name, media); exactness > best.exactness {
				best = quality{weight(parameters), exactness}
			}
		}
	}
	if !said {
		return quality{1000, 1}
	}
	return best
}

// exactnessOf is how exactly a range names a media type; 0 if not at all.
func exactnessOf(name, media string) int {
	kind, _, _ := strings.Cut(media, "/")
	switch {
	case strings.EqualFold(name, media):
		return 3
	case len(name) == len(kind)+len("/*") && strings.EqualFold(name[:len(kind)], kind) && name[len(kind):] == "/*":
		return 2
	case name == "*/*":
		return 1
	}
	return 0
}

// weight is q of the parameters in thousandths. What is no number within 0…1 is
// taken for 1, as if it were not there.
func weight(parameters string) int {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
			return int(q * 1000)
		}
	}
	return 1000
}

// takesGzip reports whether the answer may be compressed: Accept-Encoding has to
// say so.
func (x *exchange) takesGzip() bool {
	all, named := 0, -1
	for _, header := range x.r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(item, ";")
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				named = weight(parameters)
			case name == "*":
				all = weight(parameters)
			}
		}
	}
	return named > 0 || named < 0 && all > 0
}
