// Package archtest holds the rules of the house against the code: which package
// may import which, what every package says about itself, where things may
// stand. It is a test and no linter: form and style are left to gofmt, go vet
// and staticcheck.
//
//	cmd/…                      every arrow points down, to a row
//	 │   │   │                 of Table that stands above its own
//	 │  api  builder ─────┐
//	 │   │   │            │
//	 │  poi ◄┘   sync ◄───┘
//	 │   │
//	 └► grid
//
// Load reads the source of a module, Check tells what breaks a rule and what to
// do about it.
package archtest

import (
	"io/fs"
	"slices"
)

// Check holds every rule against the module whose root is fsys. The findings
// are sorted; none means that the house is in order. The error is for a tree
// that cannot be read or parsed.
func Check(fsys fs.FS, table []Row) ([]string, error) {
	m, err := Load(fsys)
	if err != nil {
		return nil, err
	}
	findings := slices.Concat(
		checkTable(table),
		checkRows(m, table),
		checkImports(m, table),
		checkNetwork(m, table),
		checkModules(m),
		checkTopLevel(m),
		checkNames(m),
		checkComments(m),
		checkExports(m, table),
		checkRealData(m),
	)
	slices.Sort(findings)
	return slices.Compact(findings), nil
}
