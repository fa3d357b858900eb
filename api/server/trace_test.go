package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestSpans: a span has the route and the status of a request, is linked to that
// of the client, which decides nothing of it, and tells nothing of where somebody
// is.
func TestSpans(t *testing.T) {
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	tests := []struct {
		method, target, body string
		name                 string
		status               int
	}{
		{"POST", "/v1/lookup", busyPlace, "POST /v1/lookup", 200},
		{"GET", "/v1/lookup?lat=51.5145&lng=-0.127", "", "GET /v1/lookup", 200},
		{"GET", "/v1/cells/51.5145,-0.127", "", "GET /v1/cells/{cell}", 400},
		{"GET", "/51.5145,-0.127", "", "GET none", 404},
		{"BREW", "/v1/lookup", "", "other none", 405},
		{"GET", "/v1/tasks/51.5145?lng=-0.127", "", "GET /v1/tasks/{id}", 404},
	}
	spans := tracetest.NewSpanRecorder()
	s := newServer(t, Options{Releases: openSample(t), Tracer: sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer("")})
	for i, tt := range tests {
		w := ask(s, tt.method, tt.target, tt.body, "traceparent: 00-"+trace+"-"+parent+"-01", "X-Request-Id: id-1")
		ended := spans.Ended()
		if len(ended) != i+1 {
			t.Fatalf("%s %s: %d spans of %d requests", tt.method, tt.target, len(ended), i+1)
		}
		span := ended[i]
		links := span.Links()
		if span.Name() != tt.name || span.SpanContext().TraceID().String() == trace || span.Parent().IsValid() ||
			len(links) != 1 || links[0].SpanContext.TraceID().String() != trace || links[0].SpanContext.SpanID().String() != parent {
			t.Errorf("%s %s: %s, trace %v, parent %v, links %v", tt.method, tt.target, span.Name(), span.SpanContext().TraceID(), span.Parent().SpanID(), links)
		}
		attributes := attribute.NewSet(span.Attributes()...)
		if got, _ := attributes.Value("http.response.status_code"); w.Code != tt.status || got.AsInt64() != int64(tt.status) {
			t.Errorf("%s %s: status %d, and %v in the span", tt.method, tt.target, w.Code, got)
		}
		if got, _ := attributes.Value("geodrop.request_id"); got.AsString() != "id-1" {
			t.Errorf("%s %s: request %v", tt.method, tt.target, got)
		}
		if text := span.Name() + attributes.Encoded(attribute.DefaultEncoder()); strings.Contains(text, "51.5") || strings.Contains(text, "0.127") {
			t.Errorf("%s %s: the span says where somebody is: %s", tt.method, tt.target, text)
		}
	}
}

// TestProbesHaveNoSpans: nor have scrapes.
func TestProbesHaveNoSpans(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	s := newServer(t, Options{Releases: openSample(t), Tracer: sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer("")})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if w := ask(s, "GET", path, ""); w.Code != 200 || len(spans.Started()) != 0 {
			t.Errorf("%s: %d, %d spans", path, w.Code, len(spans.Started()))
		}
	}
}

// TestSpanFails: an answer that is the node's fault is marked, also one of a
// handler that panicked.
func TestSpanFails(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	s := newServer(t, Options{Releases: panicking{"a defect"}, Tracer: sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer("")})
	ask(s, "POST", "/v1/lookup", busyPlace)
	ended := spans.Ended()
	if len(ended) != 1 || ended[0].Status().Code != codes.Error || len(ended[0].Events()) != 0 {
		t.Errorf("%+v", ended)
	}
}

// TestSpansOff: without a tracer nothing is taken for one.
func TestSpansOff(t *testing.T) {
	allocs := func(s *Server, path string) float64 {
		r := httptest.NewRequest("GET", path, nil)
		w := &discard{header: http.Header{}}
		return testing.AllocsPerRun(100, func() { clear(w.header); s.ServeHTTP(w, r) })
	}
	none := newServer(t, Options{Releases: &shown{}})
	never := sdk.NewTracerProvider(sdk.WithSampler(sdk.NeverSample())).Tracer("")
	one := newServer(t, Options{Releases: &shown{}, Tracer: never})
	const without = 6 // of a request id, of its headers and of chi
	for _, s := range []*Server{none, one} {
		if n := allocs(s, "/healthz"); n > without {
			t.Errorf("%v allocations of a probe", n)
		}
	}
	if off, on := allocs(none, "/v1/nowhere"), allocs(one, "/v1/nowhere"); on <= off {
		t.Errorf("%v allocations without a tracer, %v with one that samples nothing", off, on)
	}
}
