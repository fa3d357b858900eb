package longpoll

import "strings"

// Matches reports whether an If-None-Match names the ETag, weakly (RFC 9110,
// 13.1.2).
func Matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
