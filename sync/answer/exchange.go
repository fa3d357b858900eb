package answer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"geodrop/sync/longpoll"
	"geodrop/sync/manifest"
)

// Exchange is one request and its answer.
type Exchange struct {
	W *Reply
	R *http.Request
}

// errSend marks an answer that did not arrive: there is nobody to tell.
var errSend = errors.New("the answer was not taken")

func sendError(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errSend, err)
}

// Deadline gives the answer so much time from now. A server that cannot set it
// has its own.
func (x *Exchange) Deadline(after time.Duration) {
	_ = http.NewResponseController(x.W.ResponseWriter).SetWriteDeadline(time.Now().Add(after))
}

// Applied says that a wait was granted, as RFC 7240 has it.
func (x *Exchange) Applied(wait time.Duration) {
	x.W.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
}

// SendPointer sends the pointer of a channel with the signatures behind it, or 304
// to who knows it; without a body the channel has no release, for the reason that
// is given.
func (x *Exchange) SendPointer(body []byte, etag, reason string) error {
	if body == nil {
		return &Problem{Status: http.StatusNotFound, Code: "no_release", Detail: reason, Retry: true}
	}
	h := x.W.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Prefer")
	if longpoll.Matches(x.R.Header.Get("If-None-Match"), etag) {
		x.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/x-ndjson") // signatures follow
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if x.R.Method == http.MethodHead {
		x.W.WriteHeader(http.StatusOK)
		return nil
	}
	x.W.Kind = "channel"
	_, err := x.W.Write(body)
	return sendError(err)
}

// SendFile sends a file that never changes, or ranges of it; the digest may not be
// known yet.
func (x *Exchange) SendFile(content io.ReadSeeker, digest manifest.Digest, kind string) error {
	h := x.W.Header()
	if digest != "" {
		h.Set("ETag", `"`+string(digest)+`"`)
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", "application/octet-stream")
	x.W.Kind = kind
	http.ServeContent(x.W, x.R, "", time.Time{}, content)
	return sendError(x.W.err)
}

// SendJSON sends a value of this moment.
func (x *Exchange) SendJSON(body any) error {
	h := x.W.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	return sendError(json.NewEncoder(x.W).Encode(body))
}
