package archtest

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Module is the source of one module, parsed and not type-checked: a package
// that does not compile is still held to the rules.
type Module struct {
	Path     string     // as go.mod says
	Root     []string   // names at the top level, without those of Git, editors and builds
	Packages []*Package // in the order of their folders
}

// Package is one folder with Go files.
type Package struct {
	Path  string // below the module, with slashes
	Files []*File
}

// File is one Go file. A file that builds for no one (`//go:build ignore`) is
// not part of a package.
type File struct {
	Path     string // below the module, with slashes
	Test     bool
	RealData bool // built with the tag realdata only
	Syntax   *ast.File
}

// Imports are the import paths of the file.
func (f *File) Imports() []string {
	var paths []string
	for _, spec := range f.Syntax.Imports {
		// The parser has checked the quotes.
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// Load reads the module whose root is fsys.
func Load(fsys fs.FS) (*Module, error) {
	name, err := modulePath(fsys)
	if err != nil {
		return nil, err
	}
	m := &Module{Path: name}
	if m.Root, err = rootNames(fsys); err != nil {
		return nil, err
	}
	err = fs.WalkDir(fsys, ".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if skipped(dir) {
			return fs.SkipDir
		}
		pkg, err := loadPackage(fsys, dir)
		if pkg != nil {
			m.Packages = append(m.Packages, pkg)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the source of %s: %w", name, err)
	}
	return m, nil
}

func modulePath(fsys fs.FS) (string, error) {
	b, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return "", fmt.Errorf("not the root of a module: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", fmt.Errorf("go.mod names no module")
}

func rootNames(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list the top level: %w", err)
	}
	var names []string
	for _, e := range entries {
		ext := path.Ext(e.Name())
		built := e.Name() == "bin" || e.Name() == "var" || ext == ".test" || ext == ".prof"
		if !built && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func skipped(dir string) bool {
	base := path.Base(dir)
	hidden := dir != "." && strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
	return hidden || base == "testdata" || base == "node_modules" || dir == "bin" || dir == "var"
}

// loadPackage is nil for a folder without Go files.
func loadPackage(fsys fs.FS, dir string) (*Package, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	pkg := &Package{Path: dir}
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".go" {
			continue
		}
		f, err := loadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if !buildTag(f, "ignore") {
			pkg.Files = append(pkg.Files, f)
		}
	}
	if len(pkg.Files) == 0 {
		return nil, nil
	}
	return pkg, nil
}

func loadFile(fsys fs.FS, name string) (*File, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &File{Path: name, Test: strings.HasSuffix(name, "_test.go"), Syntax: syntax}
	f.RealData = buildTag(f, "realdata")
	return f, nil
}

// buildTag tells whether the file needs the tag.
func buildTag(f *File, tag string) bool {
	for _, group := range f.Syntax.Comments {
		if group.Pos() > f.Syntax.Package {
			return false
		}
		for _, c := range group.List {
			expr, err := constraint.Parse(c.Text)
			if err == nil && !expr.Eval(func(have string) bool { return have != tag }) {
				return true
			}
		}
	}
	return false
}
