package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"geodrop/api"
)

// call is one request of a route.
type call struct {
	name   string // for errors
	method string // default GET
	path   []string
	query  string
	body   []byte // JSON; nil for none
	etag   string // of an answer that is there
	once   bool   // is not tried again
	also   int    // status that is an answer beside 200 and, with etag, 304
}

// reply is what came of an attempt.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask makes a call until it succeeds, cannot, or was made often enough.
func (c *Client) ask(ctx context.Context, of call) ([]byte, error) {
	r, err := c.reply(ctx, of)
	return r.body, err
}

func (c *Client) reply(ctx context.Context, of call) (reply, error) {
	for attempt := 1; ; attempt++ {
		r, err := c.attempt(ctx, of)
		switch {
		case ctx.Err() != nil:
			return reply{}, fmt.Errorf("%s: %w", of.name, context.Cause(ctx))
		case err == nil && of.accepts(r.status):
			return r, nil
		case err == nil:
			err = failure(of, r, attempt)
		default:
			err = fmt.Errorf("%s: %w", of.name, err)
		}
		if of.once || attempt >= c.options.Attempts || !passing(err) {
			return reply{}, err
		}
		pause, ok := c.pause(ctx, attempt, err)
		if !ok {
			return reply{}, err
		}
		if !sleep(ctx, pause) {
			return reply{}, fmt.Errorf("%s: %w", of.name, context.Cause(ctx))
		}
	}
}

func (of *call) accepts(status int) bool {
	return status == http.StatusOK || status == of.also || status == http.StatusNotModified && of.etag != ""
}

// attempt makes a call once.
func (c *Client) attempt(ctx context.Context, of call) (reply, error) {
	request, err := c.newRequest(ctx, of)
	if err != nil {
		return reply{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, &connectionError{withoutURL(err)}
	}
	defer response.Body.Close() // read to its end, or not worth it
	body, err := io.ReadAll(io.LimitReader(response.Body, c.options.MaxBytes+1))
	switch {
	case err != nil:
		return reply{}, &connectionError{withoutURL(err)}
	case int64(len(body)) > c.options.MaxBytes:
		return reply{}, fmt.Errorf("%w: more than %d bytes", ErrTooLong, c.options.MaxBytes)
	}
	return reply{response.StatusCode, response.Header, body}, nil
}

func (c *Client) newRequest(ctx context.Context, of call) (*http.Request, error) {
	u := c.base.JoinPath(escaped(of.path)...)
	u.RawQuery = of.query
	method := http.MethodGet
	if of.method != "" {
		method = of.method
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(of.body))
	if err != nil {
		return nil, withoutURL(err)
	}
	h := request.Header
	h.Set("User-Agent", c.options.UserAgent)
	if of.body != nil {
		h.Set("Content-Type", "application/json")
	}
	if of.etag != "" {
		h.Set("If-None-Match", of.etag)
	}
	if c.options.Token != "" {
		h.Set("Authorization", "Bearer "+c.options.Token)
	}
	return request, nil
}

// connectionError is of an attempt without an answer.
type connectionError struct{ error }

func (e *connectionError) Unwrap() error { return e.error }

// failure is the error of an answer that is none of those wanted.
func failure(of call, r reply, attempt int) *Error {
	e := &Error{call: of.name, Attempts: attempt, RetryAfter: retryAfter(r.header, time.Now())}
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || kind != "application/problem+json" || json.Unmarshal(r.body, &e.Problem) != nil {
		e.Problem = api.Problem{Type: "about:blank", Title: http.StatusText(r.status)}
	}
	e.Problem.Status = r.status
	return e
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		switch e.Problem.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var certificate *tls.CertificateVerificationError
	var connection *connectionError
	return errors.As(err, &connection) && !errors.As(err, &certificate)
}
