package server

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// startSpan begins the span of a request, below that of the client if it sent
// one (W3C traceparent). It has the pattern of the route, never the path or the
// query: they may say where somebody is.
func (x *exchange) startSpan(t trace.Tracer, pattern string) {
	ctx := propagation.TraceContext{}.Extract(x.r.Context(), propagation.HeaderCarrier(x.r.Header))
	method := knownMethod(x.r.Method)
	_, x.span = t.Start(ctx, method+" "+pattern, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method),
		attribute.String("http.route", pattern),
		attribute.String("geodrop.request_id", x.id),
	))
}

func (x *exchange) endSpan() {
	x.span.SetAttributes(attribute.Int("http.response.status_code", x.status), attribute.Int("http.response.body.size", x.bytes))
	if x.status >= http.StatusInternalServerError {
		x.span.SetStatus(codes.Error, "")
	}
	x.span.End()
	x.span = nil
}
