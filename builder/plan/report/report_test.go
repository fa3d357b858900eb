package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/builder/plan"
	"geodrop/poi"

	"github.com/rivo/uniseg"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the expected reports")

var formats = map[string]func(io.Writer, *plan.Plan) error{"txt": Text, "md": Markdown, "json": JSON, "html": HTML}

func written(t testing.TB, format string, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := formats[format](&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGolden: what people read is looked at, and does not change by itself.
func TestGolden(t *testing.T) {
	p := planned(t)
	for _, format := range []string{"txt", "md"} {
		path, got := filepath.Join("testdata", "plan."+format), written(t, format, p)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is written now: look at go test ./builder/plan/report -update\n%s", path, got)
		}
	}
	valid(t, written(t, "json", p))
	again := planned(t) // in other folders
	for format := range formats {
		if first, second := written(t, format, p), written(t, format, again); first != second {
			t.Errorf("%s is different each time", format)
		}
	}
}

// TestFolded: what differs is open in the Markdown, whatever it is about.
func TestFolded(t *testing.T) {
	folded := func(p *plan.Plan) (titles []string) {
		for line := range strings.Lines(written(t, "md", p)) {
			if title, ok := strings.CutPrefix(line, "<details><summary>"); ok {
				titles = append(titles, strings.TrimSuffix(title, "</summary>\n"))
			}
		}
		return titles
	}
	p := &plan.Plan{}
	if got := folded(p); !slices.Equal(got, []string{"Budget", "Coverage"}) {
		t.Errorf("folded where nothing differs: %q", got)
	}
	p.Coverage.After.Seen = 1
	p.Budget.Worth = []plan.Worth{{Currency: "GBP", Shift: plan.Shift{After: 1}}}
	if got := folded(p); got != nil {
		t.Errorf("folded, though it differs: %q", got)
	}
}

// valid holds JSON against the schema, which allows no other fields.
func valid(t *testing.T, text string) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Error(err)
	}
}

// crowded is a plan with very many rows of very long, hostile names.
func crowded() *plan.Plan {
	p := &plan.Plan{Schema: plan.Schema, Before: plan.Release{ID: "r1-00000000"}, After: plan.Release{ID: "r2-00000000"}, Dense: 5}
	name := strings.Repeat("@all|[x](y)<b>\n&#", 30)
	change := plan.Change{Before: 1 << 40, After: 1 << 40, Added: 1 << 40, Removed: 1 << 40, Moved: 1 << 40, Changed: 1 << 40}
	shift := plan.Shift{Before: 1<<63 - 1, After: 1 << 62}
	p.Drops, p.Places = change, change
	for i := range 300 {
		id := fmt.Sprintf("%03d%s", i, name[:100])
		p.Districts = append(p.Districts, plan.District{Adcode: poi.Adcode(id), Name: name, Presence: plan.InBoth, Drops: change, Units: shift})
		p.Tasks = append(p.Tasks, plan.Task{ID: poi.TaskID(id), Title: name, Presence: plan.InAfter, Drops: change, Units: shift, Fields: []plan.Field{{Name: "title", Before: name, After: name + "!"}}})
		p.Budget.Prizes = append(p.Budget.Prizes, plan.Prize{ID: poi.PrizeID(id), Name: name, Presence: plan.InBefore, Units: shift})
		p.Budget.Quotas = append(p.Budget.Quotas, plan.Quota{Task: poi.TaskID(id), Prize: poi.PrizeID(id), District: poi.Adcode(id), Units: shift})
		p.Zones.Zones = append(p.Zones.Zones, plan.Zone{ID: poi.ZoneID(id), Name: name, Reason: name, Screened: 1 << 40})
		p.Moves.Farthest = append(p.Moves.Farthest, plan.Move{POI: poi.POIID(id), Name: name, Metres: 1e7})
	}
	p.Rejected = &plan.Rejected{Rows: 1 << 40, First: []plan.RejectedRow{{File: name, Line: 1, Value: name, Code: "x", Reason: name, Text: name}}}
	p.Refused = []string{name, name, name, name, name, name, name}
	p.Budget.QuotasDiffer = 1 << 30
	return p
}

func TestMarkdownIsBounded(t *testing.T) {
	text := written(t, "md", crowded())
	if len(text) > MaxMarkdown {
		t.Errorf("%d bytes of Markdown, at most %d", len(text), MaxMarkdown)
	}
	if !strings.Contains(text, "more districts that differ") {
		t.Error("the rest is not stated")
	}
	for name := range formats {
		if n := strings.Count(written(t, name, crowded()), "Needs approval"); name != "json" && n != 1 {
			t.Errorf("the %s says %d times that approval is needed", name, n)
		}
	}
	columns := 0
	for line := range strings.Lines(text) {
		switch n := strings.Count(line, "|"); {
		case !strings.HasPrefix(line, "|"):
			columns = 0
			if n > 0 {
				t.Fatalf("a name got out of its cell: %.200s", line)
			}
		case columns == 0:
			columns = n
		case n != columns:
			t.Fatalf("a row of %d, not %d columns: %.200s", n-1, columns-1, line)
		}
	}
}

