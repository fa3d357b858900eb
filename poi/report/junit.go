package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"geodrop/poi/phrase"
	"geodrop/poi/rule"
)

// The elements of JUnit's XML: a rule is a test case, and one with findings of
// the severity that fails has a failure. Findings of a lower one are its output.
type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w io.Writer, r *rule.Result, o *Options) error {
	s := junitSuite{Name: "geodrop validate", Time: "0"}
	each(r, func(t *rule.Total, findings []rule.Finding) {
		c := junitCase{Name: t.Rule.ID, Class: "geodrop." + strings.ReplaceAll(t.Rule.Group, " ", "-"), Time: "0"}
		switch text := o.lines(t, findings); {
		case t.Count > 0 && t.Severity >= o.FailOn:
			c.Failure = &junitFailure{Message: fmt.Sprintf("%s: %s", phrase.Count(t.Count, "finding"), t.Rule.Reason), Type: t.Severity.String(), Text: text}
			s.Failures++
		case t.Count > 0:
			c.Output = text
		}
		s.Cases = append(s.Cases, c)
	})
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	err := e.Encode(junitSuites{Name: s.Name, Tests: s.Tests, Failures: s.Failures, Suite: s})
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

// lines are the findings, one a line, and how to mend them.
func (o *Options) lines(t *rule.Total, findings []rule.Finding) string {
	var b strings.Builder
	b.WriteString("\n")
	for i := range findings {
		at := o.place(findings[i].At)
		fmt.Fprintf(&b, "%s: %s\n", phrase.Plain(at.String()), phrase.Plain(o.sentence(&findings[i])))
	}
	if more := t.Count - int64(len(findings)); more > 0 {
		fmt.Fprintf(&b, "and %s more\n", phrase.Number(more))
	}
	b.WriteString(t.Rule.Fix + "\n")
	return b.String()
}
