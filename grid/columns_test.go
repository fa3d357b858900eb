package grid

import (
	"math"
	"testing"
)

// No size has a band whose number of columns is so near to a multiple of 8 that
// the rounding of a cosine, which differs from machine to machine, could decide
// it. The nearest of all sizes is 1.7e-11 of its columns away, and a cosine
// would have to be off by 4.8e-12 to take any of them there: it is off by 1e-16.
func TestColumnsDoNotDependOnRounding(t *testing.T) {
	const columns, cosine = 1.6e-11, 4.8e-12
	nearest, least := math.Inf(1), math.Inf(1)
	for size := MinSize; size <= MaxSize; size++ {
		rowDegrees := size.degrees()
		halfBands := int(math.Ceil(90 / rowDegrees / bandRows))
		for bandNo := range halfBands {
			full := fullCols(rowDegrees, bandNo)
			if full != fullCols(rowDegrees, -1-bandNo) {
				t.Fatalf("band %d of %d m has other columns in the south", bandNo, size)
			}
			some := max(full, tileEdge) // that many there are, at least
			off := math.Abs(full - tileEdge*math.Round(full/tileEdge))
			if off < columns*some || off < cosine*360/rowDegrees {
				t.Errorf("band %d of %d m has room for %v columns: that is too near to a multiple of 8", bandNo, size, full)
			}
			nearest, least = min(nearest, off/some), min(least, off*rowDegrees/360)
		}
	}
	t.Logf("nearest: %.3g of the columns, %.3g of the cosine", nearest, least)
}
