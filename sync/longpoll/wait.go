// Package longpoll reads what a request says of waiting for news: how long, and
// what is known already. Origins and relays answer such requests.
package longpoll

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrWait marks a wait that is no number of seconds.
var ErrWait = errors.New("wait is one whole number of seconds")

// Wait is how long the asker wants to wait for news, up to most: the parameter
// wait, or the preference of that name (RFC 7240), in seconds.
func Wait(r *http.Request, most time.Duration) (time.Duration, error) {
	if values, ok := r.URL.Query()["wait"]; ok {
		wait, ok := seconds(values[0], most)
		if !ok || len(values) > 1 {
			return 0, ErrWait
		}
		return wait, nil
	}
	for _, line := range r.Header.Values("Prefer") {
		for preference := range strings.SplitSeq(line, ",") {
			if value, ok := preferenceOf(preference, "wait"); ok {
				wait, _ := seconds(value, most) // one that cannot be read is not applied
				return wait, nil
			}
		}
	}
	return 0, nil
}

// preferenceOf is the value of a preference of that name; parameters behind it
// are left aside.
func preferenceOf(preference, name string) (value string, ok bool) {
	preference, _, _ = strings.Cut(preference, ";")
	key, value, ok := strings.Cut(preference, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(key), name) {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(value), `"`), true
}

// seconds reads a number of seconds; more than most is most.
func seconds(s string, most time.Duration) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(most/time.Second) { // digits alone: too many of them
		return most.Truncate(time.Second), true
	}
	return time.Duration(n) * time.Second, true
}
