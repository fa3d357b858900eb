package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"geodrop/poi"
	"geodrop/poi/phrase"
	"geodrop/poi/rule"
)

var update = flag.Bool("update", false, "rewrite the expected reports")

// results are what reports are made of here: nothing, and some of all that there
// can be.
func results() map[string]*rule.Result {
	budget := &rule.Rule{ID: "over-budget", Group: "Budgets", Reason: "more is promised than there is", Fix: "Promise less.", Doc: "Sums are compared."}
	names := &rule.Rule{ID: "no-name", Group: "Names", Reason: "a place has no name", Fix: "Name it.", Doc: "Cards show names."}
	odd := &rule.Rule{ID: "odd-name", Group: "Names", Reason: "a name is odd", Fix: "Mend it.", Doc: "Odd names are odd."}
	quiet := &rule.Rule{ID: "quiet", Group: "Names", Reason: "never", Fix: "Nothing.", Doc: "Nothing."}
	finding := func(r *rule.Rule, s rule.Severity, at poi.Place, object, message string) rule.Finding {
		return rule.Finding{Rule: r.ID, Severity: s, At: at, Object: object, Message: message}
	}
	full := &rule.Result{POIs: 1385084, Memberships: 1, Districts: 2, Zones: 3, Tasks: 4, Prizes: 5, Unread: true}
	one := finding(budget, rule.Error, poi.Place{File: "prizes.csv", Line: 2, Column: 32, Table: "prizes", Key: "packet", Field: "units"},
		"prize packet", "has 1 too many")
	one.Value, one.Nearest = "1499", "1500"
	full.Findings = append(full.Findings, one)
	for line := range 7 {
		full.Findings = append(full.Findings, finding(names, rule.Note, poi.Place{File: "pois.csv.gz", Line: line + 2}, "POI "+strconv.Itoa(line), "has no name"))
	}
	full.Findings[1].See = poi.Place{File: "pois_2.csv", Line: 9}                   // in a bundle
	full.Findings[2].See = poi.Place{Table: poi.TablePOIs, Key: "8", Field: "name"} // in a store
	full.Findings = append(full.Findings,
		finding(odd, rule.Warning, poi.Place{File: "sets/ä b%.csv"}, "set \x1b[31mred\x00", "has <b>\"odd\" & 'odder'</b> \u202ename\ufffe"),
		finding(odd, rule.Warning, poi.Place{Table: "tasks", Key: "lan terns", Field: "quotas[3].units"}, "task lan terns", "is in a store"))
	full.Totals = []rule.Total{
		{Rule: budget, Severity: rule.Error, Count: 1, Kept: 1, Files: map[string]int64{"prizes": 1}},
		{Rule: names, Severity: rule.Note, Count: 24704, Kept: 7, Accepted: 3, Files: map[string]int64{"pois.csv.gz": 24700, "pois_2.csv": 4}},
		{Rule: odd, Severity: rule.Warning, Count: 2, Kept: 2, Files: map[string]int64{"sets/ä b%.csv": 1, "tasks": 1}},
		{Rule: quiet, Severity: rule.Error},
	}
	return map[string]*rule.Result{
		"full":  full,
		"empty": {POIs: 1, Totals: []rule.Total{{Rule: quiet, Severity: rule.Error}}},
	}
}

func written(t *testing.T, name string, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, results()[name], o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	tests := []struct {
		file, result string
		opts         Options
	}{
		{"full.txt", "full", Options{}},
		{"color.txt", "full", Options{Color: true, Show: -1}},
		{"accepted.txt", "full", Options{Accepted: "rules.yaml until 2027-12-31"}},
		{"full.json", "full", Options{Format: JSON, Dir: "config/london"}},
		{"accepted.json", "full", Options{Format: JSON, Accepted: "rules.yaml until 2027-12-31"}},
		{"full.sarif", "full", Options{Format: SARIF, Dir: "config/london", Version: "1.2.3"}},
		{"full.xml", "full", Options{Format: JUnit, FailOn: rule.Warning}},
		{"empty.txt", "empty", Options{}},
		{"empty.json", "empty", Options{Format: JSON}},
		{"empty.sarif", "empty", Options{Format: SARIF}},
		{"empty.xml", "empty", Options{Format: JUnit}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got := written(t, tt.result, tt.opts)
			path := filepath.Join("testdata", tt.file)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the report is\n%s\nwant (or run with -update)\n%s", got, want)
			}
		})
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Write(new(bytes.Buffer), results()["empty"], Options{Format: "yaml"}); err == nil {
		t.Error("a report in a format that is none")
	}
	if err := Rules(new(bytes.Buffer), rule.All(), SARIF); err == nil {
		t.Error("documentation in a format that is none")
	}
}