// TestNamesAreText: no name is read as anything else.
func TestNamesAreText(t *testing.T) {
	p := planned(t)
	for name, plans := range map[string]*plan.Plan{"sample": p, "crowded": crowded()} {
		for format, never := range map[string][]string{
			"md":   {"<img", "<b>", "@everyone", "@all", "[x](", "www.example", "\u202e"},
			"html": {"<img", "<b>Road", "works <b>", "\u202e"},
			"txt":  {"\u202e"},
		} {
			text := written(t, format, plans)
			for _, bad := range never {
				if strings.Contains(text, bad) {
					t.Errorf("the %s of the %s has %q as it is", format, name, bad)
				}
			}
		}
		if text := written(t, "html", plans); strings.Count(text, "</script>") != 2 || strings.Contains(text, `src="`) {
			t.Errorf("the page of the %s has %d ends of scripts", name, strings.Count(text, "</script>"))
		}
	}
	for _, format := range []string{"txt", "md", "html"} {
		if text := written(t, format, p); !strings.Contains(text, "everyone") || !strings.Contains(text, "Road works") {
			t.Errorf("the %s does not have the names", format)
		}
	}
}

// TestTextFits: no table is wider than a terminal, however long its names, and
// what differs in a task is there to the last digit.
func TestTextFits(t *testing.T) {
	p := planned(t)
	p.Tasks[0].Fields = []plan.Field{
		{Name: "starts_at", Before: "2027-01-01T00:00:00Z", After: "2027-02-01T00:00:00.000000001Z"},
		{Name: "sessions", Before: "Mon 20:00-22:00, Tue 20:00-22:00, Wed 20:00-22:00, Thu 20:00-22:00", After: "all day"},
	}
	text := written(t, "txt", p)
	for _, want := range []string{"2027-01-01T00:00:00Z", "2027-02-01T00:00:00.000000001Z", "Thu 20:00-22:00", "90.2 % → 90.6 %", "9,010 → 8,510"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is cut:\n%s", want, text)
		}
	}
	for _, text := range []string{text, written(t, "txt", crowded())} {
		for line := range strings.Lines(text) {
			if width := uniseg.StringWidth(strings.TrimRight(line, "\n")); strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "  …") && width > textWidth {
				t.Errorf("a row is %d wide: %s", width, line)
			}
		}
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"0123456789", []string{"0123456789"}},
		{"one two three four", []string{"one two", "three four"}},
		{"one two th three", []string{"one two th", "three"}}, // the space behind it needs no room
		{"0123456789ab cd", []string{"0123456789", "ab cd"}},
		{"红包红包红包 x", []string{"红包红包红", "包 x"}},
		{"a b c d e f g h i j k l m n o p q r", []string{"a b c d e", "f g h i j", "k l m n o…"}},
		{strings.Repeat("a"+strings.Repeat("\u0301", maxCellBytes), 11), []string{"…"}}, // characters without end
	} {
		if got := fold(tt.text, 10); !slices.Equal(got, tt.want) {
			t.Errorf("%q is folded into %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestHeadline(t *testing.T) {
	same := plan.Plan{Before: plan.Release{ID: "r1"}, After: plan.Release{ID: "r1"}}
	other := plan.Plan{Before: plan.Release{ID: "r1"}, After: plan.Release{ID: "r2"}}
	places, drops, paused := other, other, other
	paused.Tasks = []plan.Task{{Presence: plan.InBoth, Fields: []plan.Field{{Name: "paused", Before: "no", After: "yes"}}}, {Presence: plan.InBoth}}
	paused.Budget.QuotasDiffer = 3
	places.Places = plan.Change{Before: 5, After: 4, Removed: 1}
	drops.Drops = plan.Change{Before: 2000, After: 2001, Added: 1}
	for _, tt := range []struct {
		plan *plan.Plan
		want string
	}{
		{&same, "Nothing changes: both are release r1."},
		{&other, "No drop changes on the map."},
		{&places, "No drop changes on the map, but 1 of 5 places does."},
		{&paused, "No drop changes on the map, but 1 of 2 tasks and 3 quotas do."},
		{&drops, "1 drop differs: 1 added, 0 removed, 0 moved, 0 changed. There are 2,001 after 2,000."},
	} {
		if got := Headline(tt.plan); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 1: "100 %", 0.00001: "under 0.01 %", 0.0123: "1.2 %", 0.0051: "0.51 %", 0.99999: "99.9 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %q, want %q", share, got, want)
		}
	}
}

// TestJSON: every list is one, also when it is empty.
func TestJSON(t *testing.T) {
	var p struct{ Districts []any }
	text := written(t, "json", planned(t))
	if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Districts) != 34 {
		t.Errorf("%d districts, %v", len(p.Districts), err)
	}
	if strings.Contains(text, ": null") && strings.Count(text, ": null") != strings.Count(text, `"before": null`) {
		t.Error("a list is null")
	}
}
