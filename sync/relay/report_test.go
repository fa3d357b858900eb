package relay

import (
	"net/http"
	"strings"
	"testing"

	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// TestReportsArePassedOn: the origin knows the nodes behind a relay.
func TestReportsArePassedOn(t *testing.T) {
	const token = "Bearer of-nodes"
	o := upstreamtest.OpenOrigin(t, origin.Options{NodeToken: "of-nodes"})
	_, at, _ := start(t, quick(t, upstreamtest.Listen(t, o)))
	for _, tt := range []struct {
		body, token string
		want        int
	}{
		{`{"node":"leeds-1","channel":"main"}`, token, http.StatusNoContent},
		{`{"node":"leeds-2","channel":"main"}`, "", http.StatusBadGateway},
		{`{"node":""}`, token, http.StatusBadGateway},
		{strings.Repeat(" ", maxReport+1), token, http.StatusBadRequest},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.JoinPath("/v1/nodes").String(), strings.NewReader(tt.body))
		must(t, err)
		if tt.token != "" {
			req.Header.Set("Authorization", tt.token)
		}
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != tt.want {
			t.Errorf("%.40q: %d, want %d", tt.body, resp.StatusCode, tt.want)
		}
	}
	if s := o.State().Nodes; len(s) != 1 || s[0].Node != "leeds-1" {
		t.Errorf("the origin lists %+v", s)
	}
}
