package index

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// TestHinted: who is out of files or of mappings is told which limit it is.
func TestHinted(t *testing.T) {
	for _, tt := range []struct {
		err  error
		hint string
	}{
		{&fs.PathError{Op: "open", Path: "a.seg", Err: syscall.EMFILE}, "LimitNOFILE"},
		{syscall.ENOMEM, "vm.max_map_count"},
		{&fs.PathError{Op: "open", Path: "a.seg", Err: syscall.ENOENT}, ""},
	} {
		got := hinted(tt.err)
		if !errors.Is(got, tt.err) || !strings.Contains(got.Error(), tt.hint) || (tt.hint == "") != (got == tt.err) {
			t.Errorf("%v is told as %v", tt.err, got)
		}
	}
}
