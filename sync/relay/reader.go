package relay

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/time/rate"
)

// transferReader reads a file while it comes.
type transferReader struct {
	ctx  context.Context
	t    *transfer // in use
	size int64
	at   int64
}

// Read waits for bytes.
func (r *transferReader) Read(b []byte) (int, error) {
	for r.at < r.size {
		n, _, changed, err := r.t.ready()
		if err != nil {
			return 0, err
		}
		if n > r.at {
			read, err := r.t.reading.ReadAt(b[:min(int64(len(b)), n-r.at)], r.at)
			r.at += int64(read)
			if errors.Is(err, io.EOF) { // the caller wants to know at the very end
				err = nil
			}
			return read, err
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
	return 0, io.EOF
}

// Seek is for http.ServeContent.
func (r *transferReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, os.ErrInvalid
	}
	r.at = offset
	return offset, nil
}

// piece is what a bound of bytes a second lets through at once.
const piece = 64 << 10

// pacedReader keeps to a bound that it shares with others.
type pacedReader struct {
	io.ReadSeeker
	ctx     context.Context
	limiter *rate.Limiter
}

// Read waits for its turn.
func (r *pacedReader) Read(b []byte) (int, error) {
	n, err := r.ReadSeeker.Read(b[:min(len(b), piece)])
	if n > 0 {
		if waitErr := r.limiter.WaitN(r.ctx, n); waitErr != nil {
			return 0, waitErr
		}
	}
	return n, err
}
