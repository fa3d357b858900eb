package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"sync"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// transfer is a file on its way from the upstreams to the disk, and to those who
// read it meanwhile.
type transfer struct {
	key  string          // of the file
	path string          // below the upstream
	want manifest.Digest // empty: that which the upstream names, if it does

	// Of the one who fetches:
	part    *atomicfile.Part
	hash    hash.Hash
	claimed int64

	mutex   sync.Mutex
	changed chan struct{} // closed, and made anew, with each change of the following
	reading *os.File      // nil until the size is known
	users   int           // of reading
	size    int64
	have    int64
	ended   bool
	err     error // ended without the file
}

func newTransfer(key, path string, want manifest.Digest) *transfer {
	return &transfer{key: key, path: path, want: want, changed: make(chan struct{})}
}

// change changes what readers see, and wakes them.
func (t *transfer) change(how func()) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	how()
	close(t.changed)
	t.changed = make(chan struct{})
}

// begin opens the part, of a size.
func (t *transfer) begin(dir string, size int64) error {
	part, err := atomicfile.OpenPart(dir, t.key)
	if err == nil {
		err = part.Restart() // what an earlier one left, that of another size maybe
	}
	if err != nil {
		return err
	}
	t.part, t.hash = part, sha256.New()
	reading, err := part.Reader()
	if err != nil {
		return err
	}
	t.change(func() { t.reading, t.users, t.size = reading, 1, size })
	return nil
}

// Write takes bytes in.
func (t *transfer) Write(b []byte) (int, error) {
	if int64(len(b)) > t.size-t.have {
		return 0, fmt.Errorf("%w: %s has more than the %d bytes announced", errContent, t.path, t.size)
	}
	n, err := t.part.Write(b)
	t.hash.Write(b[:n])
	t.change(func() { t.have += int64(n) })
	return n, err
}

// errContent marks bytes that are not what they should be.
var errContent = errors.New("wrong content")

// commit gives a file that is whole its name.
func (t *transfer) commit() (*file, error) {
	got := manifest.Digest(hex.EncodeToString(t.hash.Sum(nil)))
	if t.want != "" && got != t.want {
		return nil, fmt.Errorf("%w: %s came with SHA-256 %s", errContent, t.path, got)
	}
	f := &file{key: t.key, Object: manifest.Object{Digest: got, Bytes: t.size}}
	return f, t.part.CommitAs(f.name())
}

// end tells the readers how it ended.
func (t *transfer) end(err error) {
	t.change(func() { t.ended, t.err = true, err })
	t.release()
}

// use keeps the file open for a reader, when it begins to come; release ends
// that. It is false when the file is on the disk by now, as a small one always
// is.
func (t *transfer) use(ctx context.Context) (size int64, ok bool, err error) {
	t.mutex.Lock()
	for (t.reading == nil || t.size <= piece) && !t.ended {
		changed := t.changed
		t.mutex.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
		t.mutex.Lock()
	}
	defer t.mutex.Unlock()
	if t.err != nil || t.ended {
		return 0, false, t.err
	}
	t.users++
	return t.size, true, nil
}

func (t *transfer) release() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.users--; t.users == 0 && t.reading != nil {
		_ = t.reading.Close() // read only: nothing to lose
	}
}

// ready is how many bytes may be sent: the last one waits until the digest of
// all is right, so that nobody has a whole file that is wrong.
func (t *transfer) ready() (n int64, done bool, changed <-chan struct{}, err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.ended {
		return t.size, true, nil, t.err
	}
	return min(t.have, t.size-1), false, t.changed, nil
}
