package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"geodrop/sync/answer"
)

// maxReport bounds what a node says of itself.
const maxReport = 4 << 10

// maxReports are passed on at a time.
const maxReports = 64

// postNode passes the report of a node on. What is in it, and the token that comes
// with it, is for the origin to judge.
func (r *Relay) postNode(x *answer.Exchange) error {
	body, err := io.ReadAll(http.MaxBytesReader(x.W, x.R.Body, maxReport))
	if err != nil {
		return &answer.Problem{Status: http.StatusBadRequest, Code: "invalid_body", Detail: "a report has so many bytes at most"}
	}
	if !enter(x.R.Context(), r.reports) {
		r.metrics.traffic.Refused("reports")
		return full("so many reports are being passed on already")
	}
	defer func() { <-r.reports }()
	ctx, cancel := context.WithTimeout(x.R.Context(), r.options.Timeout)
	defer cancel()
	u, err := r.upstreams.Choose(ctx, nil)
	if err == nil {
		err = r.post(ctx, u, body, x.R.Header.Get("Authorization"))
	}
	if err != nil {
		return &answer.Problem{Status: http.StatusBadGateway, Code: "upstream", Detail: "no upstream takes the report", Retry: true}
	}
	x.W.WriteHeader(http.StatusNoContent)
	return nil
}

func (r *Relay) post(ctx context.Context, u *upstream, body []byte, authorization string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.URL.JoinPath("v1", "nodes").String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := r.options.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()                                          // read only: nothing to lose
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxReport)) // so that the connection can be used again
	if resp.StatusCode != http.StatusNoContent {
		return errors.New("it is not taken")
	}
	return nil
}
