package server

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced reports whether requests of a route have spans: probes and scrapes, which
// come every few seconds, would bury the others.
func traced(pattern string) bool {
	switch pattern {
	case "/healthz", "/readyz", "/metrics":
		return false
	}
	return true
}

// startSpan begins the span of a request. It begins a trace of its own, linked to
// the span that the client sent, if it did (W3C traceparent): anybody can send
// one, and neither its flag nor its id is to decide what is sampled. It has the
// pattern of the route, never the path or the query: they may say where somebody
// is.
func (x *exchange) startSpan(t trace.Tracer, pattern string) {
	method := knownMethod(x.r.Method)
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method),
		attribute.String("http.route", pattern),
		attribute.String("geodrop.request_id", x.id),
	)}
	sent := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(x.r.Header))
	if of := trace.SpanContextFromContext(sent); of.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: of}))
	}
	_, x.span = t.Start(x.r.Context(), method+" "+pattern, options...)
}

func (x *exchange) endSpan() {
	x.span.SetAttributes(attribute.Int("http.response.status_code", x.status), attribute.Int("http.response.body.size", x.bytes))
	if x.status >= http.StatusInternalServerError {
		x.span.SetStatus(codes.Error, "")
	}
	x.span.End()
	x.span = nil
}
