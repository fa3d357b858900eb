package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"geodrop/api"
)

// challenge tells who sent no credentials which ones to send.
var challenge = []string{`Bearer realm="geodrop operators"`}

// checkOperator refuses a field to all but operators: to those who say nothing of
// who they are with 401, which asks them to, and to others with 403.
func (x *exchange) checkOperator(field string) error {
	switch {
	case x.isOperator():
		return nil
	case x.r.Header.Get("Authorization") == "":
		return api.NewProblem(api.CodeUnauthorized, field, "needs an operator's token in the header Authorization: Bearer …")
	}
	return api.NewProblem(api.CodeOperatorOnly, field, "is for operators, and the header Authorization has no operator's token")
}

// isOperator compares digests: their time tells nothing of the token.
func (x *exchange) isOperator() bool {
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(token))
	same := subtle.ConstantTimeCompare(sum[:], x.server.operator[:]) == 1
	return strings.EqualFold(scheme, "Bearer") && same && x.server.options.OperatorToken != ""
}
