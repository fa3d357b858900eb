package origin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"geodrop/sync/answer"
)

// bears reports whether a request has a token. What is sent is compared in a time
// that does not tell of the token.
func bears(r *http.Request, token string) bool {
	scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// check refuses a request without the token of those who may ask, by the rule of RFC
// 9110 that nodes go by as well: who says nothing of who they are is asked to, with
// 401; what others send does not do, with 403.
func check(x *answer.Exchange, token, whose string) error {
	switch {
	case bears(x.R, token):
		return nil
	case x.R.Header.Get("Authorization") == "":
		x.W.Header().Set("WWW-Authenticate", `Bearer realm="geodrop `+whose+`"`)
		return &answer.Problem{Status: http.StatusUnauthorized, Code: "unauthorized", Detail: "send the token of " + whose + ": Authorization: Bearer …"}
	}
	return &answer.Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: "the header Authorization does not have the token of " + whose}
}

// admit lets those in who have the token.
func (o *Origin) admit(token, whose string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bears(r, token) {
			next.ServeHTTP(w, r)
			return
		}
		o.answers.Answer("denied", func(x *answer.Exchange) error { return check(x, token, whose) })(w, r)
	})
}
