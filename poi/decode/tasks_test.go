package decode

import (
	"fmt"
	"strings"
	"testing"
)

// around is what tasks refer to.
var around = map[string]string{
	"merchants.csv": "id,name\nm,\n",
	"prizes.csv":    "id,name,kind,merchant,value,currency,units\np,,cash,m,1,CNY,5\nq,,coupon,m,,,\n",
	"poi_sets.csv":  "set_id,poi_id\nparks,a\n",
}

// taskText is a good task, with lines of the test's own in place of those that
// begin with the same key. An empty one is left out.
func taskText(replace ...string) string {
	lines := []string{
		"  - id: t",
		"    title: T",
		"    merchant: m",
		"    poi_set: parks",
		"    starts_at: 2027-01-01T00:00:00Z",
		"    ends_at: 2027-02-01T00:00:00Z",
		"    prizes: [{prize: p, weight: 9}]",
		"    quotas: [{prize: p, district: 01001, units: 5}]",
	}
	for _, with := range replace {
		key, _, _ := strings.Cut(with, ":")
		found := false
		for i, line := range lines {
			if strings.HasPrefix(strings.TrimLeft(line, " -"), key+":") {
				lines[i], found = line[:4]+with, true
			}
		}
		if !found {
			lines = append(lines, "    "+with)
		}
	}
	return "tasks:\n" + strings.Join(lines, "\n") + "\n"
}

