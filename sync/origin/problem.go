package origin

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
)

// problem is an error that is told to the asker, as RFC 9457 has it.
type problem struct {
	status int
	code   string // stable; a client may branch on it
	detail string
	retry  bool // it may go better later
}

func (p *problem) Error() string { return p.code + ": " + p.detail }

func (p *problem) json() []byte {
	b, _ := json.Marshal(map[string]any{ // of strings and a number: it cannot fail
		"type": "about:blank", "title": http.StatusText(p.status), "status": p.status,
		"code": p.code, "detail": p.detail,
	})
	return append(b, '\n')
}

func notFound(detail string) *problem {
	return &problem{status: http.StatusNotFound, code: "not_found", detail: detail}
}

func overloaded(detail string) *problem {
	return &problem{status: http.StatusServiceUnavailable, code: "overloaded", detail: detail, retry: true}
}

// retryAfter is 1…4 seconds, at random so that not all come back at once.
func retryAfter() int { return 1 + rand.IntN(4) }
