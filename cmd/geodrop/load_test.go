package main

import (
	"testing"

	"geodrop/api/client/load"
)

// TestLoadJudges: one failure of a hundred is let pass, two are not, unless told.
func TestLoadJudges(t *testing.T) {
	tests := []struct {
		flags  []string
		failed int64
		passes bool
	}{
		{nil, 0, true}, {nil, 1, true}, {nil, 2, false},
		{[]string{"--max-errors", "50%"}, 50, true}, {[]string{"--max-errors", "50%"}, 51, false},
	}
	for _, tt := range tests {
		c := parse(t, append([]string{"load", "--target", "http://127.0.0.1:8080"}, tt.flags...))
		report := &load.Report{Lookups: 100, OK: 100 - tt.failed, Errors: map[string]int64{"timeout": tt.failed}}
		if err := c.Load.judge(report); (err == nil) != tt.passes {
			t.Errorf("%v, %d of 100 failed: %v", tt.flags, tt.failed, err)
		}
	}
}
