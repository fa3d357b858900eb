package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle makes the files of dist, by name, from a workspace.
func bundle(workspace string) (map[string][]byte, error) {
	built := api.Build(api.BuildOptions{
		EntryPoints:   []string{"src/main.tsx", "icon.svg"},
		AbsWorkingDir: workspace, Outdir: "dist", PublicPath: "/ui/",
		EntryNames: "[name]-[hash]", AssetNames: "[name]-[hash]",
		Loader: map[string]api.Loader{".json": api.LoaderFile, ".svg": api.LoaderCopy},
		Bundle: true, Format: api.FormatIIFE, Target: api.ES2022, Charset: api.CharsetUTF8,
		JSX: api.JSXAutomatic, JSXImportSource: "preact",
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		LegalComments:    api.LegalCommentsNone, // all of them are in LICENSES.txt
		PreserveSymlinks: true,                  // names of files depend on no machine
		Metafile:         true,
	})
	if len(built.Errors) > 0 {
		return nil, fmt.Errorf("esbuild: %s", strings.Join(api.FormatMessages(built.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	files := map[string][]byte{}
	for _, f := range built.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	var meta metafile
	if err := json.Unmarshal([]byte(built.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("esbuild: metafile: %w", err)
	}
	var err error
	if files[Index], err = page(workspace, &meta); err != nil {
		return nil, err
	}
	files["LICENSES.txt"], err = licenses(workspace, &meta)
	return files, err
}

// metafile is what esbuild says of what it wrote.
type metafile struct {
	Outputs map[string]struct {
		EntryPoint string                           `json:"entryPoint"`
		CSSBundle  string                           `json:"cssBundle"`
		Inputs     map[string]struct{ Bytes int64 } `json:"inputs"`
	} `json:"outputs"`
}

// page is the page with the names of the files that belong to it.
func page(workspace string, meta *metafile) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(workspace, Index))
	if err != nil {
		return nil, err
	}
	for name, output := range meta.Outputs {
		switch output.EntryPoint {
		case "src/main.tsx":
			b = bytes.ReplaceAll(b, []byte("{{script}}"), []byte(path.Base(name)))
			b = bytes.ReplaceAll(b, []byte("{{style}}"), []byte(path.Base(output.CSSBundle)))
		case "icon.svg":
			b = bytes.ReplaceAll(b, []byte("{{icon}}"), []byte(path.Base(name)))
		}
	}
	if bytes.Contains(b, []byte("{{")) {
		return nil, fmt.Errorf("%s names a file that esbuild did not write", Index)
	}
	return b, nil
}

const naturalEarth = `The land on the map: made with Natural Earth, free vector and raster map data
@ naturalearthdata.com, in the public domain; from the package world-atlas.
`

// licenses are those of the packages that are in the bundle.
func licenses(workspace string, meta *metafile) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("geodrop's own files: Apache-2.0. They are bundled with the packages below.\n\n" + naturalEarth)
	packages := map[string]bool{}
	for _, output := range meta.Outputs {
		for input := range output.Inputs {
			if _, inside, ok := strings.Cut(input, "node_modules/"); ok {
				packages[packageOf(inside)] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if err := appendLicense(&b, filepath.Join(workspace, "node_modules", name)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// packageOf is the package of a file: @scope/name or name.
func packageOf(file string) string {
	parts := strings.Split(file, "/")
	if strings.HasPrefix(file, "@") {
		return strings.Join(parts[:2], "/")
	}
	return parts[0]
}

func appendLicense(b *bytes.Buffer, dir string) error {
	about, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return err
	}
	var p struct{ Name, Version, License string }
	if err := json.Unmarshal(about, &p); err != nil {
		return fmt.Errorf("%s/package.json: %w", dir, err)
	}
	text, err := licenseText(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n%s\n%s %s, %s\n\n%s\n", strings.Repeat("=", 80), p.Name, p.Version, cmp.Or(p.License, "see below"), text)
	return nil
}

func licenseText(dir string) (string, error) {
	entries, err := fs.ReadDir(os.DirFS(dir), ".")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); strings.HasPrefix(name, "licen") {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			return strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), err
		}
	}
	return "", fmt.Errorf("%s has no licence to ship", dir)
}