// A terminal gets nothing that moves its cursor.
func TestTextIsPrintable(t *testing.T) {
	text := string(written(t, "full", Options{Show: -1}))
	for _, r := range text {
		if r != '\n' && phrase.Plain(string(r)) != string(r) {
			t.Errorf("the text has %U:\n%s", r, text)
		}
	}
}

// Where findings are is told of files that have many, not of each that has one.
func TestSpread(t *testing.T) {
	w := textWriter{opts: &Options{}}
	for want, files := range map[string]map[string]int64{
		"":                               {"a.csv": 9},
		"; in all: b.csv 1,000, a.csv 1": {"a.csv": 1, "b.csv": 1000},
		"; in all: e 5, d 4, c 3, b 2, 1 other file": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5},
	} {
		total := rule.Total{Files: files}
		for _, n := range files {
			total.Count += n
		}
		if got := w.spread(&total); got != want {
			t.Errorf("%v is told as %q, want %q", files, got, want)
		}
	}
	if got := w.spread(&rule.Total{Count: 3, Files: map[string]int64{"a": 1, "b": 1, "c": 1}}); got != "" {
		t.Errorf("files with one finding each are told as %q", got)
	}
}

// sarifStandard is the schema of the standard, from the module that has it.
func sarifStandard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(text) {
			text = lit.Value
		}
		return true
	})
	if text, err = strconv.Unquote(text); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("sarif.json")
}

func TestSARIFIsOfTheStandard(t *testing.T) {
	schema := sarifStandard(t)
	for name, r := range results() {
		text := written(t, name, Options{Format: SARIF, Dir: "config/london", Version: "1.2.3"})
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		log, err := sarif.FromBytes(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := log.Runs[0].Results; len(got) != len(r.Findings) {
			t.Errorf("%s: another reader sees %d results of %d", name, len(got), len(r.Findings))
		}
		for i, result := range log.Runs[0].Results {
			if at := log.Runs[0].Tool.Driver.Rules[result.RuleIndex]; *at.ID != *result.RuleID || *result.Message.Text != (&Options{Dir: "config/london"}).sentence(&r.Findings[i]) {
				t.Errorf("%s: result %d is of rule %s: %s", name, i, *at.ID, *result.Message.Text)
			}
		}
	}
	if doc, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[{}]}]}`)); err != nil || schema.Validate(doc) == nil {
		t.Errorf("the schema takes a result without a message: %v", err)
	}
}

func TestJUnitIsOfItsSchema(t *testing.T) {
	for name := range results() {
		for _, failOn := range []rule.Severity{rule.Off, rule.Note} {
			file := filepath.Join(t.TempDir(), "report.xml")
			if err := os.WriteFile(file, written(t, name, Options{Format: JUnit, FailOn: failOn}), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("xmllint", "--nonet", "--noout", "--schema", "testdata/junit.xsd", file).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", name, err, out)
			}
		}
	}
}

// The documentation says all there is of each rule, in each format.
func TestRulesAreDocumented(t *testing.T) {
	for _, format := range []Format{Text, Markdown, JSON} {
		var b bytes.Buffer
		if err := Rules(&b, rule.All(), format); err != nil {
			t.Fatal(err)
		}
		for _, r := range rule.All() {
			parts := []string{r.ID, r.Severity.String(), r.Reason, r.Fix, r.Doc}
			switch format {
			case Text:
				parts = parts[:3]
			case Markdown:
				parts[2] = capital(r.Reason)
			case JSON:
				for i := range parts {
					parts[i] = quoted(parts[i])
				}
			}
			for _, part := range parts {
				if !strings.Contains(b.String(), part) {
					t.Errorf("the %s lacks %q of rule %s", format, part, r.ID)
				}
			}
		}
	}
}

func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// What a rule says of itself reads well in each place at which it is put.
func TestRulesReadWell(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rule.All() {
		switch {
		case seen[r.ID]:
			t.Errorf("rule %s is there twice", r.ID)
		case strings.HasSuffix(r.Reason, ".") || r.Reason == "" || strings.Contains(r.Reason, "\n"):
			t.Errorf("rule %s: the reason %q is no clause without a full stop", r.ID, r.Reason)
		case !strings.HasSuffix(r.Fix, ".") || !strings.HasSuffix(r.Doc, "."):
			t.Errorf("rule %s: what to do and the documentation are sentences", r.ID)
		case r.Group == "" || r.Severity == rule.Off || strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz-") != "":
			t.Errorf("rule %+v has no group, no severity or an odd id", r)
		}
		seen[r.ID] = true
	}
	var b bytes.Buffer
	if err := RuleText(&b, rule.All()[0]); err != nil || !strings.Contains(b.String(), "To mend it: ") {
		t.Errorf("%v: %s", err, b.String())
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 80 {
			t.Errorf("the line %q is too long", line)
		}
	}
}
