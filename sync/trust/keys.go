package trust

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// Keys are what a node believes. Their file has a line for each:
//
//	trusted ed25519:BASE64 comment
//	revoked ed25519:BASE64 comment
//	lineage NAME
//
// A key that is revoked stays in the file, so that it isn't trusted again by
// mistake. Lineages name the origins' histories that a node may follow; without
// one it stays with the first that it meets. What follows # is for people.
type Keys struct {
	Trusted  []Named
	Revoked  []Named
	Lineages []string
}

// Named is a public key with a comment.
type Named struct {
	Public
	Comment string // of one line; may be empty
}

// ErrKeys marks what is no file of keys.
var ErrKeys = errors.New("invalid file of trusted keys")

const (
	wordTrusted = "trusted"
	wordRevoked = "revoked"
	wordLineage = "lineage"
)

// maxKeys bounds the file of keys in bytes.
const maxKeys = 64 << 10

// ReadKeys reads a file of keys.
func ReadKeys(path string) (Keys, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return Keys{}, fmt.Errorf("read trusted keys: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, maxKeys+1))
	if err != nil {
		return Keys{}, fmt.Errorf("read trusted keys: %w", err)
	}
	k, err := ParseKeys(b)
	if err != nil {
		return Keys{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// ParseKeys reads the content of a file of keys.
func ParseKeys(b []byte) (Keys, error) {
	var k Keys
	if len(b) > maxKeys {
		return k, fmt.Errorf("%w: more than %d bytes", ErrKeys, maxKeys)
	}
	number := 0
	for line := range bytes.Lines(b) {
		number++
		text, _, _ := strings.Cut(string(line), "#")
		if err := k.add(strings.Fields(text)); err != nil {
			return Keys{}, fmt.Errorf("%w: line %d: %w", ErrKeys, number, err)
		}
	}
	return k, nil
}

func (k *Keys) add(fields []string) error {
	switch {
	case len(fields) == 0:
		return nil
	case len(fields) == 1:
		return fmt.Errorf("%.80q alone says nothing", fields[0])
	case fields[0] == wordLineage:
		return k.addLineage(fields[1:])
	}
	p, err := ParsePublic(fields[1])
	if err != nil {
		return err
	}
	n := Named{p, strings.Join(fields[2:], " ")}
	switch {
	case k.knows(p):
		return fmt.Errorf("key %s is there twice", p.ID())
	case fields[0] == wordTrusted:
		k.Trusted = append(k.Trusted, n)
	case fields[0] == wordRevoked:
		k.Revoked = append(k.Revoked, n)
	default:
		return fmt.Errorf("%.80q is none of %s, %s, %s", fields[0], wordTrusted, wordRevoked, wordLineage)
	}
	return nil
}

func (k *Keys) addLineage(names []string) error {
	if len(names) != 1 || !manifest.ValidLineage(names[0]) {
		return fmt.Errorf("lineage %.80q: use letters, digits, '.', '-' and '_'", names)
	}
	k.Lineages = append(k.Lineages, names[0])
	return nil
}

func (k Keys) knows(p Public) bool {
	return find(k.Trusted, p.ID()) >= 0 || find(k.Revoked, p.ID()) >= 0
}

func find(list []Named, id string) int {
	return slices.IndexFunc(list, func(n Named) bool { return n.ID() == id })
}

// Trust is the keys with one more. The error wraps ErrKeys where it is known
// already, trusted or revoked.
func (k Keys) Trust(n Named) (Keys, error) {
	if k.knows(n.Public) {
		return Keys{}, fmt.Errorf("%w: key %s is in it already", ErrKeys, n.ID())
	}
	n.Comment = strings.Join(strings.Fields(strings.ReplaceAll(n.Comment, "#", " ")), " ")
	k.Trusted = append(slices.Clone(k.Trusted), n)
	return k, nil
}

// Revoke is the keys with one that is trusted no longer.
func (k Keys) Revoke(id string) (Keys, error) {
	i := find(k.Trusted, id)
	if i < 0 {
		return Keys{}, fmt.Errorf("%w: it trusts no key %.80q", ErrKeys, id)
	}
	k.Revoked = append(slices.Clone(k.Revoked), k.Trusted[i])
	k.Trusted = slices.Delete(slices.Clone(k.Trusted), i, i+1)
	return k, nil
}

// Encode is the content of the file of the keys.
func (k Keys) Encode() []byte {
	var b bytes.Buffer
	for _, of := range []struct {
		word string
		list []Named
	}{{wordTrusted, k.Trusted}, {wordRevoked, k.Revoked}} {
		for _, n := range of.list {
			fmt.Fprintln(&b, strings.TrimSpace(of.word+" "+n.String()+" "+n.Comment))
		}
	}
	for _, name := range k.Lineages {
		fmt.Fprintln(&b, wordLineage, name)
	}
	return b.Bytes()
}

// Write replaces the file of the keys. Comments behind # are lost.
func (k Keys) Write(path string) error {
	return atomicfile.Write(filepath.Dir(path), filepath.Base(path), k.Encode())
}

// Update reads the file of keys, or none if there is none, has it changed and
// writes it.
func Update(path string, change func(Keys) (Keys, error)) error {
	k, err := ReadKeys(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if k, err = change(k); err != nil {
		return fmt.Errorf("change %s: %w", path, err)
	}
	return k.Write(path)
}