func TestBadTasks(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		kept    int
		rejects []string
		fault   string
	}{
		{"good", taskText(), 1, nil, ""},
		{"empty", "", 0, nil, ""},
		{"no tasks", "tasks: []\n", 0, nil, ""},
		{"CRLF", strings.ReplaceAll(taskText(), "\n", "\r\n"), 1, nil, ""},

		// The file.
		{"no YAML", "tasks: [", 0, nil, ":1: the file is not YAML: did not find expected node content (syntax)"},
		{"tab", "tasks:\n\t- id: t\n", 0, nil, ":2: the file is not YAML: found character that cannot start any token (syntax)"},
		{"tab below a key", "tasks:\n  - id: t\n\ttitle: x\n", 0, nil, ":3: the file is not YAML: found a tab character that violates indentation (syntax)"},
		{"key too far left", "tasks:\n  - id: t\n    title: x\n   poi_set: y\n", 0, nil, ":4: the file is not YAML: did not find expected '-' indicator (syntax)"},
		{"key too far right", "tasks:\n  - id: t\n    title: x\n     poi_set: y\n", 0, nil, ":4: the file is not YAML: mapping values are not allowed in this context (syntax)"},
		{"item among keys", "tasks:\r\n  - id: t\r\n    title: x\r\n    - y\r\n", 0, nil, ":4: the file is not YAML: did not find expected key (syntax)"},
		{"item too far left", "tasks:\n  - id: t\n    title: x\n - id: u\n", 0, nil, ":4: the file is not YAML: did not find expected key (syntax)"},
		{"quote in quotes", "tasks:\n  - id: t\n    title: 'it's'\n    poi_set: y\n", 0, nil, ":3: the file is not YAML: did not find expected key (syntax)"},
		{"open quote closed later", "tasks:\n  - id: t\n    title: 'x\n    poi_set: y\n    kind: 'z'", 0, nil, ":5: the file is not YAML: did not find expected key (syntax)"},
		{"open quote", "tasks:\n  - id: t\n    title: \"x\n    poi_set: y\n", 0, nil, ":3: the file is not YAML: found unexpected end of stream (syntax)"},
		{"open list", "tasks:\n  - id: t\n    prizes: [a, b\n    poi_set: y\n", 0, nil, ":3: the file is not YAML: did not find expected ',' or ']' (syntax)"},
		{"tag of no handle", "tasks:\n  - id: t\n    title: !a!b x\n", 0, nil, ":3: the file is not YAML: found undefined tag handle (syntax)"},
		{"before comments", "tasks:\n  - id: t\n    title: x\n   poi_set: y" + strings.Repeat("\n  # c\n\n", 40), 0, nil, ":4: the file is not YAML: did not find expected '-' indicator (syntax)"},
		{"far down", strings.Repeat("# c\n", 3000) + "tasks:\n" + strings.Repeat("  - id: t\n", 3000) + " - id: u\n  - id: t\n", 0, nil, ":6002: the file is not YAML: did not find expected key (syntax)"},
		{"long line", "tasks:\n  - id: '" + strings.Repeat("x", 3000) + "'y\n  - id: t\n", 0, nil, ":2: the file is not YAML: did not find expected key (syntax)"},
		{"behind a document", "tasks: []\n---\n- a\nb: c\n", 0, nil, ":4: the file is not YAML: did not find expected '-' indicator (syntax)"},
		{"list", "- id: t\n", 0, nil, ":1:1: is not a mapping of fields (wrong_type)"},
		{"unknown top", "task: []\n", 0, nil, `:1:1: task is no field; did you mean "tasks"? (unknown_field)`},
		{"two documents", "tasks: []\n---\ntasks: []\n", 0, nil, ":2:1: a second document begins here; the file has one (syntax)"},
		{"large", "#" + strings.Repeat("x", MaxTasksBytes), 0, nil, ": the file has more than 8388608 bytes; put the quotas into quotas.csv (too_long)"},
		{"deep", strings.Repeat("[", 200000), 0, nil, ": the file is not YAML: exceeded max depth of 10000 (syntax)"},
		{"invalid UTF-8", "tasks:\n  - id: \xff\n", 0, nil, ": the file is not YAML: invalid leading UTF-8 octet (syntax)"},
		{"UTF-16", "\xff\xfet\x00", 0, nil, ":1: the file is UTF-16; save it as UTF-8 (invalid_utf8)"},

		// Fields.
		{"unknown field", taskText("titel: x"), 0, []string{`:10:5: titel is no field; did you mean "title"? (unknown_field)`}, ""},
		{"field twice", taskText() + "    paused: true\n    paused: true\n", 0, []string{`:11:5: paused "paused" is given twice (duplicate)`}, ""},
		{"unknown alias", taskText("title: *b"), 0, nil, ": the file is not YAML: unknown anchor 'b' referenced (syntax)"},
		{"alias bomb", "a: &a [x,x,x,x,x,x,x,x,x]\n" + bomb() + "tasks: *z\n", 0, nil, `:1:1: a is no field; there are tasks (unknown_field)`},
		{"anchor", taskText("title: &a T"), 0, []string{`:3:12: title "T" uses an anchor or alias; write the value out (syntax)`}, ""},
		{"alias", taskText("title: &a T", "paused: *a"), 0, []string{
			`:3:12: title "T" uses an anchor or alias; write the value out (syntax)`, `:10:13: paused uses an anchor or alias; write the value out (syntax)`}, ""},
		{"tag", taskText("title: !!binary aGk="), 0, []string{`:3:12: title "aGk=" has the tag !!binary; leave tags out (syntax)`}, ""},
		{"list for text", taskText("title: [a]"), 0, []string{`:3:12: title is not a single value (wrong_type)`}, ""},
		{"text for list", taskText("prizes: p"), 0, []string{`:8:13: prizes "p" is not a list (wrong_type)`}, ""},
		{"null", taskText("poi_set: ~"), 0, []string{`:5:14: poi_set "~" is empty (missing)`}, ""},
		{"no merchant", strings.Replace(taskText(), "    merchant: m\n", "", 1), 0, []string{`:2:5: merchant is empty (missing)`}, ""},
		{"task twice", taskText() + strings.TrimPrefix(taskText(), "tasks:\n"), 1, []string{`:10:9: id "t" is given before, on line 2 (duplicate)`}, ""},
		{"several faults", taskText("paused: maybe", "preview: soon"), 0, []string{
			`:10:13: paused "maybe" is neither true nor false (wrong_type)`,
			`:11:14: preview "soon" is not a duration such as 15m or 1h30m (bad_format)`}, ""},
		{"control character", taskText(`title: "a\0b"`), 0, []string{`:3:12: title "a\x00b" has the control character U+0000 at byte 2 (control_character)`}, ""},

		// Numbers.
		{"quota -1", quota("-1"), 0, []string{`:9:47: quotas[0].units "-1" is not within 0…9007199254740991 (out_of_range)`}, ""},
		{"quota 2⁶³", quota("9223372036854775808"), 0, []string{`:9:47: quotas[0].units "9223372036854775808" is not within 0…9007199254740991 (out_of_range)`}, ""},
		{"quota 2⁶⁴", quota("18446744073709551616"), 0, []string{`:9:47: quotas[0].units "18446744073709551616" is not within 0…9007199254740991 (out_of_range)`}, ""},
		{"quota 2⁵³-1", quota("9007199254740991"), 1, nil, ""},
		{"quota 1e3", quota("1e3"), 0, []string{`:9:47: quotas[0].units "1e3" is not a whole number in digits (not_a_number)`}, ""},
		{"quota 1.0", quota("1.0"), 0, []string{`:9:47: quotas[0].units "1.0" is not a whole number in digits (not_a_number)`}, ""},
		{"quota 0x10", quota("0x10"), 0, []string{`:9:47: quotas[0].units "0x10" is not a whole number in digits (not_a_number)`}, ""},
		{"quota 1_000", quota("1_000"), 0, []string{`:9:47: quotas[0].units "1_000" is not a whole number in digits (not_a_number)`}, ""},
		{"quota in quotes", quota(`"12"`), 0, []string{`:9:47: quotas[0].units "12" is text; write the number without quotes (wrong_type)`}, ""},
		{"quota .inf", quota(".inf"), 0, []string{`:9:47: quotas[0].units ".inf" is not a whole number in digits (not_a_number)`}, ""},
		{"no units", taskText("quotas: [{prize: p, district: 1}]"), 0, []string{`:9:14: quotas[0].units is missing (missing)`}, ""},
		{"weight 0", taskText("prizes: [{prize: p, weight: 0}]"), 0, []string{`:8:33: prizes[0].weight "0" is not within 1…1000000 (out_of_range)`}, ""},
		{"weight over the bound", taskText("prizes: [{prize: p, weight: 1000001}]"), 0, []string{`:8:33: prizes[0].weight "1000001" is not within 1…1000000 (out_of_range)`}, ""},
		{"weight no uint32", taskText("prizes: [{prize: p, weight: 5000000000}]"), 0, []string{`:8:33: prizes[0].weight "5000000000" is not within 1…1000000 (out_of_range)`}, ""},
		{"weight -1", taskText("prizes: [{prize: p, weight: -1}]"), 0, []string{`:8:33: prizes[0].weight "-1" is not within 1…1000000 (out_of_range)`}, ""},
		{"radius", taskText("claim_radius_m: 396"), 0, []string{`:10:21: claim_radius_m "396" is not within 1…395 metres (out_of_range)`}, ""},
		{"radius .nan", taskText("claim_radius_m: .nan"), 0, []string{`:10:21: claim_radius_m ".nan" is not a decimal number (not_a_number)`}, ""},
		{"priority", taskText("priority: 1e9"), 0, []string{`:10:15: priority "1e9" is not a whole number within -1000000…1000000 (out_of_range)`}, ""},
		{"cap", taskText("caps: {total: 1000001}"), 0, []string{`:10:19: caps.total "1000001" is not within 0…1000000 (out_of_range)`}, ""},

		// Times.
		{"reversed", taskText("ends_at: 2026-01-01T00:00:00Z"), 0, []string{
			`:7:14: ends_at "2026-01-01T00:00:00Z" is not after starts_at 2027-01-01T00:00:00Z (reversed)`}, ""},
		{"date only", taskText("ends_at: 2027-02-01"), 0, []string{`:7:14: ends_at "2027-02-01" is not a time such as 2027-01-01T20:00:00+08:00 (bad_format)`}, ""},
		{"session", taskText("sessions: [8-9]", "time_zone: UTC"), 0, []string{`:10:16: sessions[0] "8-9" is no session: "8" is not a time of day such as 20:00 (bad_format)`}, ""},
		{"sessions without zone", taskText("sessions: [08:00-09:00]"), 0, []string{`:2:5: time_zone is missing: sessions need one, such as Asia/Shanghai (missing)`}, ""},
		{"zone", taskText("time_zone: Local"), 0, []string{`:10:16: time_zone "Local" is not an IANA time zone such as Asia/Shanghai (bad_format)`}, ""},
		{"preview", taskText("preview: 15"), 0, []string{`:10:14: preview "15" is not a duration such as 15m or 1h30m (bad_format)`}, ""},
		{"negative preview", taskText("preview: -1m"), 0, []string{`:10:14: preview "-1m" is not within 0s…720h0m0s (out_of_range)`}, ""},

		// References.
		{"dangling", taskText("merchant: x", "poi_set: y", "prizes: [{prize: z}]", "quotas: []"), 0, []string{
			`:4:15: merchant "x" is no merchant of this bundle (dangling)`,
			`:5:14: poi_set "y" is no POI set of this bundle (dangling)`,
			`:8:22: prizes[0].prize "z" is no prize of this bundle (dangling)`}, ""},
		{"quota of another prize", taskText("quotas: [{prize: q, district: 1, units: 1}]"), 0, []string{
			`:9:22: quotas[0].prize "q" is not among the task's prizes (dangling)`}, ""},
		{"every POI", taskText("poi_set: all"), 1, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expectAnswer(t, "tasks.yaml", tt.text, around, tt.kept, tt.rejects, tt.fault)
		})
	}
}

