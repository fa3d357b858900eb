package server

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/api"
	"geodrop/sync/manifest"
)

// oneMore is a shelf with one release, or with an error.
type oneMore struct {
	held *shown
	id   string
	err  error
}

func (s *oneMore) Take(_ context.Context, id string) (Held, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case id != s.id:
		return nil, ErrNotAtHand
	}
	held, _ := s.held.Acquire()
	return held, nil
}

// TestShelf: operators ask releases beside the one that is served.
func TestShelf(t *testing.T) {
	served, err := sampleDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "later")
	if err := os.CopyFS(dir, os.DirFS(served)); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := m.ID
	m.Sequence = 77
	later, err := m.Sealed()
	if err != nil {
		t.Fatal(err)
	}
	if err := manifest.Write(dir, later); err != nil {
		t.Fatal(err)
	}
	shelf := &oneMore{held: openIn(t, dir), id: later.ID}
	s := newServer(t, Options{Releases: openSample(t), Shelf: shelf})
	operator := "Authorization: Bearer " + token
	for _, id := range []string{now, later.ID} {
		for _, w := range []string{
			ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127,"release":"`+id+`"}`, operator).Body.String(),
			ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127&release="+id, "", operator).Body.String(),
		} {
			if !strings.HasPrefix(w, `{"release":"`+id+`"`) || !strings.Contains(w, "city-packets") {
				t.Errorf("asked for %s: %.100s", id, w)
			}
		}
	}
	w := ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127&release="+later.ID, "")
	if w.Code/100 != 4 || !strings.Contains(w.Body.String(), `"field":"release"`) {
		t.Errorf("without a token: %d %s", w.Code, w.Body)
	}
	checkProblem(t, ask(s, "GET", "/v1/lookup?lat=0&lng=0&release=r1-00000000", "", operator), 400, api.CodeInvalidValue, "release")
	checkProblem(t, ask(s, "GET", "/v1/lookup?lat=0&lng=0&release="+strings.Repeat("r", 65), "", operator), 400, api.CodeInvalidValue, "release")
	at := "/v1/lookup?lat=51.5145&lng=-0.127&at=2027-01-15T22:00:00Z&as="
	for as, sees := range map[string]bool{"player": false, "tester": true, "operator": true} { // between two sessions
		if w := ask(s, "GET", at+as, "", operator); strings.Contains(w.Body.String(), `"id":"evening-rain"`) != sees {
			t.Errorf("a %s sees %s", as, w.Body)
		}
	}
	shelf.err = errors.New("a disk that fails")
	checkProblem(t, ask(s, "GET", "/v1/lookup?lat=0&lng=0&release="+later.ID, "", operator), 503, api.CodeReleaseDamaged, "release")
	checkProblem(t, ask(newServer(t, Options{Releases: openSample(t)}), "GET", "/v1/lookup?lat=0&lng=0&release="+later.ID, "", operator), 400, api.CodeInvalidValue, "release")
}

// stuckShelf is a shelf whose files never come.
type stuckShelf struct{}

func (stuckShelf) Take(ctx context.Context, _ string) (Held, error) {
	<-ctx.Done()
	return nil, fmt.Errorf("open: %w", ctx.Err())
}

// TestShelfStuck: a shelf that does not answer keeps operators waiting, a few of
// them, and no lookup of what is served.
func TestShelfStuck(t *testing.T) {
	const operators = 3 * (shelfAskers + shelfQueue)
	released := openSample(t)
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: released, Shelf: stuckShelf{}, Concurrent: 1, Queue: 1})
		began := time.Now()
		type answer struct {
			w     *httptest.ResponseRecorder
			after time.Duration
		}
		answers := make(chan answer, operators)
		for range operators {
			go func() {
				w := ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127&release=r1-00000000", "", "Authorization: Bearer "+token)
				answers <- answer{w, time.Since(began)}
			}()
		}
		synctest.Wait()
		if w := ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127", ""); w.Code != 200 || time.Since(began) > 0 {
			t.Errorf("a lookup meanwhile: %d %s after %v", w.Code, w.Body, time.Since(began))
		}
		late := map[time.Duration]int{}
		for range operators {
			a := <-answers
			checkProblem(t, a.w, 503, api.CodeOverloaded, "")
			if a.w.Header().Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
			late[a.after]++
		}
		wait := s.options.QueueWait
		if late[0] != operators-shelfAskers-shelfQueue || late[wait] != shelfQueue || late[shelfWait] != shelfAskers {
			t.Errorf("turned away after %v; want all but %d at once, %d of them after %v", late, shelfAskers+shelfQueue, shelfQueue, wait)
		}
	})
}
