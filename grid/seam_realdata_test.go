//go:build realdata

package grid

import (
	"testing"
	"time"
)

// The borders of the real districts were simplified one by one: thousands
// overlap or leave gaps, nearly all of them by some tens of metres. The places
// that are told lie in both districts, or in none.
func TestRealSeams(t *testing.T) {
	var shapes []Shape
	for _, polygons := range readShapes(t, districtFiles...) {
		shapes = append(shapes, Shape(polygons))
	}
	start := time.Now()
	seams, err := FindSeams(t.Context(), shapes, SeamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	count, narrow, wrong := map[SeamKind]int{}, 0, 0
	for _, s := range seams.List {
		count[s.Kind]++
		if s.Width < 100 {
			narrow++
		}
		both, one := shapes[s.A].Contains(s.At) && shapes[s.B].Contains(s.At), shapes[s.A].Contains(s.At) || shapes[s.B].Contains(s.At)
		if s.Kind == Overlap && !both || s.Kind == Gap && one {
			wrong++
		}
	}
	t.Logf("%d shapes: %v along lines %.0f m apart, in %v", len(shapes), count, float64(seams.Step), time.Since(start))
	if n := len(seams.List); count[Overlap] < 7_000 || count[Gap] < 7_000 || narrow < n*9/10 || wrong > 0 {
		t.Errorf("%v, %d of them narrow, %d not where they should be", count, narrow, wrong)
	}
}
