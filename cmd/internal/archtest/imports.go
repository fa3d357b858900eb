package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// checkTable holds the table to its own order, which is what rules out cycles.
func checkTable(table []Row) []string {
	var findings []string
	above := map[string]bool{Below: true}
	for _, row := range table {
		for _, imp := range row.Imports {
			if !above[imp] {
				findings = append(findings, fmt.Sprintf("table: %s may not list %s: only rows above it", row.Path, imp))
			}
		}
		if above[row.Path] {
			findings = append(findings, fmt.Sprintf("table: %s has two rows", row.Path))
		}
		above[row.Path] = true
	}
	return findings
}

func rowOf(table []Row, pkg string) (Row, bool) {
	i := slices.IndexFunc(table, func(r Row) bool { return r.Path == pkg })
	if i < 0 {
		return Row{}, false
	}
	return table[i], true
}

// checkRows finds packages that the table does not know.
func checkRows(m *Module, table []Row) []string {
	var findings []string
	for _, pkg := range m.Packages {
		if _, ok := rowOf(table, pkg.Path); !ok {
			findings = append(findings, fmt.Sprintf("%s: not in the table: add {Path: %q, Imports: …} to Table in cmd/internal/archtest/table.go, below all that it imports", pkg.Path, pkg.Path))
		}
	}
	return findings
}

// checkImports holds the arrows between own packages. Tests may look at any
// package but those of cmd, where things are wired together.
func checkImports(m *Module, table []Row) []string {
	var findings []string
	for _, pkg := range m.Packages {
		row, ok := rowOf(table, pkg.Path)
		if !ok {
			continue // a finding of checkRows
		}
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				own, ok := strings.CutPrefix(imp, m.Path+"/")
				if !ok || own == pkg.Path || allowed(table, row, own, f.Test) {
					continue
				}
				findings = append(findings, fmt.Sprintf("%s: imports %s, which the table does not allow %s; arrows go down only: move the code, or change Table in the same commit", f.Path, own, pkg.Path))
			}
		}
	}
	return findings
}

func allowed(table []Row, row Row, own string, test bool) bool {
	if test && !strings.HasPrefix(own, "cmd/") {
		return true
	}
	if slices.Contains(row.Imports, own) {
		return true
	}
	if !slices.Contains(row.Imports, Below) {
		return false
	}
	at := func(pkg string) int {
		return slices.IndexFunc(table, func(r Row) bool { return r.Path == pkg })
	}
	return at(own) >= 0 && at(own) < at(row.Path)
}

// checkNetwork keeps the network out of the packages that compute.
func checkNetwork(m *Module, table []Row) []string {
	var findings []string
	for _, pkg := range m.Packages {
		if row, _ := rowOf(table, pkg.Path); row.Network {
			continue
		}
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				if !f.Test && (imp == "net" || strings.HasPrefix(imp, "net/http") || imp == "net/rpc") {
					findings = append(findings, fmt.Sprintf("%s: imports %s: %s knows no network; only rows with Network do", f.Path, imp, pkg.Path))
				}
			}
		}
	}
	return findings
}

// checkModules finds a second module for a job that has one.
func checkModules(m *Module) []string {
	var findings []string
	for _, pkg := range m.Packages {
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				if j, ok := rivalOf(imp); ok {
					findings = append(findings, fmt.Sprintf("%s: imports %s: %s is done with %s here", f.Path, imp, j.what, j.ours))
				}
			}
		}
	}
	return findings
}

func rivalOf(imp string) (job, bool) {
	for _, j := range jobs() {
		for _, rival := range j.rivals {
			if imp == rival || strings.HasPrefix(imp, rival+"/") && imp != j.ours {
				return j, true
			}
		}
	}
	return job{}, false
}
