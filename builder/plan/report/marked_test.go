package report

import (
	"html"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// harmless are texts that stay as they are, since nobody takes them for anything.
var harmless = []string{
	"starts_at: 2027-01-01T00:00:00Z → 2027-02-01T20:30:15.5Z", "Mon 20:00-22:00, Fri 09:30-10:15", "west_end_coffee (t-7)",
	"A & B, C&C 50 % (off!) {x} a > b", "pois.csv:11:10: row 1. 2) 3", "Nº 5 — ≤ 3.5 km", "R&D",
}

// markup are texts that a reader of Markdown would take for more.
var markup = []string{
	hostile[:len(hostile)-len("\u202e")], "a|b\\|c\\\\|d\\", "*a* **b** _c_ __d__ ~e~ ~~f~~ `g` ``h``", "\\*a\\*", "[a](b) ![c](d) [e]: f",
	"<b>a</b> <!-- b --> </details>", "&lt; &amp; &#60; &copy; &", "https://a.example www.b.example WWW.c.example d@e.example mailto:f@g.example",
	"@everyone @org/team a@b", "#1 GH#2 org/repo#3 !4 %5 &6 $7 ~bug", ":smile: :+1: :100: a:8ball:", "$x$ and $`y`$", "# a", "- b", "+ c", "1. d", "2) e",
	"> f", "=", "---", "***", "```", "~~~", "    indented", "| a | b |", "_a_b_", "a_*b*_c", "\\",
}

var tags = regexp.MustCompile(`(?s)<!--.*?-->|</?(table|thead|tbody|tr|th|td|p)( align="\w+")?>|</?(table|thead|tbody|tr|th|td|p)>`)

// A reader of Markdown shows texts as they are, in a cell and by themselves.
func TestMarkedIsText(t *testing.T) {
	all := append(append([]string(nil), harmless...), markup...)
	var b strings.Builder
	b.WriteString("| x |\n| --- |\n")
	for _, s := range all {
		b.WriteString("| " + marked(s) + " |\n")
	}
	for _, s := range all {
		b.WriteString("\n" + paragraph(s) + "\n")
	}
	cmd := exec.Command("cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", "-e", "autolink", "-e", "tasklist")
	cmd.Stdin = strings.NewReader(b.String())
	page, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []struct{ name, open, end string }{{"cells", "<td>", "</td>"}, {"paragraphs", "<p>", "</p>"}} {
		parts := strings.Split(string(page), block.open)[1:]
		if len(parts) != len(all) {
			t.Fatalf("%d %s of %d texts:\n%s", len(parts), block.name, len(all), page)
		}
		for i, part := range parts {
			shown, _, _ := strings.Cut(part, block.end)
			shown = tags.ReplaceAllString(shown, "")
			if got, want := html.UnescapeString(shown), strings.TrimSpace(all[i]); got != want || strings.ContainsRune(shown, '<') {
				t.Errorf("among %s, %q is shown as %q (%q)", block.name, want, got, shown)
			}
		}
	}
}

// What needs no care is left readable; what calls somebody is taken apart.
func TestMarkedIsReadable(t *testing.T) {
	for _, s := range harmless {
		if got := paragraph(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for text, want := range map[string]string{
		"@all": "@<!-- -->all", "#1": "#<!-- -->1", "a#1": "a#<!-- -->1", "!12": "!<!-- -->12", "a@b": "a@<!-- -->b", ":+1:": ":<!-- -->+1:",
		"https://a": "https:<!-- -->//a", "www.a": "www<!-- -->.a", "Shop #": "Shop #", "~x": `\~<!-- -->x`, "p:100:9": "p:<!-- -->100:9",
		"GH-12": "G<!-- -->H-12", "GH-x": "GH-x",
	} {
		if got := marked(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
