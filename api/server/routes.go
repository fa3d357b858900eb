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
	public  bool // pages of Options.Origins may read it, too
}

// routes are all that the server answers. HEAD is answered where GET is.
func (s *Server) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{post, "/v1/lookup", postLookup, true},
		{get, "/v1/lookup", getLookup, true},
		{get, "/v1/cells/{cell}", getCell, true},
		{get, "/v1/tiles/{z}/{x}/{y}.mvt", getTile, true},
		{get, "/v1/tasks/{id}", getTask, true},
		{get, "/v1/releases/current", getRelease, true},

		{get, "/healthz", getHealth, false},
		{get, "/readyz", getReadiness, false},
		{get, "/metrics", getMetrics, false},
		{get, "/openapi.json", getOpenAPI, true},
		{get, "/geodrop.proto", getProto, true},

		{get, "/", getPage, false},
		{get, "/ui/{file}", getPageFile, false},
		{get, "/ui/map.json", getMap, false},
		{post, "/ui/window", postWindow, false},
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
