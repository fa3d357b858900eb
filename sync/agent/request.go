package agent

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// get sends a request. The caller closes the body of the response.
func (a *Agent) get(ctx context.Context, to *url.URL, header http.Header) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header = header
	r.Header.Set("Accept-Encoding", "identity") // digests are of the bytes as they are
	return a.options.Client.Do(r)
}

// statusFailure is what a status says that is no answer.
func statusFailure(resp *http.Response) error {
	class := Answer
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		class = Missing
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		class = Overloaded
	}
	return &deferral{
		after: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
		err:   failed(class, "%s answers %s", resp.Request.URL.Redacted(), resp.Status),
	}
}

// deferral is an error of an upstream that may say when to come back.
type deferral struct {
	after time.Duration
	err   error
}

func (d *deferral) Error() string { return d.err.Error() }
func (d *deferral) Unwrap() error { return d.err }

// retryAfter is when an upstream wants us back; 0 if it does not say.
func retryAfter(err error) time.Duration {
	var d *deferral
	if errors.As(err, &d) {
		return d.after
	}
	return 0
}

// parseRetryAfter reads seconds or a date (RFC 9110, 10.2.3); what it cannot
// read is 0.
func parseRetryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
