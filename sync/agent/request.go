package agent

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"geodrop/sync/failover"
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
		after: failover.RetryAfter(resp.Header.Get("Retry-After"), time.Now()),
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
