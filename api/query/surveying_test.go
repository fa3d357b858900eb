package query

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"geodrop/grid/coord"
)

// TestSurvey: coarse tiles are refused until the survey is made, and when it was
// given up; fine ones never are.
func TestSurvey(t *testing.T) {
	a := &Tile{}
	c := scattered(t, 100)
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	refused := func(r *Release) {
		t.Helper()
		for _, zoom := range []int{0, SurveyZoom} {
			if err := r.Tile(t.Context(), MapTile{Zoom: zoom}, a); !errors.Is(err, ErrNotSurveyed) || a.Release != "" {
				t.Errorf("zoom %d: %v", zoom, err)
			}
		}
		must(t, r.Tile(t.Context(), MapTile{Zoom: SurveyZoom + 1}, a))
		must(t, r.Damaged())
	}
	refused(r)
	select {
	case <-r.Surveyed():
		t.Error("surveyed before Survey")
	default:
	}
	must(t, r.Survey(t.Context()))
	<-r.Surveyed()
	must(t, r.Tile(t.Context(), MapTile{}, a))
	if sumOf(a.Clusters) == 0 || !a.NextChange.Equal(r.NextChange()) {
		t.Errorf("%d places, until %v and %v", sumOf(a.Clusters), a.NextChange, r.NextChange())
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r = c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	if err := r.Survey(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Survey = %v", err)
	}
	<-r.Surveyed()
	refused(r)
}

// lasting is a context that ends when it has been looked at a number of times.
type lasting struct {
	context.Context
	looks int
}

func (l *lasting) Err() error {
	if l.looks--; l.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func (l *lasting) Done() <-chan struct{}       { return nil }
func (l *lasting) Deadline() (time.Time, bool) { return time.Time{}, false }

// TestTileStops: a tile or a survey of many places ends with its context, in the
// middle of them, and that is no damage.
func TestTileStops(t *testing.T) {
	c := scattered(t, 0)
	for i := range 3 * postingsPerCheck {
		c.spots = append(c.spots, newSpot(fmt.Sprint(i), at(covent.Lat+coord.Lat(i%100)*1e-6, covent.Lng+coord.Lng(i/100)*1e-6), "even"))
	}
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	of := maptile.At(orb.Point{float64(covent.Lng), float64(covent.Lat)}, 14)
	a := &Tile{}
	for looks, ends := range map[int]bool{0: true, 2: true, 3: false} {
		if err := r.Tile(&lasting{t.Context(), looks}, MapTile{14, of.X, of.Y}, a); errors.Is(err, context.DeadlineExceeded) != ends || len(a.Clusters) > 0 == ends {
			t.Errorf("a tile after %d looks: %v", looks, err)
		}
		if err := r.Survey(&lasting{t.Context(), looks}); errors.Is(err, context.DeadlineExceeded) != ends {
			t.Errorf("a survey after %d looks: %v", looks, err)
		}
	}
	must(t, r.Damaged())
}
