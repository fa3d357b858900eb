package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"geodrop/poi/rule"
)

// acceptable refuses to write over a file, before anything is read.
func (c *validateCmd) acceptable() error {
	if c.Accept == "" {
		return nil
	}
	if _, err := os.Lstat(c.Accept); err == nil {
		return notRight{fmt.Errorf("%s is there already: add to it by hand, or remove it", c.Accept)}
	}
	return nil
}

// accept writes what was found as accepted.
func (c *validateCmd) accept(result *rule.Result) error {
	expires, err := c.expires()
	if err != nil {
		return usage{err}
	}
	if result.Unread {
		return notRight{errors.New("a file cannot be read: mend it before the rest is accepted")}
	}
	if result.Accepted() > 0 {
		return notRight{fmt.Errorf("%s has accepted findings already: add to it by hand", c.Accept)}
	}
	var text bytes.Buffer
	if err := rule.WriteAccepted(&text, result, c.Reason, expires); err != nil {
		return err
	}
	if err := os.WriteFile(c.Accept, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the accepted findings: %w", err)
	}
	return nil
}
