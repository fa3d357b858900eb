package agent

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"geodrop/sync/atomicfile"
	"geodrop/sync/patch"
)

// patchIntake takes a patch into a part, maybe in several goes. How long it is
// says the upstream, within bounds; whether it is the right one shows when it is
// applied.
type patchIntake struct {
	base base
	part *atomicfile.Part
	have int64
	size int64 // below 0: not known yet
	most int64
	disk diskWriter
}

// newPatchIntake goes on where the part is.
func newPatchIntake(b base, p *atomicfile.Part, before func(string, []byte) error) (*patchIntake, error) {
	in := &patchIntake{base: b, part: p, size: -1, most: b.to.Bytes/patch.WorthShare - 1, disk: diskWriter{b.file(), p, before}}
	n, err := io.Copy(io.Discard, p)
	if err != nil {
		return nil, &failure{Disk, err}
	}
	in.have = n
	return in, nil
}

func (in *patchIntake) path() []string {
	return []string{"v1", "patches", string(in.base.to.Digest), string(in.base.key)}
}

func (in *patchIntake) kind() string { return patchLabel }
func (in *patchIntake) here() int64  { return in.have }

func (in *patchIntake) complete() (bool, error) { return in.have == in.size, nil }

// Write takes bytes in.
func (in *patchIntake) Write(b []byte) (int, error) {
	if int64(len(b)) > in.size-in.have {
		return 0, failed(Length, "a patch to %s has more than the %d bytes that it was to have", in.base.to.Digest, in.size)
	}
	n, err := in.disk.Write(b)
	in.have += int64(n)
	return n, err
}

// begin looks at the header of an answer: how long the patch is, and whether it
// goes on where the intake is.
func (in *patchIntake) begin(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		if err := in.restart(); err != nil {
			return err
		}
		in.size = resp.ContentLength
	case http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable: // the latter where all is here
		if err := in.checkRange(resp); err != nil {
			return err
		}
	default:
		return statusFailure(resp)
	}
	if in.size < 0 || in.size > in.most {
		return failed(Length, "%s has %d bytes; up to %d would be worth it", resp.Request.URL.Redacted(), in.size, in.most)
	}
	return nil
}

func (in *patchIntake) checkRange(resp *http.Response) error {
	value := resp.Header.Get("Content-Range")
	_, text, _ := strings.Cut(value, "/")
	size, err := strconv.ParseInt(text, 10, 64)
	want := fmt.Sprintf("bytes %d-%d/%d", in.have, size-1, size)
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		want = fmt.Sprintf("bytes */%d", in.have)
	}
	if err != nil || value != want {
		return failed(Length, "an upstream sends the range %.80q of a patch of which %d bytes are here", value, in.have)
	}
	in.size = size
	return nil
}

func (in *patchIntake) restart() error {
	in.have = 0
	if err := in.part.Restart(); err != nil {
		return &failure{Disk, err}
	}
	return nil
}
