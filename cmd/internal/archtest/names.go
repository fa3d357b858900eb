package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// checkTopLevel keeps the root of the checkout as it is.
func checkTopLevel(m *Module) []string {
	var findings []string
	for _, name := range m.Root {
		if !slices.Contains(topLevel(), name) {
			findings = append(findings, fmt.Sprintf("%s: the top level is fixed: put it below %s, or in a dot-folder", name, strings.Join(topLevel(), ", ")))
		}
	}
	for _, pkg := range m.Packages {
		switch pkg.Path {
		case ".", "cmd", "sync", "data":
			findings = append(findings, fmt.Sprintf("%s: holds Go files: only the folders below it do", pkg.Path))
		}
	}
	return findings
}

// checkNames refuses names that say nothing of what is inside, and a package
// whose name is not that of its folder.
func checkNames(m *Module) []string {
	var findings []string
	for _, pkg := range m.Packages {
		for part := range strings.SplitSeq(pkg.Path, "/") {
			if vague(part) {
				findings = append(findings, fmt.Sprintf("%s: %q does not say what the package is for: name it after its one job", pkg.Path, part))
			}
		}
		for _, f := range pkg.Files {
			if stem, _, _ := strings.Cut(path.Base(f.Path), "."); vague(strings.TrimSuffix(stem, "_test")) {
				findings = append(findings, fmt.Sprintf("%s: %q does not say what is inside: name the file after its noun", f.Path, stem))
			}
			if want := packageName(pkg); strings.TrimSuffix(f.Syntax.Name.Name, "_test") != want {
				findings = append(findings, fmt.Sprintf("%s: package %s, the folder says %s", f.Path, f.Syntax.Name.Name, want))
			}
		}
	}
	return findings
}

func vague(name string) bool {
	switch name {
	case "util", "utils", "helper", "helpers", "common", "misc", "manager":
		return true
	}
	return false
}

func packageName(pkg *Package) string {
	if command(pkg) {
		return "main"
	}
	return path.Base(pkg.Path)
}

func command(pkg *Package) bool {
	return path.Dir(pkg.Path) == "cmd"
}

// checkRealData: make realdata runs the tests named TestReal… (as realDataTest
// says) and no other, so a check behind the tag with another name would never
// run.
func checkRealData(m *Module) []string {
	var findings []string
	for _, pkg := range m.Packages {
		for _, f := range pkg.Files {
			for _, decl := range f.Syntax.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || !f.Test || fn.Recv != nil || fn.Name.Name == "TestMain" {
					continue
				}
				named := realDataTest(fn.Name.Name)
				if strings.HasPrefix(fn.Name.Name, "Test") && named != f.RealData {
					findings = append(findings, fmt.Sprintf("%s: %s: tests behind the tag realdata, and only they, are named TestReal and a capital letter", f.Path, fn.Name.Name))
				}
			}
		}
	}
	return findings
}

// realDataTest is the pattern that the target realdata of the Makefile gives to
// go test: ^TestReal[A-Z].
func realDataTest(name string) bool {
	rest, ok := strings.CutPrefix(name, "TestReal")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}
