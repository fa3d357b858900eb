package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"geodrop/api"
)

// route is one method of one path.
type route struct {
	method  string
	pattern string
	handle  func(*exchange) error
}

// routes are all that the server answers. HEAD is answered where GET is.
func (s *Server) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{post, "/v1/lookup", postLookup},
		{get, "/v1/lookup", getLookup},
		{get, "/v1/cells/{cell}", getCell},
		{get, "/v1/tiles/{z}/{x}/{y}.mvt", getTile},
		{get, "/v1/tasks/{id}", getTask},
		{get, "/v1/releases/current", getRelease},

		{get, "/healthz", getHealth},
		{get, "/readyz", getReadiness},
		{get, "/metrics", getMetrics},
		{get, "/openapi.json", getOpenAPI},
		{get, "/geodrop.proto", getProto},

		{get, "/", getPage},
		{get, "/ui/{file}", getPageFile},
		{get, "/ui/map.json", getMap},
		{post, "/ui/window", postWindow},
	}
}

// target is a route without parameters.
type target struct{ method, path string }

// newRouter also fills s.direct.
func (s *Server) newRouter() http.Handler {
	mux := chi.NewRouter()
	allowed := map[string][]string{} // methods by pattern
	for _, rt := range s.routes() {
		h := s.handler(rt)
		methods := []string{rt.method}
		if rt.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		for _, m := range methods {
			mux.Method(m, rt.pattern, h)
			if !strings.Contains(rt.pattern, "{") {
				s.direct[target{m, rt.pattern}] = h
			}
		}
		allowed[rt.pattern] = append(allowed[rt.pattern], methods...)
	}
	mux.NotFound(s.handler(route{pattern: "none", handle: func(*exchange) error {
		return api.NewProblem(api.CodeNotFound, "", "nothing is here; /openapi.json lists the routes")
	}}))
	mux.MethodNotAllowed(s.handler(route{pattern: "none", handle: func(x *exchange) error {
		var methods []string
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			if pattern := mux.Find(chi.NewRouteContext(), m, x.r.URL.Path); slices.Contains(allowed[pattern], m) {
				methods = append(methods, m)
			}
		}
		allow := strings.Join(methods, ", ")
		x.w.Header()["Allow"] = []string{allow}
		return api.NewProblem(api.CodeMethodNotAllowed, "", "the route has %s", allow)
	}}))
	return mux
}
