package trust

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestKeysRoundTrip(t *testing.T) {
	k := trusting(t, "ab", "c")
	k.Lineages = []string{"l1", "l2"}
	k.Trusted[0].Comment = "of the origin in Leeds"
	path := filepath.Join(t.TempDir(), "trust")
	must(t, k.Write(path))
	got, err := ReadKeys(path)
	if err != nil || !reflect.DeepEqual(got, k) {
		t.Errorf("ReadKeys = %+v, %v, want %+v", got, err, k)
	}
}

func TestParseKeys(t *testing.T) {
	a := key("a").Public().String()
	tests := []struct {
		name, text string
		trusted    int
		says       string // empty: it can be read
	}{
		{"empty", "", 0, ""},
		{"comments and space", "# all\n\n  trusted\t" + a + "  by hand # 2027\r\n", 1, ""},
		{"word alone", "trusted\n", 0, "line 1: \"trusted\" alone"},
		{"other word", "\nbelieved " + a + "\n", 0, "line 2: \"believed\" is none of"},
		{"twice", "trusted " + a + "\nrevoked " + a + "\n", 0, "is there twice"},
		{"other algorithm", "trusted rsa:" + a + "\n", 0, "is not ed25519:"},
		{"short", "trusted ed25519:AAAA\n", 0, "of 32 bytes"},
		{"cut", "trusted " + a[:len(a)-1] + "\n", 0, "of 32 bytes"},
		{"lineage", "lineage ../x\n", 0, "lineage"},
		{"two lineages in a line", "lineage a b\n", 0, "lineage"},
		{"long", strings.Repeat("#", maxKeys+1), 0, "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParseKeys([]byte(tt.text))
			switch {
			case tt.says == "" && (err != nil || len(k.Trusted) != tt.trusted):
				t.Errorf("ParseKeys = %+v, %v", k, err)
			case tt.says != "" && (!errors.Is(err, ErrKeys) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("ParseKeys = %v, want ErrKeys that says %q", err, tt.says)
			}
		})
	}
}

func TestChangesOfKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trust")
	add := func(k Keys) (Keys, error) { return k.Trust(Named{key("a").Public(), "two\nlines # and more"}) }
	must(t, Update(path, add))
	if err := Update(path, add); !errors.Is(err, ErrKeys) {
		t.Errorf("trusted twice: %v", err)
	}
	revoke := func(k Keys) (Keys, error) { return k.Revoke(key("a").Public().ID()) }
	must(t, Update(path, revoke))
	if err := Update(path, revoke); !errors.Is(err, ErrKeys) {
		t.Errorf("revoked twice: %v", err)
	}
	if err := Update(path, add); !errors.Is(err, ErrKeys) {
		t.Errorf("trusted after it was revoked: %v", err)
	}
	k, err := ReadKeys(path)
	if err != nil || len(k.Trusted) != 0 || len(k.Revoked) != 1 || k.Revoked[0].Comment != "two lines and more" {
		t.Errorf("ReadKeys = %+v, %v", k, err)
	}
	must(t, os.WriteFile(path+"2", []byte("nonsense x\n"), 0o600))
	if err := Update(path+"2", add); !errors.Is(err, ErrKeys) {
		t.Errorf("Update of nonsense: %v", err)
	}
}
