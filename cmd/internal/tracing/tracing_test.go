package tracing

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"geodrop/builder"
)

// clean takes what the environment says of OpenTelemetry away.
func clean(t *testing.T) {
	for _, name := range []string{
		"OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER",
		"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER",
	} {
		t.Setenv(name, "")
	}
}

// receiver is an OTLP collector.
type receiver struct {
	t      *testing.T
	status int
	got    chan *collector.ExportTraceServiceRequest
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(b, &request)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("%s %s of %s: %v", r.Method, r.URL.Path, r.Header.Get("Content-Type"), err)
	}
	w.WriteHeader(c.status)
	c.got <- &request
}

// listen starts a receiver and points the environment at it.
func listen(t *testing.T, status int) *receiver {
	t.Helper()
	clean(t)
	c := &receiver{t: t, status: status, got: make(chan *collector.ExportTraceServiceRequest, 1)}
	web := httptest.NewServer(c)
	t.Cleanup(web.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.URL)
	return c
}

// TestSend: a build and its stages arrive at the collector as one trace.
func TestSend(t *testing.T) {
	c := listen(t, http.StatusOK)
	traces, err := Open(t.Context(), Options{Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("refused")
	err = Build(t.Context(), traces.Tracer(), nil, func(_ context.Context, p builder.Progress) error {
		p.Stage("read")
		p.Add(3)
		p.Add(4)
		p.Stage("sort")
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("the build ended with %v", err)
	}
	traces.Close()
	sent := (<-c.got).ResourceSpans[0]
	about := sent.Resource.String()
	if !strings.Contains(about, `"geodrop"`) || !strings.Contains(about, `"v1.2.3"`) {
		t.Errorf("the resource is %s", about)
	}
	byName := map[string]*spans.Span{}
	for _, s := range sent.ScopeSpans[0].Spans {
		byName[s.Name] = s
	}
	build, read, sort := byName["build"], byName["build read"], byName["build sort"]
	if build == nil || read == nil || sort == nil || len(byName) != 3 {
		t.Fatalf("spans %v", byName)
	}
	for _, s := range []*spans.Span{read, sort} {
		if !slices.Equal(s.TraceId, build.TraceId) || !slices.Equal(s.ParentSpanId, build.SpanId) || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s is not below the build", s.Name)
		}
	}
	if rows := read.Attributes[0]; rows.Key != "geodrop.rows" || rows.Value.GetIntValue() != 7 {
		t.Errorf("stage read has %v", read.Attributes)
	}
	if build.Status.GetCode() != spans.Status_STATUS_CODE_ERROR || build.Status.GetMessage() != "" {
		t.Errorf("a failed build has %v", build.Status)
	}
}

// TestRefused: a collector that refuses is a line in the log.
func TestRefused(t *testing.T) {
	c := listen(t, http.StatusBadRequest)
	var log strings.Builder
	traces, err := Open(t.Context(), Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := Span(t.Context(), traces.Tracer(), "swap", func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	traces.Close()
	<-c.got
	if !strings.Contains(log.String(), "traces were not sent") {
		t.Errorf("log: %s", log.String())
	}
}

// TestWanted: what the environment has to say for traces to be sent.
func TestWanted(t *testing.T) {
	const at = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1 "
	tests := []struct {
		environment string
		on, refused bool
	}{
		{"", false, false},
		{at, true, false},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1/x", true, false},
		{at + "OTEL_SDK_DISABLED=true", false, false},
		{at + "OTEL_TRACES_EXPORTER=none", false, false},
		{at + "OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", true, false},
		{at + "OTEL_TRACES_EXPORTER=zipkin", false, true},
		{at + "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.environment, func(t *testing.T) {
			clean(t)
			for _, word := range strings.Fields(tt.environment) {
				name, value, _ := strings.Cut(word, "=")
				t.Setenv(name, value)
			}
			traces, err := Open(t.Context(), Options{})
			if errors.Is(err, ErrEnvironment) != tt.refused {
				t.Fatal(err)
			}
			if err == nil {
				if on := traces.Tracer() != nil; on != tt.on {
					t.Errorf("traces are sent: %v", on)
				}
				traces.Close() // nothing has ended, so nobody is asked
			}
		})
	}
	if err := Build(t.Context(), nil, nil, func(_ context.Context, p builder.Progress) error {
		if p != nil {
			t.Error("progress without a tracer")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
