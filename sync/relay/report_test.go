package relay

import (
	"net/http"
	"strings"
	"testing"

	"geodrop/sync/origin"
)

// TestReportsArePassedOn: the origin knows the nodes behind a relay.
func TestReportsArePassedOn(t *testing.T) {
	o := openOrigin(t, origin.Options{})
	_, at, _ := start(t, quick(t, listen(t, o)))
	for body, want := range map[string]int{
		`{"node":"leeds-1","channel":"main"}`: http.StatusNoContent,
		`{"node":""}`:                         http.StatusBadGateway,
		strings.Repeat(" ", maxReport+1):      http.StatusBadRequest,
	} {
		resp, err := http.Post(at.JoinPath("/v1/nodes").String(), "application/json", strings.NewReader(body))
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != want {
			t.Errorf("%.40q: %d, want %d", body, resp.StatusCode, want)
		}
	}
	if s := o.State().Nodes; len(s) != 1 || s[0].Node != "leeds-1" {
		t.Errorf("the origin lists %+v", s)
	}
}
