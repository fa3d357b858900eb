package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteJSON writes rows as an array, a row a line.
func WriteJSON(w io.Writer, rows []Row) error {
	var out strings.Builder
	out.WriteString("[")
	for i, r := range rows {
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode row %s %s: %w", r.Case, r.Metric, err)
		}
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString("\n" + string(b))
	}
	out.WriteString("\n]\n")
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("print rows: %w", err)
	}
	return nil
}

// WriteTable writes rows for people.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	// The outer columns are padded by hand: they are aligned left.
	first, last := len("case"), len("against")
	for _, r := range rows {
		first, last = max(first, len(label(r))), max(last, len(r.Peer))
	}
	line := func(cells [7]string) {
		fmt.Fprintf(t, "%-*s\t%s\t  %-*s\t\n", first, cells[0], strings.Join(cells[1:6], "\t"), last, cells[6])
	}
	line([...]string{"case", "value", "peer", "ratio", "target", "met", "against"})
	for _, r := range rows {
		line([...]string{label(r), quantity(&r.Value, r.Unit), quantity(r.PeerValue, r.Unit), ratio(r), target(r), met(r), r.Peer})
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return writeNotes(w, rows)
}

// writeNotes writes below the table what does not fit into its columns.
func writeNotes(w io.Writer, rows []Row) error {
	out := "\n"
	for _, r := range rows {
		if r.Note != "" {
			out += label(r) + ": " + r.Note + "\n"
		}
	}
	if _, err := io.WriteString(w, out); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

func label(r Row) string { return r.Case + " " + r.Metric }

func ratio(r Row) string {
	if r.Ratio == nil {
		return ""
	}
	return significant(*r.Ratio, 3) + "×"
}

func target(r Row) string {
	if r.Target == nil {
		return ""
	}
	if r.Ratio != nil || r.Peer == None {
		return significant(*r.Target, 3) + "×"
	}
	return quantity(r.Target, r.Unit)
}

func met(r Row) string {
	switch {
	case r.Target == nil:
		return ""
	case r.Met == nil:
		return "?"
	case *r.Met:
		return "met"
	}
	return "NOT MET"
}

// quantity is a value with its unit.
func quantity(v *float64, unit string) string {
	switch {
	case v == nil:
		return ""
	case unit == unitBytes:
		return bytesText(*v)
	case unit == "":
		return grouped(*v)
	}
	return grouped(*v) + " " + unit
}

// The units of rows.
const (
	unitNs      = "ns"
	unitMs      = "ms"
	unitSeconds = "s"
	unitBytes   = "bytes"
	unitPercent = "%"
	unitPerS    = "1/s"
)

func bytesText(v float64) string {
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if v >= u.bytes {
			return significant(v/u.bytes, 3) + " " + u.name
		}
	}
	return significant(v, 3) + " B"
}

// significant writes a number with so many digits, without an exponent.
func significant(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	decimals := max(digits-1-int(math.Floor(math.Log10(math.Abs(v)))), 0)
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// grouped is significant with commas between thousands.
func grouped(v float64) string {
	s := significant(v, 4)
	whole, fraction, _ := strings.Cut(s, ".")
	sign := ""
	if rest, ok := strings.CutPrefix(whole, "-"); ok {
		sign, whole = "-", rest
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}
