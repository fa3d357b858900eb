package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
)

// preflightAge is how long a browser may keep what it was told of a route.
const preflightAge = time.Hour

// CheckOrigin is nil for what browsers send as the header Origin of a page's
// requests: a scheme and a host, and a port that is not the scheme's own.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	usual := map[string]string{"http": ":80", "https": ":443"}
	if err != nil || u.Scheme == "" || u.Host == "" || strings.Contains(u.Host, "*") ||
		origin != strings.ToLower(u.Scheme+"://"+u.Host) || strings.HasSuffix(u.Host, usual[u.Scheme]) && usual[u.Scheme] != "" {
		return fmt.Errorf("%q is no origin as browsers send it: give one such as https://map.example or http://localhost:3000", origin)
	}
	return nil
}

// origins lets pages from elsewhere read what is public, without credentials.
type origins struct {
	rules  *cors.Cors
	whole  map[string]bool // paths of public routes
	before []string        // of those with parameters, the paths as far as the first
}

// newOrigins is nil where no origins are allowed: then browsers keep to theirs.
func newOrigins(allowed []string, routes []route) (*origins, error) {
	if len(allowed) == 0 {
		return nil, nil
	}
	for _, origin := range allowed {
		if err := CheckOrigin(origin); err != nil {
			return nil, fmt.Errorf("allow pages of other origins: %w", err)
		}
	}
	o := &origins{whole: map[string]bool{}, rules: cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(allowed, origin) },
		AllowedMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Content-Type", "If-None-Match", "X-Request-Id"},
		ExposedHeaders:  []string{"ETag", "Retry-After", "X-Request-Id"},
		MaxAge:          int(preflightAge / time.Second),
	})}
	for _, rt := range routes {
		before, _, parameters := strings.Cut(rt.pattern, "{")
		switch {
		case !rt.public:
		case parameters:
			o.before = append(o.before, before)
		default:
			o.whole[rt.pattern] = true
		}
	}
	return o, nil
}

// meet says in the header of an answer who may read it, and reports whether that
// was all that was asked.
func (o *origins) meet(w http.ResponseWriter, r *http.Request) (answered bool) {
	path := r.URL.Path
	if o == nil || !o.whole[path] && !slices.ContainsFunc(o.before, func(b string) bool { return strings.HasPrefix(path, b) }) {
		return false
	}
	o.rules.HandlerFunc(w, r)
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// vary adds to the headers that the answer depends on; values are shared, and
// nobody appends to them.
func (x *exchange) vary(values []string) {
	h := x.w.Header()
	if len(h["Vary"]) > 0 {
		values = append(slices.Clip(h["Vary"]), values...)
	}
	h["Vary"] = values
}
