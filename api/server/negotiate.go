package server

import (
	"mime"
	"strings"

	"geodrop/api"
)

// checkBodyType refuses a body that says it is no JSON, or compressed. A body
// that says nothing is taken for JSON.
func (x *exchange) checkBodyType() error {
	if encoding := x.r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return api.NewProblem(api.CodeMediaType, "", "the body is compressed; send it as it is")
	}
	value := x.r.Header.Get("Content-Type")
	if value == "" || value == jsonType[0] {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(value)
	charset, given := parameters["charset"]
	if err != nil || media != jsonType[0] || given && !strings.EqualFold(charset, "utf-8") {
		return api.NewProblem(api.CodeMediaType, "", "send the body as application/json")
	}
	return nil
}

// checkAccept refuses a request that takes no JSON.
func (x *exchange) checkAccept() error {
	accept := x.r.Header.Values("Accept")
	if len(accept) == 0 {
		return nil
	}
	for _, value := range accept {
		for media := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(media, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "", "*/*", "application/*", "application/json":
				return nil
			}
		}
	}
	return api.NewProblem(api.CodeNotAcceptable, "", "the answer is application/json, which Accept leaves out")
}
