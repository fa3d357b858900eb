package rule

import "fmt"

// Severity is how bad a finding is.
type Severity uint8

// The severities, from none upwards.
const (
	Off     Severity = iota // the rule does not run
	Note                    // worth knowing
	Warning                 // probably not what was meant
	Error                   // wrong
)

var severityNames = [...]string{"off", "note", "warning", "error"}

// String is the severity's name.
func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no severity: there are off, note, warning and error", text)
}
