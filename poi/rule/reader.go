package rule

import (
	"fmt"
	"math"
	"strings"

	"geodrop/poi"
	"geodrop/poi/decode"
)

// Rules that the engine itself emits for.
const (
	idUnreadable  = "unreadable-file"
	idMisnamed    = "misnamed-file"
	idUnknownFile = "unknown-file"
	idDuplicate   = "duplicate-id"
	idDangling    = "dangling-reference"
	idMemberTwice = "membership-twice"
)

// readerRules are about what cannot be read. The last one claims what no other
// rule did.
func readerRules() []*Rule {
	const group = "Files and rows"
	return []*Rule{
		{
			ID: idUnreadable, Group: group, Severity: Error,
			Reason: "a file is not what its name says",
			Fix:    "Mend the file at the place that is named; validate again to see what the rest of it has.",
			Doc: "A file that is cut short, is UTF-16, has no header or is no JSON or YAML cannot be read to its end, " +
				"so nobody knows what is missing. Rules that need the whole config do not run, and the severity of this one stays.",
		},
		{
			ID: idMisnamed, Group: group, Severity: Error,
			Reason: "a file is not read for its name, which is nearly that of a file of a bundle",
			Fix:    "Rename it as the finding says, or move it out of the folder.",
			Doc: "Files of a bundle are known by their names, and all of them are optional: tasks.yml in the place of tasks.yaml is a " +
				"config without tasks. geodrop guide bundle names the files.",
		},
		{
			ID: idUnknownFile, Group: group, Severity: Warning,
			Reason: "a file is no part of a bundle and is not read",
			Fix:    "Name it as geodrop guide bundle has it, or move it out of the folder.",
			Doc: "Whoever put it there may think that it counts. Names that begin with a dot, Markdown, and names without an ending " +
				"such as LICENSE are left alone.",
		},
		{
			ID: "bad-row", Group: group, Severity: Error,
			Reason: "a row, feature or task cannot be taken apart",
			Fix:    "Write it as the format has it: geodrop guide bundle shows each.",
			Doc: "The row has more or fewer fields than the header, a quote that is never closed, " +
				"a field that the format does not have, text where a number belongs, or the like. It is left out.",
			Claims: byCode(decode.CodeFieldCount, decode.CodeQuote, decode.CodeSyntax, decode.CodeType,
				decode.CodeUnknown, decode.CodeColumn, decode.CodeDepth, decode.CodeFile, decode.CodeCRS),
		},
		{
			ID: "bad-value", Group: group, Severity: Error,
			Reason: "a value is missing or against its limits",
			Fix:    "Write a value within the limits that the finding names.",
			Doc: "A required field is empty, a text is longer than its limit, a time or a time zone does not parse, " +
				"a number is out of its range. The row is left out.",
			Claims: func(*poi.Reject) bool { return true },
		},
	}
}

// strays tells of the files that are not read.
func (v *validation) strays() {
	bundle, ok := v.src.(interface{ Strays() []decode.Stray })
	if !ok {
		return
	}
	for _, s := range bundle.Strays() {
		id := idUnknownFile
		if s.Missing {
			id = idMisnamed
		}
		v.collector.emit(id, Finding{At: poi.Place{File: s.Name}, Object: "file " + s.Name, Nearest: s.Nearest,
			Message: "is not read: its name is none of a file of a bundle"})
	}
}

// byCode claims rejects by their code.
func byCode(codes ...poi.Code) func(*poi.Reject) bool {
	return func(r *poi.Reject) bool {
		for _, c := range codes {
			if r.Code == c {
				return true
			}
		}
		return false
	}
}

// fieldName is the last name of a field's path: of "quotas[3].units" it is
// "units", of a field of a store's table "units of" as well.
func fieldName(r *poi.Reject) string {
	field := strings.TrimSuffix(r.Field, " of")
	field = field[strings.LastIndexByte(field, '.')+1:]
	field, _, _ = strings.Cut(field, "[")
	return field
}

// rejectFinding is what a reader left out, as a finding. The rows of a store have
// no lines: there the value of a reject is the key.
func (v *validation) rejectFinding(r *poi.Reject) Finding {
	if r.Line == 0 && !v.view.Lines {
		field := strings.TrimSuffix(r.Field, " of")
		return Finding{At: record(poi.Table(r.File), r.Value, field), Object: objectOf(r), Message: strings.TrimSpace(field + " " + r.Reason)}
	}
	f := Finding{At: poi.Place{File: r.File, Line: r.Line, Column: r.Column, Field: r.Field}, Value: r.Value, See: r.See}
	f.Nearest = v.nearestTo(r)
	reason := r.Reason
	if r.See != (poi.Place{}) { // it is named by See
		reason = givenBefore
	}
	f.Message = strings.TrimSpace(r.Field + " " + reason)
	if r.Value != "" {
		f.Message = fmt.Sprintf("%s %q %s", r.Field, r.Value, reason)
	}
	v.view.trySwapped(r, &f)
	return f
}

// objectOf is the object of a row of a store.
func objectOf(r *poi.Reject) string {
	what, ok := map[poi.Table]string{
		poi.TableMerchants: "merchant", poi.TablePrizes: "prize", poi.TableTasks: "task", poi.TableDistricts: "district",
		poi.TableZones: "zone", poi.TablePOIs: "POI", poi.TableSets: "set",
	}[poi.Table(r.File)]
	if !ok || r.Value == "" {
		return ""
	}
	return what + " " + r.Value
}

// nearestTo is the nearest value that would not have been rejected, where there
// is one.
func (v *validation) nearestTo(r *poi.Reject) string {
	name := fieldName(r)
	if r.Code == poi.CodeRange && isAmount(name) {
		return nearestAmount(name, r.Value)
	}
	if r.Code != poi.CodeDangling {
		return ""
	}
	names, known := v.names[name]
	if !known {
		names = v.namesFor(name)
		v.names[name] = names
	}
	return v.nearest.to(r.Value, names)
}

// namesFor are what a field may name.
func (v *validation) namesFor(field string) []string {
	c := v.view.Config
	switch field {
	case "merchant":
		return namesOf(c.Merchants, func(m *poi.Merchant) string { return string(m.ID) })
	case "prize":
		return namesOf(c.Prizes, func(p *poi.Prize) string { return string(p.ID) })
	case "task_id":
		return namesOf(c.Tasks, func(t *poi.Task) string { return string(t.ID) })
	case "poi_set":
		return append(namesOf(c.Sets, func(s *poi.SetID) string { return string(*s) }), string(poi.AllPOIs))
	}
	return nil
}

func nearestAmount(name, value string) string {
	if strings.HasPrefix(value, "-") || strings.Trim(value, "0") == "" {
		if name == "weight" {
			return "1"
		}
		return "0"
	}
	if name == "weight" {
		return fmt.Sprint(poi.MaxWeight)
	}
	return fmt.Sprint(uint64(poi.MaxUnits))
}

func namesOf[T any](records []T, name func(*T) string) []string {
	names := make([]string, len(records))
	for i := range records {
		names[i] = name(&records[i])
	}
	return names
}

// addAmounts adds what findings amount to, up to the largest number there is.
func addAmounts(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// addUnits adds units, up to the largest that there is.
func addUnits(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
