package query

import (
	"context"
	"errors"
	"fmt"

	"geodrop/grid/index"
)

// ErrNotSurveyed is of a tile that is answered from the survey of a release
// which has none yet.
var ErrNotSurveyed = errors.New("the places of the release are not counted yet")

// Survey counts the places of the release, for tiles up to SurveyZoom. It reads
// every posting, so whoever serves a release does it beside the requests, and
// ends it by the context before the release is closed; it is done once. The error
// is that of the context, or damage.
func (r *Release) Survey(ctx context.Context) error {
	defer r.endSurvey.Do(func() { close(r.surveyed) })
	if r.closed.Load() {
		return fmt.Errorf("survey: %w", ErrClosed)
	}
	var s *survey
	err := index.Protect(func() (err error) {
		s, err = newSurvey(ctx, r.tables, r.index.Segments(), maxCounts)
		return err
	})
	switch {
	case err == nil:
		r.survey.Store(s)
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("survey: %w", err)
	}
	return r.damage(err)
}

// Surveyed is closed when Survey has ended, also by an error.
func (r *Release) Surveyed() <-chan struct{} { return r.surveyed }

// notSurveyed is why there is no survey: it met damage, or is not made yet.
func (r *Release) notSurveyed() error {
	if err := r.Damaged(); err != nil {
		return err
	}
	return fmt.Errorf("tile: %w", ErrNotSurveyed)
}

// stopper looks at a context now and then: that costs more than a posting.
type stopper struct {
	ctx  context.Context
	seen uint
}

// postingsPerCheck take some tens of microseconds.
const postingsPerCheck = 4096

// check is to be called for each posting; it begins with the first.
func (s *stopper) check() error {
	s.seen++
	if s.seen%postingsPerCheck != 1 {
		return nil
	}
	return s.ctx.Err()
}
