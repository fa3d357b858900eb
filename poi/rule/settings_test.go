package rule

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/poi/decode"
)

func settings(t *testing.T, text string) Options {
	t.Helper()
	s, err := ReadSettings(SettingsFile, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return Options{Severity: s.Severity, Accepted: s.Accepted}
}

// nameless is a bundle with three places that have no name.
func nameless(t *testing.T) map[string]string {
	return edited(t, clean(), [3]string{"pois.csv", "Gate", ""}, [3]string{"pois.csv", "Well", ""}, [3]string{"pois.csv", "Mill", ""})
}

func TestAccepted(t *testing.T) {
	entry := func(rest string) string { return "accepted:\n  - {reason: known, " + rest + "}\n" }
	tests := []struct {
		name     string
		settings string
		want     []string
		accepted int64
	}{
		{"none", "", []string{"name-empty pois.csv:2:3", "name-empty pois.csv:3:3", "name-empty pois.csv:4:3"}, 0},
		{"one", entry("rule: name-empty, object: POI b, expires: 2028-01-01"), []string{"name-empty pois.csv:2:3", "name-empty pois.csv:4:3"}, 1},
		{"all", entry("rule: name-empty, at_most: 3, expires: 2028-01-01"), nil, 3},
		{"too many", entry("rule: name-empty, at_most: 2, expires: 2028-01-01"),
			[]string{"accepted-beyond rules.yaml:2:5", "name-empty pois.csv:2:3", "name-empty pois.csv:3:3", "name-empty pois.csv:4:3"}, 0},
		{"expired", entry("rule: name-empty, at_most: 3, expires: 2027-06-01"),
			[]string{"accepted-expired rules.yaml:2:5", "name-empty pois.csv:2:3", "name-empty pois.csv:3:3", "name-empty pois.csv:4:3"}, 0},
		{"the last day", entry("rule: name-empty, at_most: 3, expires: 2027-06-02"), nil, 3},
		{"unused", entry("rule: name-long, object: POI a, expires: 2028-01-01") + "severity: {name-empty: off}\n", []string{"accepted-unused rules.yaml:2:5"}, 0},
		{"off", "severity: {name-empty: off}\n", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := validated(t, nameless(t), settings(t, tt.settings))
			if got := found(r); !slices.Equal(got, tt.want) || r.Accepted() != tt.accepted {
				t.Errorf("found %q, %d accepted, want %q, %d", got, r.Accepted(), tt.want, tt.accepted)
			}
		})
	}
}

// What is accepted up to an amount is reported again, with all that was accepted,
// as soon as there is more: of one object, and of a whole rule.
func TestAcceptedAmount(t *testing.T) {
	budget := edited(t, clean(), [3]string{"prizes.csv", ",1500,", ",1490,"})
	twins := edited(t, clean(), [3]string{"pois.csv", "", "x,Oak,0.3,0.3\ny,OAK,0.3,0.3\nz,oak,0.3,0.3\n"})
	tests := []struct {
		name  string
		files map[string]string
		entry string
		want  string // that is said of the acceptance
	}{
		{"as much", budget, "rule: quota-over-budget, object: prize packet, amount: 10", ""},
		{"whatever the amount", budget, "rule: quota-over-budget, object: prize packet", ""},
		{"one unit more", budget, "rule: quota-over-budget, object: prize packet, amount: 9", "is accepted up to an amount of 9, now it is 10: known"},
		{"a group", twins, "rule: near-duplicate, amount: 2", ""},
		{"one more in a group", twins, "rule: near-duplicate, at_most: 1, amount: 1", "is accepted up to an amount of 1, now it is 2: known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := validated(t, tt.files, settings(t, "accepted:\n  - {reason: known, expires: 2028-01-01, "+tt.entry+"}\n"))
			said := ""
			for _, f := range r.Findings {
				if f.Rule == idBeyond {
					said = f.Message
				}
			}
			if said != tt.want || (len(r.Findings) == 2) != (said != "") || (r.Accepted() == 0) != (said != "") {
				t.Errorf("it says %q, want %q\n%s", said, tt.want, messages(r))
			}
		})
	}
}

// A file in which all is commented out says nothing.
func TestEmptySettings(t *testing.T) {
	for _, text := range []string{"", "# none\n", "---\n", "null\n", "~\n...\n"} {
		if o := settings(t, text); len(o.Severity)+len(o.Accepted) > 0 {
			t.Errorf("%q has settings: %+v", text, o)
		}
	}
}

func TestSeverity(t *testing.T) {
	r := validated(t, nameless(t), settings(t, "severity: {name-empty: error}\n"))
	if got := []int64{r.Count(Error), r.Count(Warning), r.Count(Note)}; !slices.Equal(got, []int64{3, 3, 3}) {
		t.Errorf("errors, and worse or as bad as warnings and notes: %v", got)
	}
}

