package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write dist/ from web/")

// TestDist: dist is what web and the locked packages give.
func TestDist(t *testing.T) {
	built, err := bundle(workspace(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		replace(t, "dist", built)
	}
	committed := os.DirFS("dist")
	entries, err := fs.ReadDir(committed, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got, err := fs.ReadFile(committed, e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if want, ok := built[e.Name()]; !ok || !bytes.Equal(got, want) {
			t.Errorf("dist/%s is not of this web/: run make console and commit what it wrote", e.Name())
		}
		delete(built, e.Name())
	}
	for name := range built {
		t.Errorf("dist/%s is missing: run make console and commit what it wrote", name)
	}
}

// TestTypes: the bundler takes types out without a look at them.
func TestTypes(t *testing.T) {
	tsc := exec.CommandContext(t.Context(), filepath.Join("node_modules", ".bin", "tsc"), "--project", ".")
	tsc.Dir = workspace(t)
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

func replace(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// workspace is a copy of web beside the packages that it is locked to.
func workspace(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "web")
	if err := os.CopyFS(dir, os.DirFS("web")); err != nil {
		t.Fatal(err)
	}
	modules, err := packages(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// packages is the folder node_modules of the lock file in web. It is kept in the
// user's cache, under a digest of that file, and fetched when it is not there.
func packages(ctx context.Context, web string) (string, error) {
	lock, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, "geodrop", fmt.Sprintf("npm-%x", sha256.Sum256(lock)))
	if _, err := os.Stat(kept); err == nil {
		return filepath.Join(kept, "node_modules"), nil
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(kept), "fetch-*")
	if err != nil {
		return "", err
	}
	if err := fetch(ctx, web, fresh); err != nil {
		return "", err
	}
	// Whoever else fetched it meanwhile has the same.
	if err := os.Rename(fresh, kept); err != nil {
		if _, lost := os.Stat(kept); lost != nil {
			return "", err
		}
		return filepath.Join(kept, "node_modules"), os.RemoveAll(fresh)
	}
	return filepath.Join(kept, "node_modules"), nil
}

// fetch fills a folder with the packages. npm checks each against its digest in
// the lock file.
func fetch(ctx context.Context, web, dir string) error {
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(web, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s\nthe packages of api/console/web come from the npm registry: look at the network", err, out)
	}
	return nil
}
