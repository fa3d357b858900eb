package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"geodrop/api/client/load"
	"geodrop/poi/phrase"
)

// writeLoad prints a report for people.
func writeLoad(w io.Writer, r *load.Report) error {
	t := table{w: w}
	t.row("rate asked", fmt.Sprintf("%s, for %.4g s", perSecond(r.Rate), r.Seconds))
	t.row("rate done", perSecond(r.RateDone))
	t.row("goodput", fmt.Sprintf("%s, %s of the lookups", perSecond(r.Goodput), share(r.OK, r.Lookups)))
	t.row("latency", quantilesText(r.Latency)+", from when a lookup was due")
	t.row("", quantilesText(r.Service)+", from when it was sent")
	t.row("answers without drops", share(r.Empty, r.OK))
	t.row("errors", errorsText(r.Errors))
	if s := r.Slow; s != nil {
		t.row("slow clients", fmt.Sprintf("%s: %s, %s cut off, %s refused", phrase.Number(s.Clients),
			phrase.Count(s.Connected, "connection"), phrase.Number(s.CutOff), phrase.Number(s.Refused)))
	}
	t.row("schedule", scheduleText(r))
	return t.err
}

func perSecond(rate float64) string {
	if rate < 1000 {
		return strconv.FormatFloat(rate, 'g', 4, 64) + "/s"
	}
	return phrase.Number(int64(rate+0.5)) + "/s"
}

func share(n, of int64) string {
	if of == 0 {
		return "none"
	}
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 2, 64) + " %"
}

func quantilesText(q load.Quantiles) string {
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  p99.9 %s  max %s ms", ms(q.P50), ms(q.P90), ms(q.P99), ms(q.P999), ms(q.Max))
}

// ms has microseconds where they matter.
func ms(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func errorsText(errors map[string]int64) string {
	if len(errors) == 0 {
		return "none"
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(errors)) {
		parts = append(parts, kind+" "+phrase.Number(errors[kind]))
	}
	return strings.Join(parts, ", ")
}

// scheduleText says whether the figures above can be believed.
func scheduleText(r *load.Report) string {
	s := r.Schedule
	text := "kept"
	if !s.Kept {
		text = fmt.Sprintf("NOT KEPT: the generator itself was more than 1 ms late with %s of the lookups", share(s.Late, r.Lookups))
	}
	text += fmt.Sprintf("; late by p99 %s  max %s ms", ms(s.LagMS.P99), ms(s.LagMS.Max))
	if s.Cut > 0 {
		text += fmt.Sprintf("; stopped %.4g s before the end", s.Cut)
	}
	return text
}

// stepHeading and stepLine are the table of --find-peak.
const stepHeading = "    asked/s   goodput/s    p50 ms    p99 ms  errors"

func stepLine(r *load.Report) string {
	line := fmt.Sprintf("%11s %11s %9s %9s  %s", phrase.Number(int64(r.Rate+0.5)), phrase.Number(int64(r.Goodput+0.5)),
		ms(r.Latency.P50), ms(r.Latency.P99), errorsText(r.Errors))
	if !r.Schedule.Kept {
		line += " (the generator was late)"
	}
	return line
}