func TestBadSettings(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no YAML", "severity: [", "rules.yaml:1: the file is not YAML: "},
		{"field", "severities: {}\n", `rules.yaml:1:1: "severities" is no field here; there are accepted, severity`},
		{"level", "severity:\n  name-empty: bad\n", `rules.yaml:2:15: "bad" is no severity: there are off, note, warning and error`},
		{"twice", "severity: {a: off, a: off}\n", `rules.yaml:1:20: "a" is given twice`},
		{"two documents", "severity: {}\n---\nseverity: {}\n", "rules.yaml:2:1: a second document begins here"},
		{"key too far left", "accepted:\n  - rule: r\n    reason: r\n   object: o\n", "rules.yaml:4: the file is not YAML: did not find expected '-' indicator"},
		{"a second that is none", "severity: {}\n---\nseverity: [\n", "rules.yaml:3: the file is not YAML: "},
		{"no list", "accepted: 1\n", "rules.yaml:1:11: a list of accepted findings belongs here"},
		{"no rule", "accepted:\n  - {reason: r, object: o, expires: 2028-01-01}\n", "rules.yaml:2:5: the entry has no rule"},
		{"no reason", "accepted:\n  - {rule: r, object: o, expires: 2028-01-01}\n", "rules.yaml:2:5: the entry has no reason"},
		{"no end", "accepted:\n  - {rule: r, object: o, reason: r}\n", "rules.yaml:2:5: the entry does not expire"},
		{"no bound", "accepted:\n  - {rule: r, reason: r, expires: 2028-01-01}\n", "rules.yaml:2:5: the entry has neither an object nor at_most"},
		{"date", "accepted:\n  - {rule: r, expires: tomorrow}\n", `rules.yaml:2:24: "tomorrow" is not a date`},
		{"number", "accepted:\n  - {rule: r, at_most: -1}\n", `rules.yaml:2:24: "-1" is not a whole number above 0`},
		{"long", strings.Repeat("#", maxSettings+1), "rules.yaml: the file has more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadSettings(SettingsFile, strings.NewReader(tt.text))
			if !errors.Is(err, decode.ErrFormat) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Settings name rules that there are, and none that must not be hidden.
func TestRulesOfSettings(t *testing.T) {
	for text, want := range map[string]string{
		"severity: {name-emty: off}\n":                                                         `there is no rule "name-emty"; did you mean "name-empty"?`,
		"accepted:\n  - {rule: x, object: o, reason: r, expires: 2028-01-01}\n":                `there is no rule "x"; geodrop rules lists them`,
		"severity: {unreadable-file: off}\n":                                                   "unreadable-file stays an error",
		"accepted:\n  - {rule: unreadable-file, at_most: 1, reason: r, expires: 2028-01-01}\n": "unreadable-file stays an error",
	} {
		_, err := Validate(t.Context(), open(t, clean()), settings(t, text))
		if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What is written as accepted is accepted when it is read, one by one or by the
// number.
func TestWriteAccepted(t *testing.T) {
	files := edited(t, nameless(t), [3]string{"prizes.csv", ",1500,", ",1501,"})
	for i := range 2 * maxEach {
		files["pois.csv"] += fmt.Sprintf("n%d,=N,0.%03d,0.1\n", i, 100+i)
	}
	before := validated(t, files, Options{Keep: 30})
	var text bytes.Buffer
	if err := WriteAccepted(&text, before, "as it was: found", time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	after := validated(t, files, settings(t, text.String()))
	if len(after.Findings) > 0 || after.Accepted() != before.Count(Note) {
		t.Errorf("%d of %d findings are accepted:\n%s\n%s", after.Accepted(), before.Count(Note), text.String(), messages(after))
	}
	files["prizes.csv"] = strings.Replace(files["prizes.csv"], ",1501,", ",1502,", 1)
	if got := found(validated(t, files, settings(t, text.String()))); !slices.Equal(got, []string{"accepted-beyond rules.yaml:2:5", "quota-under-budget prizes.csv:2:32"}) {
		t.Errorf("found %q, want the budget of which one more unit is in no quota", got)
	}
	if n := strings.Count(text.String(), "rule:"); n != 5 {
		t.Errorf("%d entries, want 3 for the names, 1 for the budget and 1 for the formulas\n%s", n, text.String())
	}
}

// FuzzSettings holds that settings are read or refused, and that what is read
// says what it must.
func FuzzSettings(f *testing.F) {
	f.Add("severity: {name-empty: off}\naccepted:\n  - {rule: name-empty, at_most: 3, amount: 5, reason: r, expires: 2027-06-01}\n")
	f.Add("accepted:\n  - rule: &a x\n    object: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadSettings(SettingsFile, strings.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range s.Accepted {
			if a.Rule == "" || a.Reason == "" || a.Expires.IsZero() || a.Object == "" && a.AtMost+a.Amount < 1 || a.At.Line < 1 {
				t.Fatalf("%+v", a)
			}
		}
	})
}
