package transfer

import (
	"bufio"
	"errors"
	"strconv"
	"time"

	"geodrop/poi"
)

// writeTasks writes tasks.yaml but for the quotas. Text is quoted as in JSON,
// which YAML reads.
func writeTasks(w *bufio.Writer, tasks []poi.Task) error {
	y := yamlWriter{w: w}
	y.line("tasks:")
	for i := range tasks {
		y.task(&tasks[i])
	}
	return y.err
}

type yamlWriter struct {
	w   *bufio.Writer
	err error
}

func (y *yamlWriter) line(parts ...string) {
	for _, part := range append(parts, "\n") {
		_, err := y.w.WriteString(part)
		y.err = errors.Join(y.err, err)
	}
}

func (y *yamlWriter) quoted(s string) string {
	text, err := jsonText(s)
	y.err = errors.Join(y.err, err)
	return string(text)
}

func (y *yamlWriter) task(t *poi.Task) {
	y.line("  - id: ", y.quoted(string(t.ID)))
	y.line("    title: ", y.quoted(t.Title))
	y.line("    merchant: ", y.quoted(string(t.Merchant)))
	y.line("    poi_set: ", y.quoted(string(t.Set)))
	y.line("    starts_at: ", timeText(t.When.Start))
	y.line("    ends_at: ", timeText(t.When.End))
	y.line("    time_zone: ", t.When.TimeZone.String())
	if len(t.When.Sessions) > 0 {
		y.line("    sessions:")
		for _, s := range t.When.Sessions {
			y.line("      - ", y.quoted(s.String()))
		}
	}
	y.duration("    preview: ", t.Preview)
	y.line("    claim_radius_m: ", strconv.FormatFloat(float64(t.ClaimRadius), 'f', -1, 64))
	if t.Caps != (poi.Caps{}) {
		y.line("    caps:")
		y.line("      per_day: ", strconv.FormatUint(uint64(t.Caps.PerDay), 10))
		y.line("      total: ", strconv.FormatUint(uint64(t.Caps.Total), 10))
		y.duration("      cooldown: ", t.Caps.Cooldown)
	}
	y.line("    prizes:")
	for _, p := range t.Prizes {
		y.line("      - {prize: ", y.quoted(string(p.Prize)), ", weight: ", strconv.FormatUint(uint64(p.Weight), 10), "}")
	}
	if t.Paused {
		y.line("    paused: true")
	}
	if t.Priority != 0 {
		y.line("    priority: ", strconv.FormatInt(int64(t.Priority), 10))
	}
}

func (y *yamlWriter) duration(name string, d time.Duration) {
	if d != 0 {
		y.line(name, d.String())
	}
}
