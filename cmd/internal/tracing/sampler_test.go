package tracing

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TestSampling: a hundredth of the requests is traced, and every build, unless the
// environment says otherwise.
func TestSampling(t *testing.T) {
	const tries = 20_000
	tests := []struct {
		env         string
		kind        trace.SpanKind
		least, most int
	}{
		{"", trace.SpanKindServer, tries / 200, tries / 50},
		{"", trace.SpanKindInternal, tries, tries},
		{"always_on", trace.SpanKindServer, tries, tries},
		{"always_off", trace.SpanKindInternal, 0, 0},
	}
	for _, tt := range tests {
		clean(t)
		t.Setenv("OTEL_TRACES_SAMPLER", tt.env)
		tracer := sdk.NewTracerProvider(sampling()...).Tracer("")
		sampled := 0
		for range tries {
			_, span := tracer.Start(t.Context(), "span", trace.WithSpanKind(tt.kind))
			if span.SpanContext().IsSampled() {
				sampled++
			}
		}
		if sampled < tt.least || sampled > tt.most {
			t.Errorf("%q, %v: %d of %d are sampled", tt.env, tt.kind, sampled, tries)
		}
	}
}
