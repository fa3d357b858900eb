package relay

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"geodrop/sync/failover"
)

// upstream is one of those that are asked.
type upstream = failover.Upstream[struct{}]

// failed leaves an upstream alone for a while.
func (r *Relay) failed(u *upstream, asked time.Time, err error) {
	rest := time.Duration(0)
	var refused *statusError
	if errors.As(err, &refused) {
		rest = min(refused.retryAfter, r.options.MaxPause)
	}
	r.upstreams.Failed(u, asked, rest)
	r.metrics.failures.WithLabelValues(u.Name()).Inc()
}

// statusError is an answer that is none of those expected.
type statusError struct {
	from       string
	status     int
	retryAfter time.Duration
}

func (e *statusError) Error() string { return e.from + " answers " + strconv.Itoa(e.status) }

func newStatusError(resp *http.Response) *statusError {
	return &statusError{
		from: resp.Request.URL.Redacted(), status: resp.StatusCode,
		retryAfter: failover.RetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
}

// missing reports whether an upstream said that it does not have what was asked
// for.
func missing(err error) bool {
	var refused *statusError
	return errors.As(err, &refused) && (refused.status == http.StatusNotFound || refused.status == http.StatusGone)
}

// get sends a request. The caller closes the body of the response.
func (r *Relay) get(ctx context.Context, u *upstream, path string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.URL.JoinPath(path).String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("Accept-Encoding", "identity") // digests are of the bytes as they are
	r.metrics.asked.WithLabelValues(u.Name()).Inc()
	return r.options.Client.Do(req)
}
