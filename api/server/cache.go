package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"geodrop/api"
	"geodrop/api/query"
)

// appendLookupKey appends what decides every byte of an answer: the release,
// the request in one form for all that mean the same, and until when tasks and
// zones stay as they are.
func appendLookupKey(key []byte, a *api.Answer, r *query.Request) []byte {
	key = append(key, 0)
	key = append(append(key, a.Release...), 0)
	for _, n := range []uint64{
		math.Float64bits(float64(r.Pos.Lat)), math.Float64bits(float64(r.Pos.Lng)), uint64(r.Limit), uint64(r.Sort),
		instant(r.At), instant(a.NextChange), flag(r.All), flag(r.Soon),
	} {
		key = binary.LittleEndian.AppendUint64(key, n)
	}
	kinds := slices.Clone(r.Kinds)
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		key = append(append(key, kind...), 0)
	}
	return key
}

// instant is a time as a number; 0 for none.
func instant(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix())<<30 ^ uint64(t.Nanosecond())
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// answerFormat is part of every ETag: it changes when the same answer is
// written differently.
const answerFormat = "1"

// etag is a strong validator of what the key decides.
func (x *exchange) etag(key []byte) string {
	key = strconv.AppendInt(append(key, answerFormat...), x.server.options.NextPoll.Milliseconds(), 10)
	sum := sha256.Sum256(key)
	const bytes = 16
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:bytes]) + `"`
}

// sendCached sends x.wire, whose bytes x.key decides, or 304 to whom has it.
func (x *exchange) sendCached(private bool) {
	scope := "public"
	if private {
		scope = "private"
	}
	if x.notModified(x.etag(x.key), scope, x.maxAge(x.wire.NextChange)) {
		return
	}
	x.sendAnswer()
}

// maxAge is how long an answer may be kept that changes at next, zero for never.
func (x *exchange) maxAge(next time.Time) time.Duration {
	age := x.server.options.CacheAge
	if !next.IsZero() {
		age = min(age, next.Sub(x.server.options.Now()))
	}
	return max(age, 0).Truncate(time.Second)
}

// notModified sets the headers of a cache, and sends 304 if the client has what
// the tag names.
func (x *exchange) notModified(tag, scope string, age time.Duration) bool {
	h, has := x.w.Header(), x.hasTag(tag)
	h["Cache-Control"] = []string{scope + ", max-age=" + strconv.Itoa(int(age/time.Second))}
	if scope == "private" {
		h["Vary"] = append([]string{"Authorization"}, h["Vary"]...)
	}
	if has {
		x.sendNotModified()
	}
	return has
}

// hasTag sets the tag of the answer, and tells whether the client has that.
func (x *exchange) hasTag(tag string) bool {
	x.w.Header()["Etag"] = []string{tag}
	return matches(x.r.Header.Values("If-None-Match"), tag)
}

func (x *exchange) sendNotModified() {
	x.leave()
	x.done()
	x.status = http.StatusNotModified
	x.w.WriteHeader(http.StatusNotModified)
}

// matches compares weakly, as RFC 9110 has it for If-None-Match. Our tags have
// no comma.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for given := range strings.SplitSeq(header, ",") {
			given = strings.TrimSpace(given)
			if given == "*" || strings.TrimPrefix(given, "W/") == tag {
				return true
			}
		}
	}
	return false
}
