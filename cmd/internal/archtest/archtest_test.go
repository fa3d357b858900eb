package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHouse(t *testing.T) {
	findings, err := Check(os.DirFS("../../.."), Table())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

// TestRules breaks each rule once in a small module that is otherwise in order.
func TestRules(t *testing.T) {
	table := []Row{
		{Path: "grid", Documented: true},
		{Path: "poi", Imports: []string{"grid"}},
		{Path: "cmd/drop", Imports: []string{Below}, Network: true},
	}
	const (
		grid = "// Package grid is a grid.\npackage grid\n"
		poi  = "// Package poi is\n// points.\npackage poi\nimport _ \"m/grid\"\n"
		drop = "// Command drop runs.\npackage main\nimport (\n_ \"m/poi\"\n_ \"net/http\"\n)\n"
		big  = "//go:build realdata\n\npackage grid\n"
	)
	tests := []struct {
		name string
		file string
		src  string
		want string // part of the only finding; "" for none
	}{
		{"in order", "grid/grid.go", grid, ""},
		{"test may look up", "grid/grid_test.go", "package grid_test\nimport _ \"m/poi\"\n", ""},
		{"ignored file", "grid/gen.go", "//go:build ignore\n\npackage main\nimport _ \"m/poi\"\n", ""},
		{"testdata", "grid/testdata/x.go", "package y\n", ""},
		{"built", "bin/x.go", "package y\n", ""},
		{"arrow up", "grid/a.go", "package grid\nimport _ \"m/poi\"\n", "grid/a.go: imports poi, which"},
		{"test wires", "grid/a_test.go", "package grid\nimport _ \"m/cmd/drop\"\n", "grid/a_test.go: imports cmd/drop"},
		{"network", "poi/a.go", "package poi\nimport _ \"net/http/httputil\"\n", "poi knows no network"},
		{"rival", "poi/a.go", "package poi\nimport _ \"gopkg.in/yaml.v3\"\n", "YAML is done with"},
		{"unlisted", "poi/rule/rule.go", "// Package rule rules.\npackage rule\n", "poi/rule: not in the table"},
		{"top level", "docs/x.md", "", "docs: the top level is fixed"},
		{"file name", "poi/util.go", "package poi\n", "does not say what is inside"},
		{"package name", "poi/a.go", "package pois\n", "package pois, the folder says poi"},
		{"no comment", "grid/grid.go", "package grid\n", "0 files have a package comment"},
		{"two comments", "grid/a.go", grid, "2 files have a package comment"},
		{"form of comment", "grid/grid.go", "// This is a grid.\npackage grid\n", `begin with "Package grid …"`},
		{"command comment", "cmd/drop/main.go", "// Package drop runs.\npackage main\n", `begin with "Command drop …"`},
		{"bare func", "grid/a.go", "package grid\nfunc F() {}\n", "F is exported"},
		{"bare method", "grid/a.go", "package grid\n// T is.\ntype T[A any] int\nfunc (*T[A]) M() {}\n", "M is exported"},
		{"bare const", "grid/a.go", "package grid\nconst (\n A = 1 // a\n B = 2\n)\n", "B is exported"},
		{"group comment", "grid/a.go", "package grid\n// Letters.\nconst (\n A = 1\n B = 2\n)\n", ""},
		{"hidden method", "grid/a.go", "package grid\ntype t int\nfunc (t) M() {}\n", ""},
		{"real data", "grid/a_test.go", big + "func TestRealA() {}\n", ""},
		{"real by chance", "grid/a_test.go", "package grid\nfunc TestReallocates() {}\n", ""},
		{"real data unnamed", "grid/a_test.go", big + "func TestA() {}\n", "TestA: tests behind the tag"},
		{"real data untagged", "grid/a_test.go", "package grid\nfunc TestRealA() {}\n", "TestRealA: tests behind the tag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := map[string]string{"go.mod": "module m\n", "grid/grid.go": grid, "poi/poi.go": poi, "cmd/drop/main.go": drop}
			tree[tt.file] = tt.src
			got, err := Check(mapFS(tree), table)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("findings %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	tree := map[string]string{"go.mod": "module m\n", "data/data.go": "// Package data is\npackage data\n", "grid/util/a.go": "// Package util is\npackage util\n"}
	got, err := Check(mapFS(tree), []Row{{Path: "data"}, {Path: "grid/util"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !strings.Contains(got[0], "data: holds Go files") || !strings.Contains(got[1], `grid/util: "util"`) {
		t.Errorf("findings %q", got)
	}
}

func TestTableOrder(t *testing.T) {
	tests := []struct {
		name  string
		table []Row
		want  string
	}{
		{"downwards", []Row{{Path: "a"}, {Path: "b", Imports: []string{"a"}}}, ""},
		{"upwards", []Row{{Path: "a", Imports: []string{"b"}}, {Path: "b"}}, "a may not list b"},
		{"itself", []Row{{Path: "a", Imports: []string{"a"}}}, "a may not list a"},
		{"twice", []Row{{Path: "a"}, {Path: "a"}}, "a has two rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(checkTable(tt.table), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("findings %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name string
		tree map[string]string
		want string
	}{
		{"no module", map[string]string{"a.go": "package a\n"}, "not the root of a module"},
		{"no name", map[string]string{"go.mod": "go 1.26\n"}, "names no module"},
		{"no Go", map[string]string{"go.mod": "module m\n", "a/a.go": "pakage a\n"}, "a/a.go:1:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Check(mapFS(tt.tree), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func mapFS(tree map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, src := range tree {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	return fsys
}
