package trust

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"geodrop/sync/manifest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key is the same one for the same letter.
func key(letter string) Key {
	return Key{ed25519.NewKeyFromSeed([]byte(strings.Repeat(letter, ed25519.SeedSize)))}
}

// trusting are keys as a node has them, of letters.
func trusting(t testing.TB, trusted, revoked string) Keys {
	t.Helper()
	var k Keys
	var err error
	for letter := range strings.SplitSeq(trusted+revoked, "") {
		k, err = k.Trust(Named{key(letter).Public(), ""})
		must(t, err)
	}
	for letter := range strings.SplitSeq(revoked, "") {
		k, err = k.Revoke(key(letter).Public().ID())
		must(t, err)
	}
	return k
}

func pointer() manifest.Pointer {
	return manifest.Pointer{
		Channel: "main", Version: 3, Release: "r42-0123abcd", Sequence: 42,
		Manifest: manifest.Object{Digest: manifest.Digest(strings.Repeat("a", 64)), Bytes: 10},
		Since:    time.UnixMilli(1e12).UTC(), Lineage: "l1",
		Issued: time.UnixMilli(2e12).UTC(), Expires: time.UnixMilli(3e12).UTC(),
	}
}

func sealed(t testing.TB, letters string) Sealed {
	t.Helper()
	var keys []Key
	for letter := range strings.SplitSeq(letters, "") {
		keys = append(keys, key(letter))
	}
	s, err := Seal(pointer(), keys)
	must(t, err)
	return s
}
