package failover

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter is as long as an upstream can put us off.
const maxRetryAfter = time.Minute

// RetryAfter reads the seconds or the date of a header (RFC 9110, 10.2.3); what it
// cannot read is 0.
func RetryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
