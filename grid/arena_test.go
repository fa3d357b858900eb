package grid

import (
	"fmt"
	"testing"
)

// Of an area that holds the whole box only that is kept.
func TestArenaKeepsWholeOnly(t *testing.T) {
	part := func(area uint32) patch { return patch{area: area, runs: []run{{first: 1, last: 2}}} }
	whole := func(area uint32) patch { return patch{area: area, odd: true} }
	for _, tc := range []struct {
		add, want []patch
	}{
		{[]patch{part(1), part(1), part(2)}, []patch{part(1), part(1), part(2)}},
		{[]patch{part(1), part(2), part(2), whole(2)}, []patch{part(1), whole(2)}},
		{[]patch{whole(2), part(2), whole(2), part(3)}, []patch{whole(2), part(3)}},
		{[]patch{whole(1), whole(2)}, []patch{whole(1), whole(2)}},
	} {
		a := arena{patches: []patch{part(1)}} // another cell's
		for _, m := range tc.add {
			a.add(m, 1)
		}
		if got := fmt.Sprint(a.patches[1:]); got != fmt.Sprint(tc.want) {
			t.Errorf("%v gives %s, want %v", tc.add, got, tc.want)
		}
	}
}

func TestArenaCut(t *testing.T) {
	var a arena
	vertices, patches := flatten([]Shape{mustShape(t, square)})
	b := earth()
	first := a.narrow(vertices, &b, &b, patches)
	mark := a.mark()
	a.narrow(vertices, &b, &b, patches)
	a.cut(mark)
	if a.mark() != mark || len(first) != 1 || first[0].edges() != 4 {
		t.Errorf("cut to %+v, want %+v; kept %+v", a.mark(), mark, first)
	}
}
