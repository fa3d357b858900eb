package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyObject(t *testing.T) {
	content := []byte("what is in the object")
	sum := sha256.Sum256(content)
	o := Object{Digest: Digest(hex.EncodeToString(sum[:])), Bytes: int64(len(content))}
	flipped := append([]byte("W"), content[1:]...)
	tests := []struct {
		name string
		file []byte // nil: none
		want error
		says string
	}{
		{"whole", content, nil, ""},
		{"missing", nil, ErrObject, "is missing"},
		{"cut", content[:5], ErrObject, "has not the 21 bytes"},
		{"longer", append(content[:len(content):len(content)], '!'), ErrObject, "has not the 21 bytes"},
		{"flipped", flipped, ErrObject, "SHA-256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			name := o.FileName(SegmentKind)
			if tt.file != nil {
				if err := os.WriteFile(filepath.Join(dir, name), tt.file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := VerifyObject(t.Context(), dir, name, o)
			if !errors.Is(err, tt.want) || err != nil && (!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), name)) {
				t.Errorf("VerifyObject = %v, want %v that says %q", err, tt.want, tt.says)
			}
		})
	}
}

func TestVerifyObjectErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := VerifyObject(ctx, dir, "a", Object{Bytes: 1}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrObject) {
		t.Errorf("VerifyObject = %v, want context.Canceled", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := VerifyObject(t.Context(), dir, "b", Object{Bytes: 1}); err == nil || errors.Is(err, ErrObject) {
		t.Errorf("VerifyObject of a folder = %v, want the error of the file system", err)
	}
}

// TestVerify: one object that is not what is listed is enough, and the context ends it.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	put := func(b, kind string) Object {
		o := ObjectOf([]byte(b))
		if err := os.WriteFile(filepath.Join(dir, o.FileName(kind)), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		return o
	}
	m := &Manifest{Areas: put("areas", AreasKind), Catalog: put("catalog", CatalogKind), Segments: []Segment{{Object: put("segment", SegmentKind)}}}
	if err := m.Verify(t.Context(), dir); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Verify(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v, want context.Canceled", err)
	}
	for name := range m.Objects {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, b[1:], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Verify(t.Context(), dir); !errors.Is(err, ErrObject) || !strings.Contains(err.Error(), name) {
			t.Errorf("Verify = %v, want ErrObject with %s", err, name)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
