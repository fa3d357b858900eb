// Package console is the page that a node shows to people, the seed of the
// operators' console: a map of the release and a probe that asks for the drops
// at a place, as a phone does. The package holds the files; api/server sends
// them, under a policy that lets the page load nothing else.
//
//	web/  TypeScript, Preact, OpenLayers ──► esbuild ──► dist/  committed, embedded
//
// So go build needs neither Node nor a network. After a change in web/
//
//	make console
//
// checks the types and writes dist/ again; TestDist fails until that is done.
// What the packages in the bundle ask for is in dist/LICENSES.txt.
package console

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed dist
var dist embed.FS

// Index is the name of the page itself.
const Index = "index.html"

// File is one file of the page.
type File struct {
	Name string // in one folder with all others
	Type string // the media type
	Body []byte
	// Immutable files have a digest of their bytes in the name: what has been
	// fetched once never changes.
	Immutable bool
}

// types do not depend on what the machine's table of types says.
func types() map[string]string {
	return map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".json": "application/json",
		".svg":  "image/svg+xml",
		".txt":  "text/plain; charset=utf-8",
	}
}

// Files are all files of the page, in order of their names.
func Files() ([]File, error) {
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("list the files of the page: %w", err)
	}
	files := make([]File, 0, len(entries))
	for _, e := range entries {
		f := File{Name: e.Name(), Immutable: hashed(e.Name()), Type: types()[path.Ext(e.Name())]}
		if f.Type == "" {
			return nil, fmt.Errorf("%s of the page has no media type: add it to types", f.Name)
		}
		if f.Body, err = dist.ReadFile("dist/" + f.Name); err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		files = append(files, f)
	}
	return files, nil
}

// hashed tells whether the name ends as esbuild ends it: in eight characters of
// a digest.
func hashed(name string) bool {
	stem := strings.TrimSuffix(name, path.Ext(name))
	_, digest, ok := cutLast(stem, "-")
	const digits = 8
	return ok && len(digest) == digits && digest == strings.ToUpper(digest)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
