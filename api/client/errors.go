package client

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"geodrop/api"
)

// Error is an answer with another status than 2xx, after as many attempts as it
// was worth.
type Error struct {
	// Problem has the Code to branch on, which is empty where something between
	// client and node answered, and the Status.
	Problem    api.Problem
	Attempts   int           // that were made
	RetryAfter time.Duration // what the node asked for last; 0 for nothing
	call       string
}

// Error is what failed, and the problem.
func (e *Error) Error() string {
	if e.Problem.Code == "" {
		return fmt.Sprintf("%s: status %d after %d attempts", e.call, e.Problem.Status, e.Attempts)
	}
	return fmt.Sprintf("%s: %s", e.call, e.Problem.Error())
}

// Unwrap is the *api.Problem.
func (e *Error) Unwrap() error { return &e.Problem }

// CodeOf is the code of the problem that an error is of; empty where it is of
// none.
func CodeOf(err error) api.Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Problem.Code
	}
	return ""
}

// ErrTooLong marks an answer beyond Options.MaxBytes.
var ErrTooLong = errors.New("the answer is too long")

// withoutURL takes the address out of an error of net/http: its query may tell
// where somebody is.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
