package answer

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
)

// Problem is an error that is told to the asker, as RFC 9457 has it.
type Problem struct {
	Status int
	Code   string // stable; a client may branch on it
	Detail string
	Retry  bool // it may go better later
}

// Error is the code and the detail.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

func (p *Problem) json() []byte {
	b, _ := json.Marshal(map[string]any{ // of strings and a number: it cannot fail
		"type": "about:blank", "title": http.StatusText(p.Status), "status": p.Status,
		"code": p.Code, "detail": p.Detail,
	})
	return append(b, '\n')
}

// NotFound is the problem of what is not there.
func NotFound(detail string) *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: detail}
}

// retryAfter is 1…4 seconds, at random so that not all come back at once.
func retryAfter() int { return 1 + rand.IntN(4) }
