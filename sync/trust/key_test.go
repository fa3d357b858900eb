package trust

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k, err := NewKey()
	must(t, err)
	must(t, k.Write(path))
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	got, err := ReadKey(path)
	if err != nil || got.Public() != k.Public() {
		t.Errorf("ReadKey = %v, %v", got, err)
	}
	if another, err := NewKey(); err != nil || another.Public() == k.Public() {
		t.Errorf("another key is %v, %v", another, err)
	} else if err := another.Write(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Write over a key = %v, want ErrExist", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		must(t, os.Chmod(path, mode))
		if _, err := ReadKey(path); !errors.Is(err, ErrExposed) {
			t.Errorf("mode %v: ReadKey = %v, want ErrExposed", mode, err)
		}
	}
}

func TestReplaceKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k, next := key("a"), key("b")
	must(t, k.Write(path))
	must(t, k.Replace(path, next))
	before, beforeErr := ReadKey(path + "." + k.Public().ID())
	now, nowErr := ReadKey(path)
	if err := errors.Join(beforeErr, nowErr); err != nil || before.Public() != k.Public() || now.Public() != next.Public() {
		t.Errorf("%v became %v, kept as %v: %v", k, now, before, err)
	}
}

func TestReadKeyRefuses(t *testing.T) {
	of := func(kind string, key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	good := of(pemType, key("a").private)
	for name, b := range map[string][]byte{
		"nothing":         nil,
		"cut":             good[:len(good)/2],
		"other type":      of("PUBLIC KEY", key("a").private),
		"other algorithm": of(pemType, curve),
		"no key":          pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: []byte("x")}),
		"long before":     append(bytes.Repeat([]byte("\n"), maxKeyFile), good...),
	} {
		path := filepath.Join(t.TempDir(), "key")
		must(t, os.WriteFile(path, b, 0o600))
		if _, err := ReadKey(path); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: ReadKey = %v, want ErrKey", name, err)
		}
	}
}

// TestKeyIsNotPrinted: whatever is done to a key, its seed is not shown.
func TestKeyIsNotPrinted(t *testing.T) {
	k := key("s")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("a", "key", k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a", "key", k)
	j, err := json.Marshal([]any{k})
	must(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %d %x %q %v", k, k, k, k, k, k, k, []Key{k}) + log.String() + string(j)
	seed := k.private.Seed()
	for _, secret := range []string{string(seed), fmt.Sprintf("%x", seed), fmt.Sprint([]byte(seed))[1:20], base64.StdEncoding.EncodeToString(seed)[:20]} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is in %s", secret, shown)
		}
	}
	if !strings.Contains(shown, "key "+k.Public().ID()) {
		t.Errorf("%s does not name the key", shown)
	}
}

func TestParsePublic(t *testing.T) {
	want := key("a").Public()
	if got, err := ParsePublic(want.String()); err != nil || got != want {
		t.Errorf("ParsePublic = %v, %v", got, err)
	}
	if len(want.ID()) != 16 || want.ID() == key("b").Public().ID() {
		t.Errorf("id %q", want.ID())
	}
}
