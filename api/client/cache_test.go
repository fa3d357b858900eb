package client

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func tagged(tag, header, release string) scriptedAnswer {
	return scriptedAnswer{status: 200, header: "ETag: " + tag + "\n" + header, body: `{"release":"` + release + `"}`}
}

// TestCache: an answer is good for as long as the node says, then it is asked
// whether it changed.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unchanged := scriptedAnswer{status: 304, header: "Cache-Control: public, max-age=10"}
		c, s := newScripted(t, Options{}, tagged(`"a"`, "Cache-Control: public, max-age=10\nAge: 4", "r1"), unchanged, tagged(`"b"`, "", "r2"), unchanged)
		steps := []struct {
			wait    time.Duration
			release string
			asked   int
			tag     string // sent with the last request
		}{
			{0, "r1", 1, ""},
			{5 * time.Second, "r1", 1, ""},
			{time.Second, "r1", 2, `"a"`},
			{9 * time.Second, "r1", 2, `"a"`},
			{time.Second, "r2", 3, `"a"`},
			{0, "r2", 4, `"b"`},
		}
		for i, step := range steps {
			time.Sleep(step.wait)
			answer, err := c.Cell(t.Context(), "200-1-2")
			if err != nil || answer.Release != step.release || len(s.asked) != step.asked {
				t.Errorf("step %d: %+v, %v, asked %d times", i, answer, err, len(s.asked))
			}
			if got := s.asked[len(s.asked)-1].Header.Get("If-None-Match"); got != step.tag {
				t.Errorf("step %d: If-None-Match %s", i, got)
			}
		}
	})
}

// TestCacheIsBounded: the answer that was used longest ago goes first.
func TestCacheIsBounded(t *testing.T) {
	c, s := newScripted(t, Options{CachedAnswers: 2}, tagged(`"a"`, "Cache-Control: max-age=60", "r"))
	for _, step := range []struct {
		cell  int
		asked int
	}{{1, 1}, {2, 2}, {1, 2}, {3, 3}, {1, 3}, {2, 4}, {3, 5}} {
		if _, err := c.Cell(t.Context(), fmt.Sprint(step.cell)); err != nil || len(s.asked) != step.asked {
			t.Errorf("cell %d: %v, asked %d times, want %d", step.cell, err, len(s.asked), step.asked)
		}
	}
	if c.cache.order.Len() != 2 || len(c.cache.at) != 2 {
		t.Errorf("%d and %d are kept", c.cache.order.Len(), len(c.cache.at))
	}
}

// TestCachedBytesAreBounded: so are the bytes of what is kept, whatever comes and
// goes.
func TestCachedBytesAreBounded(t *testing.T) {
	c := newCache(100, 10)
	for i, step := range []struct {
		key  string
		size int
		kept int // answers
		sum  int64
	}{{"a", 4, 1, 4}, {"b", 4, 2, 8}, {"b", 6, 2, 10}, {"b", 2, 2, 6}, {"c", 9, 1, 9}, {"d", 11, 0, 0}, {"e", 10, 1, 10}, {"f", 0, 2, 10}} {
		c.put(&kept{key: step.key, body: make([]byte, step.size)})
		if c.order.Len() != step.kept || len(c.at) != step.kept || c.bytes != step.sum {
			t.Errorf("step %d: %d answers of %d bytes, want %d of %d", i, c.order.Len(), c.bytes, step.kept, step.sum)
		}
	}
}

func TestNotCached(t *testing.T) {
	tests := map[string]struct {
		o      Options
		answer scriptedAnswer
	}{
		"no tag":   {Options{}, scriptedAnswer{status: 200, header: "Cache-Control: max-age=60", body: "{}"}},
		"no-store": {Options{}, tagged(`"a"`, "Cache-Control: No-Store, max-age=60", "r")},
		"no cache": {Options{CachedAnswers: -1}, tagged(`"a"`, "Cache-Control: max-age=60", "r")},
	}
	for name, tt := range tests {
		c, s := newScripted(t, tt.o, tt.answer)
		for range 2 {
			if _, err := c.LookupCached(t.Context(), Request{}); err != nil {
				t.Error(err)
			}
		}
		if len(s.asked) != 2 || s.asked[1].Header.Get("If-None-Match") != "" {
			t.Errorf("%s: asked %d times", name, len(s.asked))
		}
	}
}
