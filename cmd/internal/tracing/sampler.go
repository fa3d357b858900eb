package tracing

import (
	"os"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// usualShare is the share of requests that are traced unless the environment says
// otherwise.
const usualShare = 0.01

// sampler traces a share of the requests and everything else, builds above all,
// of which there are few.
type sampler struct{ requests, others sdk.Sampler }

// sampling is what the SDK is told: nothing where the environment names a sampler,
// which it then reads.
func sampling() []sdk.TracerProviderOption {
	if os.Getenv("OTEL_TRACES_SAMPLER") != "" {
		return nil
	}
	s := sampler{requests: sdk.TraceIDRatioBased(usualShare), others: sdk.AlwaysSample()}
	return []sdk.TracerProviderOption{sdk.WithSampler(sdk.ParentBased(s))}
}

// ShouldSample decides for the first span of a trace.
func (s sampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if p.Kind == trace.SpanKindServer {
		return s.requests.ShouldSample(p)
	}
	return s.others.ShouldSample(p)
}

// Description names it.
func (s sampler) Description() string {
	return "Requests{" + s.requests.Description() + "},Others{" + s.others.Description() + "}"
}
