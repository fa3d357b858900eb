package decode

import (
	"bytes"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	// Of these, faults of the parser and not of the scanner, the message has the
	// line before.
	yamlBehind = regexp.MustCompile(`^did not find expected (?:node content|',' or|<)|^found undefined tag handle`)
	// Of these it has the line where what is around them begins. None of them can
	// come from the end of a text that is cut between two lines.
	yamlAround = regexp.MustCompile(`^did not find expected (?:key|'-' indicator)|^found a tab character`)
)

// YAMLFault is an error of the parser about a file, with the place that is in its
// message, or that of the fault where the message has another.
func YAMLFault(name string, file []byte, err error) error {
	text := err.Error()
	fe := &FileError{File: name, Code: CodeSyntax}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		fe.Line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	ends := lineEnds(file)
	switch {
	case yamlAround.MatchString(text):
		fe.Line = faultyLine(file, ends, text)
	case fe.Line > 0 && yamlBehind.MatchString(text):
		fe.Line = min(fe.Line+1, len(ends))
	}
	fe.Reason = "the file is not YAML: " + text
	return fe
}

// faultyLine is the first line up to which a file has that fault: the parser
// reads from the top, and stops at it.
func faultyLine(file []byte, ends []int, text string) int {
	before := sort.Search(len(ends)-1, func(i int) bool {
		_, err := yamlDocuments(file[:ends[i]])
		return err != nil && strings.HasSuffix(err.Error(), text)
	})
	return before + 1
}

// lineEnds are the offsets behind each line.
func lineEnds(file []byte) (ends []int) {
	for at := 0; at < len(file) || at == 0; at = ends[len(ends)-1] {
		n := bytes.IndexByte(file[at:], '\n') + 1
		if n == 0 {
			n = max(len(file)-at, 1)
		}
		ends = append(ends, at+n)
	}
	return ends
}
