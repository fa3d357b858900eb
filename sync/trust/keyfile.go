package trust

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"geodrop/sync/atomicfile"
)

// pemType is that of PKCS #8, which openssl reads and writes as well.
const pemType = "PRIVATE KEY"

// maxKeyFile bounds what is read as a key.
const maxKeyFile = 4 << 10

// ErrExposed marks the file of a key that others than its owner may read.
var ErrExposed = errors.New("others may read the private key")

// Write writes the key to a new file that its owner alone may read. It never
// replaces one.
func (k Key) Write(path string) (err error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		return atomicfile.SyncDir(filepath.Dir(path))
	}
	return errors.Join(fmt.Errorf("write key: %w", err), os.Remove(path))
}

// Replace puts another key into the file of this one, which is kept beside it,
// under the name of the file and its id.
func (k Key) Replace(path string, next Key) error {
	if err := k.Write(path + "." + k.Public().ID()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("replace key: %w", err)
	}
	return next.Write(path)
}

// ReadKey reads a key. The error wraps ErrExposed where others may do that too,
// and ErrKey where there is none in the file.
func ReadKey(path string) (Key, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	k, err := parseKey(b, path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("%w in %s: chmod 600 it, or make another if somebody did", ErrExposed, path)
	}
	return k, err
}

func parseKey(b []byte, path string) (Key, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != pemType {
		return Key{}, fmt.Errorf("%w: %s has no %s in PEM", ErrKey, path, pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok { // err may tell of the key's bytes
		return Key{}, fmt.Errorf("%w: that in %s is not of Ed25519", ErrKey, path)
	}
	return Key{private}, nil
}
