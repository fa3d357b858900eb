package decode

import (
	_ "embed"
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"strings"
)

//go:embed doc.go
var source string

// pageWidth is where the lines of the page end.
const pageWidth = 100

// Page is the format of bundles in Markdown that reads well as it is: the comment
// of this package, but for its first paragraph, which is about the package.
func Page() (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", source, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return "", fmt.Errorf("read the comment of the package: %w", err)
	}
	var p comment.Parser
	doc := p.Parse(file.Doc.Text())
	doc.Content = doc.Content[1:]
	printer := comment.Printer{TextCodePrefix: "    ", TextWidth: pageWidth}
	text := strings.ReplaceAll(string(printer.Text(doc)), "\n# ", "\n## ")
	return "# Bundles: the files of a config\n\n" + text, nil
}
