package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strings"
)

// checkComments wants one package comment per package, in Go's form.
func checkComments(m *Module) []string {
	var findings []string
	for _, pkg := range m.Packages {
		want := "Package " + path.Base(pkg.Path) + " "
		if command(pkg) {
			want = "Command " + path.Base(pkg.Path) + " "
		}
		said := 0
		for _, f := range pkg.Files {
			if f.Syntax.Doc == nil || f.Test {
				continue
			}
			said++
			if text := f.Syntax.Doc.Text(); !strings.HasPrefix(strings.ReplaceAll(text, "\n", " "), want) {
				findings = append(findings, fmt.Sprintf("%s: the package comment does not begin with %q", f.Path, want+"…"))
			}
		}
		if said != 1 {
			findings = append(findings, fmt.Sprintf("%s: %d files have a package comment: one says what the package is for, beginning with %q", pkg.Path, said, want+"…"))
		}
	}
	return findings
}

// checkExports wants a doc comment on every exported name of the packages that
// the table marks.
func checkExports(m *Module, table []Row) []string {
	var findings []string
	for _, pkg := range m.Packages {
		if row, _ := rowOf(table, pkg.Path); !row.Documented {
			continue
		}
		for _, f := range pkg.Files {
			if f.Test {
				continue
			}
			for _, name := range undocumented(f.Syntax) {
				findings = append(findings, fmt.Sprintf("%s: %s is exported and has no doc comment", f.Path, name))
			}
		}
	}
	return findings
}

func undocumented(f *ast.File) []string {
	var names []string
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && receiverExported(d) {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			if d.Tok != token.IMPORT && d.Doc == nil {
				names = append(names, undocumentedSpecs(d)...)
			}
		}
	}
	return names
}

// undocumentedSpecs looks at a declaration without a comment of its own; in a
// group each name, or its line, may have one.
func undocumentedSpecs(d *ast.GenDecl) []string {
	var names []string
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
				names = append(names, s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if s.Doc == nil && s.Comment == nil && name.IsExported() {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
