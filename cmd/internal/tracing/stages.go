package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"geodrop/builder"
)

// Span runs what a span is about. The span says whether it failed, not how: the
// log does. Without a tracer it only runs.
func Span(ctx context.Context, t trace.Tracer, name string, what func(context.Context) error) error {
	if t == nil {
		return what(ctx)
	}
	ctx, span := t.Start(ctx, name)
	defer span.End()
	err := what(ctx)
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	return err
}

// Build runs a build: a span, with one below it for each stage. It tells what
// the build asks it to tell, and then next, which may be nil.
func Build(ctx context.Context, t trace.Tracer, next builder.Progress, what func(context.Context, builder.Progress) error) error {
	if t == nil {
		return what(ctx, next)
	}
	return Span(ctx, t, "build", func(ctx context.Context) error {
		p := &stages{ctx: ctx, tracer: t, next: next}
		defer p.end() // of a stage that failed
		return what(ctx, p)
	})
}

// stages makes a span of each stage of a build.
type stages struct {
	ctx    context.Context // of the build
	tracer trace.Tracer
	next   builder.Progress
	span   trace.Span // nil between stages
	rows   int64
}

// Stage ends the stage before and begins the next.
func (s *stages) Stage(name string) {
	s.end()
	_, s.span = s.tracer.Start(s.ctx, "build "+name)
	if s.next != nil {
		s.next.Stage(name)
	}
}

// Add counts rows of the stage.
func (s *stages) Add(rows int) {
	s.rows += int64(rows)
	if s.next != nil {
		s.next.Add(rows)
	}
}

// Done ends the last stage.
func (s *stages) Done() {
	s.end()
	if s.next != nil {
		s.next.Done()
	}
}

func (s *stages) end() {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(attribute.Int64("geodrop.rows", s.rows))
	s.span.End()
	s.span, s.rows = nil, 0
}
