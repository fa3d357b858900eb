package builder

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"geodrop/poi/phrase"
)

// Text gives the summary to people, as rows of a name and what it is.
func (s *Summary) Text(row func(name, value string)) {
	row("read", phrase.Count(s.Read, "POI")+", "+phrase.Count(s.Memberships, "set membership"))
	row("rejected", s.rejected())
	for i := range s.Rejects[:min(len(s.Rejects), shownRejects)] {
		row("", s.Rejects[i].String())
	}
	if more := s.Rejected - shownRejects; more > 0 {
		row("", "… and "+phrase.Number(more)+" more")
	}
	row("screened out", phrase.Count(s.Screened, "POI")+" in "+phrase.Number(len(s.zones))+" of "+phrase.Count(s.Zones, "zone")+most(s.ScreenedBy))
	for _, z := range s.TopZones {
		row("", fmt.Sprintf("%s (%s): %s", cmp.Or(z.Name, string(z.ID)), z.Reason, phrase.Number(z.Count)))
	}
	row("in the release", phrase.Count(s.Postings, "POI"))
	row("outside any district", phrase.Count(s.Outside, "POI")+" ("+phrase.Count(s.Districts, "district")+")")
	row("without tasks", phrase.Count(s.WithoutTasks, "POI"))
	cells := make([]string, len(s.Densest))
	for i, c := range s.Densest {
		cells[i] = fmt.Sprintf("%s %d", c.Cell, c.Count)
	}
	row("densest cells", strings.Join(cells, ", "))
	row("segments", s.segments())
	row("bytes", phrase.Number(s.Bytes))
	for _, stage := range s.Stages {
		row("stage "+stage.Name, fmt.Sprintf("%8.2f s, peak %s", stage.Duration.Seconds(), mebibytes(stage.PeakBytes)))
	}
	row("total", fmt.Sprintf("%8.2f s, peak %s", s.Total().Seconds(), mebibytes(s.Peak())))
}

// segments tells how many were made anew, where there was a release to build upon.
func (s *Summary) segments() string {
	n := phrase.Number(s.Segments)
	switch {
	case s.Base != "":
		return n + ": " + phrase.Number(s.Rebuilt) + " rebuilt, " + phrase.Number(s.Reused) + " as in " + s.Base
	case s.NotUpon != "":
		return n + ", all rebuilt: " + s.NotUpon
	}
	return n
}

const shownRejects = 10

// Total is how long the build took.
func (s *Summary) Total() time.Duration {
	var total time.Duration
	for _, stage := range s.Stages {
		total += stage.Duration
	}
	return total
}

// Peak is the most memory that the process had in any stage.
func (s *Summary) Peak() int64 {
	most := int64(0)
	for _, stage := range s.Stages {
		most = max(most, stage.PeakBytes)
	}
	return most
}

func (s *Summary) rejected() string {
	by := map[string]int64{}
	for code, n := range s.RejectedBy {
		by[string(code)] = n
	}
	return phrase.Count(s.Rejected, "row") + most(by)
}

// most lists numbers by name, the greatest first.
func most(by map[string]int64) string {
	if len(by) == 0 {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = name + " " + phrase.Number(by[name])
	}
	return ": " + strings.Join(parts, ", ")
}

func mebibytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20)
}
