package manifest

import (
	"strings"
	"testing"
)

func TestObjectOf(t *testing.T) {
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, appendix B.1
	o := ObjectOf([]byte("abc"))
	if o.Digest != sum || o.Bytes != 3 || o.FileName(SegmentKind) != sum+".seg" {
		t.Errorf("the object is %+v, in %s", o, o.FileName(SegmentKind))
	}
}

// TestDigestForm: whatever has the form of a digest names one file, below a folder.
func TestDigestForm(t *testing.T) {
	whole := strings.Repeat("0a", 32)
	for text, want := range map[string]bool{
		whole: true, "": false, whole[:62]: false, whole[:63]: false, whole + "00": false,
		strings.ToUpper(whole): false, "../" + whole[:61]: false, "0g" + whole[:62]: false, whole[:63] + "\n": false,
	} {
		if got := Digest(text).Valid(); got != want {
			t.Errorf("%q has the form: %t", text, got)
		}
	}
}
