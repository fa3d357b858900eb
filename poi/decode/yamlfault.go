package decode

import (
	"bytes"
	"io"
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

// faultyLine is the first line up to which a file has that fault. The parser takes
// line after line and stops at it, or a few lines later: it is looked for from
// there back, since each look takes as long as to read what is before.
func faultyLine(file []byte, ends []int, text string) int {
	faulty := func(lines int) bool {
		_, err := yamlDocuments(bytes.NewReader(file[:ends[lines-1]]))
		return err != nil && strings.HasSuffix(err.Error(), text)
	}
	taken := lineReader{file: file, ends: ends}
	_, _ = yamlDocuments(&taken) // fails as before
	last, step := max(taken.lines, 1), 1
	for last > step && faulty(last-step) {
		last, step = last-step, 2*step
	}
	first := max(last-step, 0) + 1
	return first + sort.Search(last-first, func(i int) bool { return faulty(first + i) })
}

// lineReader gives out a line at a time, and counts those that it began.
type lineReader struct {
	file      []byte
	ends      []int
	lines, at int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.at == len(r.file) {
		return 0, io.EOF
	}
	if r.lines == 0 || r.at == r.ends[r.lines-1] {
		r.lines++
	}
	n := copy(p, r.file[r.at:r.ends[r.lines-1]])
	r.at += n
	return n, nil
}

// lineEnds are the offsets behind each line.
func lineEnds(file []byte) (ends []int) {
	for at := 0; at < len(file); at = ends[len(ends)-1] {
		n := bytes.IndexByte(file[at:], '\n') + 1
		if n == 0 {
			n = len(file) - at
		}
		ends = append(ends, at+n)
	}
	return ends
}
