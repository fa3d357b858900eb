package main

import (
	"testing"

	"geodrop/poi/rule"
)

// A config of which a file could not be read is not right, whatever was counted.
func TestVerdictOfUnread(t *testing.T) {
	for failOn, fails := range map[string]bool{"error": true, "note": true, "never": false} {
		err := (&validateCmd{FailOn: failOn}).verdict(&rule.Result{Unread: true})
		if (err != nil) != fails {
			t.Errorf("--fail-on %s: %v, want an error: %v", failOn, err, fails)
		}
	}
}
