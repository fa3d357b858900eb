package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenRegular(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	must(t, os.WriteFile(path, []byte("content"), 0o600))
	must(t, os.Symlink("a", filepath.Join(dir, "link")))
	for _, name := range []string{"a", "link"} {
		f, err := OpenRegular(filepath.Join(dir, name))
		must(t, err)
		got, err := io.ReadAll(f)
		must(t, errors.Join(err, f.Close()))
		if string(got) != "content" {
			t.Errorf("%s holds %q", name, got)
		}
	}
	if _, err := OpenRegular(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenRegular of nothing = %v, want ErrNotExist", err)
	}
	for _, irregular := range []string{dir, os.DevNull} {
		var at *fs.PathError
		if _, err := OpenRegular(irregular); !errors.Is(err, errIrregular) || !errors.As(err, &at) || at.Path != irregular {
			t.Errorf("OpenRegular of %s = %v, want one that names it and says that it is no regular file", irregular, err)
		}
	}
}
