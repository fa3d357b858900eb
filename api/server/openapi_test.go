//go:build !race

// What reads the definition takes long to compile, and nothing here runs side by side.

package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"geodrop/api"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentValidates(t *testing.T) {
	doc := document(t)
	// Examples of wrong requests break their schemas by intent;
	// TestDocumentExamples sees to all.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
}

// TestDocumentRoutes: the document has the routes of the server, but for the
// landing page, and no others.
func TestDocumentRoutes(t *testing.T) {
	doc, has := document(t), map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			has[method+" "+path] = true
		}
	}
	for _, rt := range (&Server{}).routes() {
		key := rt.method + " " + rt.pattern
		if page := rt.pattern == "/" || strings.HasPrefix(rt.pattern, "/ui/"); has[key] == page {
			t.Errorf("%s: in the document: %v", key, has[key])
		}
		delete(has, key)
	}
	for key := range has {
		t.Errorf("%s is in the document only", key)
	}
}

func TestDocumentCodes(t *testing.T) {
	listed := map[string]bool{}
	for _, code := range document(t).Components.Schemas["Problem"].Value.Properties["code"].Value.Enum {
		listed[code.(string)] = true
		if p := api.NewProblem(api.Code(code.(string)), "", ""); string(p.Code) != code {
			t.Errorf("the document has code %s, package api has not", code)
		}
	}
	for _, code := range api.Codes() {
		if !listed[string(code)] {
			t.Errorf("the document lacks code %s", code)
		}
	}
}

// TestDocumentDefault: what a route answers beside what the document tells of it
// is a problem, on every route.
func TestDocumentDefault(t *testing.T) {
	for path, item := range document(t).Paths.Map() {
		for method, op := range item.Operations() {
			r := op.Responses.Default()
			if r == nil || r.Ref != "#/components/responses/Problem" {
				t.Errorf("%s %s has no default answer that is a problem", method, path)
				continue
			}
			media := r.Value.Content[problemType[0]]
			if media == nil || media.Schema.Ref != "#/components/schemas/Problem" || r.Value.Headers["Retry-After"] == nil {
				t.Errorf("%s %s: the default answer is %+v", method, path, r.Value)
			}
		}
	}
}

// example is what the document has under one name of one operation.
type example struct {
	path   string
	query  url.Values
	body   []byte
	status int
	media  string
	schema *openapi3.Schema
	want   any
}

// examplesOf collects the examples of an operation by name.
func examplesOf(t *testing.T, path string, op *openapi3.Operation) map[string]*example {
	t.Helper()
	all := map[string]*example{}
	named := func(name string) *example {
		if all[name] == nil {
			all[name] = &example{path: path, query: url.Values{}}
		}
		return all[name]
	}
	for _, p := range op.Parameters {
		for name, e := range p.Value.Examples {
			value := fmt.Sprint(e.Value.Value)
			if p.Value.In == "path" {
				named(name).path = strings.ReplaceAll(named(name).path, "{"+p.Value.Name+"}", url.PathEscape(value))
			} else {
				named(name).query.Set(p.Value.Name, value)
			}
		}
	}
	if op.RequestBody != nil {
		for name, e := range op.RequestBody.Value.Content["application/json"].Examples {
			b, err := json.Marshal(e.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			named(name).body = b
		}
	}
	for status, r := range op.Responses.Map() {
		for media, content := range r.Value.Content {
			for name, e := range content.Examples {
				x := named(name)
				if x.status != 0 {
					t.Errorf("%s: example %s has two answers", path, name)
				}
				x.status, _ = strconv.Atoi(status)
				x.media, x.want, x.schema = media, e.Value.Value, content.Schema.Value
			}
		}
	}
	return all
}

// TestDocumentExamples sends every request of the document and wants the answer
// that it has under the same name.
func TestDocumentExamples(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t), Checks: func() []api.Check {
		return []api.Check{{Name: "source", State: "ok", Since: noon}}
	}})
	doc, executed := document(t), 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for name, x := range examplesOf(t, path, op) {
				executed++
				t.Run(op.OperationID+"/"+name, func(t *testing.T) { x.execute(t, s, method) })
			}
		}
	}
	if executed < 15 {
		t.Errorf("%d examples were found", executed)
	}
}

func (x *example) execute(t *testing.T, s *Server, method string) {
	target := x.path
	if len(x.query) > 0 {
		target += "?" + x.query.Encode()
	}
	w := ask(s, method, target, string(x.body), "X-Request-Id: example")
	var got any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != x.status || w.Header().Get("Content-Type") != x.media || !reflect.DeepEqual(got, x.want) {
		t.Errorf("%s %s: status %d, the document has %d; the answer is\n%s", method, target, w.Code, x.status, w.Body)
	}
	if err := x.schema.VisitJSON(got, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("the answer breaks its schema: %v", err)
	}
	if x.body == nil || x.status != http.StatusOK {
		return
	}
	var sent any
	if err := json.Unmarshal(x.body, &sent); err != nil {
		t.Fatal(err)
	}
	lookup := document(t).Components.Schemas["Lookup"].Value
	if err := lookup.VisitJSON(sent, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("the request breaks its schema: %v", err)
	}
}
