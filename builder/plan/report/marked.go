package report

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marked is a text from others as the Markdown that shows it: nothing in it is
// markup, and nothing is what a forge makes something of, such as people to call,
// issues, emoji and addresses to link. What can be neither stays as it is, since
// comments come by mail, too, where nobody renders them.
func marked(s string) string {
	var b strings.Builder
	before := ' '
	for i, r := range s {
		if r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www") {
			b.WriteString(parting)
		}
		b.WriteString(escaped(before, r, s[i:]))
		if references.MatchString(s[i:]) {
			b.WriteString(parting)
		}
		before = r
	}
	return b.String()
}

// parting is nothing between what would be put together.
const parting = "<!-- -->"

// references are what a forge looks for in text, wherever it comes from: people,
// issues and the like of GitHub and GitLab, addresses, and emoji, of which few have
// a name of figures. A parting goes behind the first character of each.
var references = regexp.MustCompile(`^(@[\pL\pN]|[#!%&$]\pN|GH-\pN|~[\pL\pN"]|://|:([a-zA-Z_+-][\w+-]*|[0-9]+[a-zA-Z_][\w+-]*|100|1234):)`)

// escaped is the character that rest begins with, as itself.
func escaped(before, r rune, rest string) string {
	after, _ := utf8.DecodeRuneInString(strings.TrimPrefix(rest, string(r)))
	switch {
	case r == '|': // not all forges take a backslash in a table
		return "&#124;"
	case r == '$': // nor in front of a formula
		return "&#36;"
	case r == '<':
		return "&lt;"
	case r == '&' && entity.MatchString(rest):
		return "&amp;"
	case strings.ContainsRune("\\`*[]~", r), r == '_' && !(isWord(before) && isWord(after)):
		return `\` + string(r)
	}
	return string(r)
}

var entity = regexp.MustCompile(`^&(#|[A-Za-z][A-Za-z0-9]*;)`)

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// blockMark is what makes the line that it begins more than a line of text.
var blockMark = regexp.MustCompile(`^([#+=>-]|[0-9]{1,9}[.)](\s|$))`)

// paragraph is a line of text that stands by itself.
func paragraph(s string) string {
	s = strings.TrimLeft(s, " ")
	if !blockMark.MatchString(s) {
		return marked(s)
	}
	mark := strings.IndexAny(s, "#+=>-.)")
	return marked(s[:mark]) + `\` + marked(s[mark:])
}