// bomb is lists of nine aliases each to the list before.
func bomb() string {
	var b strings.Builder
	for c := 'b'; c <= 'z'; c++ {
		fmt.Fprintf(&b, "%c: &%c [*%c%s]\n", c, c, c-1, strings.Repeat(fmt.Sprintf(",*%c", c-1), 8))
	}
	return b.String()
}

func quota(units string) string {
	return taskText("quotas: [{prize: p, district: \"*\", units: " + units + "}]")
}

func TestQuotaTable(t *testing.T) {
	files := map[string]string{"tasks.yaml": taskText()}
	for name, text := range around {
		files[name] = text
	}
	var rows strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&rows, "t,p,d%d,%d\n", i, i)
	}
	expectAnswer(t, "quotas.csv", "task_id,prize,district,units\n"+rows.String(), files, 0, nil, "")
	expectAnswer(t, "quotas.csv", "task_id,prize,district,units\nt,p,d,1\nt,p,d,2\n", files, -1, []string{
		":3: quota is for the same prize and district as quotas[1] (duplicate)"}, "")
	expectAnswer(t, "quotas.csv", "task_id,prize,district,units\nt,p,d,-1\nt,p,e,\n", files, 0, []string{
		`:2:7: units "-1" is not within 0…9007199254740991 (out_of_range)`, `:3:7: units is empty (missing)`}, "")
}
