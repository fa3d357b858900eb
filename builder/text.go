package builder

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text gives the summary to people, as rows of a name and what it is.
func (s *Summary) Text(row func(name, value string)) {
	row("read", Thousands(s.Read)+" POIs"+", "+Thousands(s.Memberships)+" set memberships")
	row("rejected", s.rejected())
	for i := range s.Rejects[:min(len(s.Rejects), shownRejects)] {
		row("", s.Rejects[i].String())
	}
	if more := s.Rejected - shownRejects; more > 0 {
		row("", "… and "+Thousands(more)+" more")
	}
	row("screened out", Thousands(s.Screened)+" POIs"+" in "+strconv.Itoa(len(s.zones))+" of "+strconv.Itoa(s.Zones)+" zones"+most(s.ScreenedBy))
	for _, z := range s.TopZones {
		row("", fmt.Sprintf("%s (%s): %s", cmp.Or(z.Name, string(z.ID)), z.Reason, Thousands(z.Count)))
	}
	row("in the release", Thousands(s.Postings)+" POIs")
	row("outside any district", Thousands(s.Outside)+" POIs"+" ("+strconv.Itoa(s.Districts)+" districts)")
	row("without tasks", Thousands(s.WithoutTasks)+" POIs")
	cells := make([]string, len(s.Densest))
	for i, c := range s.Densest {
		cells[i] = c.Cell + " " + strconv.Itoa(c.Count)
	}
	row("densest cells", strings.Join(cells, ", "))
	row("segments", s.segments())
	row("bytes", Thousands(s.Bytes))
	for _, stage := range s.Stages {
		row("stage "+stage.Name, fmt.Sprintf("%8.2f s, peak %s", stage.Duration.Seconds(), mebibytes(stage.PeakBytes)))
	}
	row("total", fmt.Sprintf("%8.2f s, peak %s", s.Total().Seconds(), mebibytes(s.Peak())))
}

// segments tells how many were made anew, where there was a release to build upon.
func (s *Summary) segments() string {
	n := strconv.Itoa(s.Segments)
	switch {
	case s.Base != "":
		return n + ": " + strconv.Itoa(s.Rebuilt) + " rebuilt, " + strconv.Itoa(s.Reused) + " as in " + s.Base
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
	rows := " rows"
	if s.Rejected == 1 {
		rows = " row"
	}
	return Thousands(s.Rejected) + rows + most(by)
}

// most lists numbers by name, the greatest first.
func most(by map[string]int64) string {
	if len(by) == 0 {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = name + " " + Thousands(by[name])
	}
	return ": " + strings.Join(parts, ", ")
}

// Thousands writes a number with its thousands apart.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func mebibytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20)
}
