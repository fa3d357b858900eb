package origin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/vitals"
)

const token = "0123456789abcdef"

func send(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAdmin(t *testing.T) {
	o, ids := history(t, Options{})
	h, err := o.Admin(token)
	must(t, err)
	tests := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/v1/channels/main/rollback", "", 200, `"release":"` + ids[1] + `"`},
		{"POST", "/v1/channels/main/promote", `{"release":"` + ids[2] + `"}`, 200, `"release":"` + ids[2] + `"`},
		{"POST", "/v1/channels/main/pin", "", 200, `"channel":"main"`},
		{"GET", "/v1/state", "", 200, `"pinned":true`},
		{"POST", "/v1/channels/main/unpin", "{}", 200, `"channel":"main"`},
		{"POST", "/v1/releases/" + ids[2] + "/bad", `{"reason":"no drops in Leeds"}`, 200, `"release":"` + ids[1] + `"`},
		{"GET", "/v1/state", "", 200, `"reason":"no drops in Leeds"`},
		{"POST", "/v1/channels/main/promote", `{"release":"` + ids[2] + `"}`, 409, "marked bad"},
		{"POST", "/v1/channels/main/promote", `{"release":"r9-00000000"}`, 404, "no such release"},
		{"POST", "/v1/channels/UPPER/promote", `{"release":"` + ids[0] + `"}`, 404, "no such channel"},
		{"POST", "/v1/channels/other/promote", `{"release":"` + ids[0] + `","waves":[0.05]}`, 404, "no such channel"},
		{"POST", "/v1/channels/other/rollback", "", 404, "no such channel"},
		{"POST", "/v1/channels/main/promote", `{"relaese":"x"}`, 400, "invalid_body"},
		{"POST", "/v1/channels/main/promote", `{} {}`, 400, "invalid_body"},
		{"POST", "/v1/channels/main/promote", `[`, 400, "invalid_body"},
		{"POST", "/v1/channels/main/promote", `{"reason":"` + strings.Repeat("x", maxBody) + `"}`, 400, "invalid_body"},
		{"GET", "/v1/other", "", 404, "not_found"},
	}
	for _, tt := range tests {
		w := send(h, tt.method, tt.path, tt.body, "Authorization", "Bearer "+token)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %s %.40s: %d %s, want %d that says %q", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.says)
		}
		for _, wrong := range []string{"", token, "Bearer", "Bearer ", "Bearer " + token[1:], "Bearer " + token + "x", "Basic " + token} {
			before, _ := o.Pointer("main")
			w := send(h, tt.method, tt.path, tt.body, "Authorization", wrong)
			status, challenge := http.StatusForbidden, ""
			if wrong == "" {
				status, challenge = http.StatusUnauthorized, `Bearer realm="geodrop operators"`
			}
			if after, _ := o.Pointer("main"); w.Code != status || w.Header().Get("WWW-Authenticate") != challenge || before != after {
				t.Errorf("%s with %q: %d, and asks for %q", tt.path, wrong, w.Code, w.Header().Get("WWW-Authenticate"))
			}
		}
	}
	for _, short := range []string{"", token[1:]} {
		if _, err := o.Admin(short); err == nil {
			t.Errorf("token %q is taken", short)
		}
	}
	for _, path := range []string{"/v1/state", "/v1/channels/main/rollback"} {
		if w := send(o, "POST", path, "", "Authorization", "Bearer "+token); w.Code != 404 && w.Code != 405 {
			t.Errorf("everybody can ask for %s: %d", path, w.Code)
		}
	}
}

// TestNodeToken: where there is one, reports without it are not heard.
func TestNodeToken(t *testing.T) {
	body := `{"node":"a","channel":"main","refused":"r1-01234567"}`
	for sent, want := range map[string]int{"": 401, "Bearer x": 403, token: 403, "Basic " + token: 403, "Bearer " + token: 204, "bearer " + token: 204} {
		o := open(t, Options{NodeToken: token})
		w := send(o, "POST", "/v1/nodes", body, "Authorization", sent)
		if heard := len(o.State().Nodes) > 0; w.Code != want || heard != (want == 204) {
			t.Errorf("with %q: %d, heard %t", sent, w.Code, heard)
		}
	}
}

// TestNodes: what nodes report is listed, for a while, and bounded.
func TestNodes(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	o := open(t, Options{Now: func() time.Time { return now }})
	report := func(s NodeState) int {
		t.Helper()
		b, err := json.Marshal(s)
		must(t, err)
		return send(o, "POST", "/v1/nodes", string(b)).Code
	}
	good := NodeState{Node: "n-1.leeds:8080", Channel: "main", Release: "r1-01234567", Since: now, Class: "expired", Stale: true}
	if code := report(good); code != http.StatusNoContent {
		t.Errorf("%d, want 204", code)
	}
	good.Reported = now
	if got := o.State().Nodes; len(got) != 1 || !reflect.DeepEqual(got[0], good) {
		t.Errorf("nodes %+v, want %+v", got, good)
	}
	longest := good
	longest.Node = strings.Repeat("n", 128)
	longest.Recent = vitals.Lookups{Answers: 1 << 40, Empty: 1 << 40, Took: slices.Repeat(vitals.Times{1 << 40}, 80)}
	longest.Before = longest.Recent
	if code := report(longest); code != http.StatusNoContent {
		t.Errorf("the longest report: %d, want 204", code)
	}
	if code := send(o, "POST", "/v1/nodes", `{"node":"newer","channel":"main","mood":"fine"}`).Code; code != http.StatusNoContent {
		t.Errorf("a report that says more than is known: %d, want 204", code)
	}
	for name, change := range map[string]func(*NodeState){
		"no name":          func(s *NodeState) { s.Node = "" },
		"markup":           func(s *NodeState) { s.Node = "<b>" },
		"long name":        func(s *NodeState) { s.Node = strings.Repeat("a", 129) },
		"no channel":       func(s *NodeState) { s.Channel = "" },
		"no release":       func(s *NodeState) { s.Release = "latest" },
		"class of letters": func(s *NodeState) { s.Class = "Not Known" },
		"empty of nothing": func(s *NodeState) { s.Recent.Empty = 1 },
		"more than a sum":  func(s *NodeState) { s.Before.Took = vitals.Times{1 << 63} },
	} {
		s := good
		change(&s)
		if code := report(s); code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", name, code)
		}
	}
	for i := range maxNodes {
		o.nodes.note(NodeState{Node: fmt.Sprint(i)}, now)
	}
	if code := report(NodeState{Node: "late", Channel: manifest.DefaultChannel}); code != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d, want 503", code)
	}
	now = now.Add(nodeLife + time.Second)
	if code := report(NodeState{Node: "late", Channel: manifest.DefaultChannel}); code != http.StatusNoContent || len(o.State().Nodes) != 1 {
		t.Errorf("later: %d, %d nodes", code, len(o.State().Nodes))
	}
}
