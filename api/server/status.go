package server

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"geodrop/api"
)

// parameter is a part of the path, unescaped.
func (x *exchange) parameter(name string) string {
	v := chi.URLParam(x.r, name)
	if x.r.URL.RawPath != "" { // then chi matched the escaped path
		if plain, err := url.PathUnescape(v); err == nil {
			return plain
		}
	}
	return v
}

func getRelease(x *exchange) error {
	release, err := x.release()
	if err != nil {
		return err
	}
	m := release.Manifest()
	x.w.Header()["Cache-Control"] = noStore
	return x.sendJSON(http.StatusOK, &api.Release{
		ID: m.ID, Sequence: m.Sequence, ServingSince: x.held.Since().UTC(), Source: api.Source(m.Source),
		Grid: api.Grid(m.Grid), Counts: m.Counts, Segments: len(m.Segments), Bytes: m.Bytes(),
	})
}

// getHealth says that the process answers, whatever it has to answer from.
func getHealth(x *exchange) error {
	x.w.Header()["Cache-Control"] = noStore
	x.send(http.StatusOK, jsonType, []byte(`{"status":"ok"}`))
	return nil
}

// getReadiness says whether requests should be sent here. What the node works
// with may fail without that: it answers from what it has.
func getReadiness(x *exchange) error {
	h := x.w.Header()
	h["Cache-Control"] = noStore
	r := api.Readiness{Status: "ready", Checks: x.server.options.Checks()}
	if r.Checks == nil {
		r.Checks = []api.Check{}
	}
	if release, err := x.release(); err != nil {
		r.Status = "no_release"
	} else {
		r.Release = release.Manifest().ID
	}
	if x.server.stopping.Load() {
		r.Status = "stopping"
	}
	if r.Status == "ready" {
		return x.sendJSON(http.StatusOK, &r)
	}
	h["Retry-After"] = []string{retryAfter()}
	return x.sendJSON(http.StatusServiceUnavailable, &r)
}

func getMetrics(x *exchange) error {
	x.w.Header()["Cache-Control"] = noStore
	x.server.metrics.page.ServeHTTP(counted{x}, x.r)
	return nil
}

// counted is the writer of an exchange for a handler of others.
type counted struct{ *exchange }

func (c counted) Header() http.Header { return c.w.Header() }

func (c counted) WriteHeader(status int) {
	c.status = status
	c.w.WriteHeader(status)
}

func (c counted) Write(b []byte) (int, error) {
	c.status = cmp.Or(c.status, http.StatusOK)
	n, err := c.w.Write(b)
	c.bytes += n
	return n, err
}

func getOpenAPI(x *exchange) error {
	x.sendUnlessHad(x.server.openAPI, "public, max-age=300")
	return nil
}

func getProto(x *exchange) error {
	x.w.Header()["Cache-Control"] = []string{"public, max-age=300"}
	x.send(http.StatusOK, protoType, api.ProtoFile())
	return nil
}
