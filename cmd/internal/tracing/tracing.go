// Package tracing sends spans to an OpenTelemetry collector, if the environment
// names one, by the variables that all OpenTelemetry programs know:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
//	                      http://host:4318; without one of them nothing is traced
//	OTEL_EXPORTER_OTLP_HEADERS, …_CERTIFICATE, …_TIMEOUT, …_COMPRESSION
//	OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG
//	                      such as parentbased_traceidratio and 0.1; default: every
//	                      build and a hundredth of the requests
//	OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
//	OTEL_SDK_DISABLED=true, OTEL_TRACES_EXPORTER=none
//	                      nothing is traced
//
// Spans are sent as protobuf over HTTP. They tell of routes, statuses, builds and
// releases, never of positions.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// ErrEnvironment is wrapped by errors in what the environment says.
var ErrEnvironment = errors.New("the environment asks for traces that cannot be sent")

// Options of a tracer. The zero value is fit for use.
type Options struct {
	Version string       // of the program
	Log     *slog.Logger // of spans that cannot be sent; default: discarded
}

// Traces are the spans of a process on their way.
type Traces struct {
	provider *sdk.TracerProvider // nil: nothing is traced
}

// Open prepares what the environment asks for. Nothing is sent before the first
// span has ended: a collector that is away is no error.
func Open(ctx context.Context, o Options) (*Traces, error) {
	on, err := wanted()
	if err != nil || !on {
		return &Traces{}, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	// The package keeps one handler for all; without it, it writes to stderr.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		o.Log.Warn("traces were not sent", "error", err)
	}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnvironment, err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithAttributes(attribute.String("service.name", "geodrop"), attribute.String("service.version", o.Version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrEnvironment, err), exporter.Shutdown(ctx))
	}
	return &Traces{sdk.NewTracerProvider(append(sampling(), sdk.WithBatcher(exporter), sdk.WithResource(about))...)}, nil
}

// wanted reports whether the environment asks for traces.
func wanted() (bool, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return false, nil
	}
	switch exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "", "otlp":
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("%w: OTEL_TRACES_EXPORTER is %q, and can be otlp or none", ErrEnvironment, exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := os.Getenv(name); protocol != "" && protocol != "http/protobuf" {
			return false, fmt.Errorf("%w: %s is %q, and can be http/protobuf", ErrEnvironment, name, protocol)
		}
	}
	return true, nil
}

// Tracer makes spans; nil where nothing is traced.
func (t *Traces) Tracer() trace.Tracer {
	if t.provider == nil {
		return nil
	}
	return t.provider.Tracer("geodrop")
}

// Close sends what has ended, for as long as that may take when a process stops.
// What cannot be sent is lost, and logged.
func (t *Traces) Close() {
	if t.provider == nil {
		return
	}
	const patience = 3 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		otel.Handle(err)
	}
}
