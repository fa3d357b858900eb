package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"geodrop/sync/manifest"
)

// triesEach is how often each upstream is tried for a file, in a row.
const triesEach = 3

// patience is how long a request waits for a place among those that are sent or
// fetched: a herd of nodes after a small change is through before.
const patience = 2 * time.Second

var (
	errBusy   = errors.New("so many files are being fetched already")
	errClosed = errors.New("the relay is stopping")
	errDisk   = errors.New("the disk failed")
	errSlow   = errors.New("it came too slowly")
)

// transfer is the one of a file, begun if there is none.
func (r *Relay) transfer(key, path string, want manifest.Digest) (*transfer, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if t := r.transfers[key]; t != nil {
		r.metrics.coalesced.Inc()
		return t, nil
	}
	if r.closed {
		return nil, errClosed
	}
	t := newTransfer(key, path, want)
	r.transfers[key] = t
	r.busy.Go(func() { r.fetch(t) })
	return t, nil
}

// fetch brings a file, whether those who asked wait or not.
func (r *Relay) fetch(t *transfer) {
	f, err := r.bring(r.ctx, t)
	if t.part != nil && err != nil {
		err = errors.Join(err, t.part.Drop()) // nobody goes on with it, and the disk may be full
	}
	r.files.settle(f, t.claimed)
	r.mutex.Lock()
	delete(r.transfers, t.key)
	r.mutex.Unlock()
	t.end(err)
	if err != nil && !missing(err) && r.ctx.Err() == nil {
		r.options.Log.Warn("a file cannot be fetched", "path", t.path, "error", err)
	}
}

// bring asks one upstream after another, each of which goes on where the one
// before broke off. What is wrong is dropped with all that came.
func (r *Relay) bring(ctx context.Context, t *transfer) (*file, error) {
	if !enter(ctx, r.fetches) {
		return nil, errBusy
	}
	defer func() { <-r.fetches }()
	without := map[*upstream]bool{}
	var err error
	for range triesEach * len(r.options.Upstreams) {
		u, chooseErr := r.upstreams.Choose(ctx, without)
		if chooseErr != nil {
			return nil, errors.Join(err, chooseErr)
		}
		var f *file
		asked := time.Now()
		if err = r.download(ctx, u, t); err == nil {
			f, err = t.commit()
		}
		switch {
		case err == nil:
			r.upstreams.Succeeded(u)
			return f, nil
		case ctx.Err() != nil, errors.Is(err, errDisk):
			return nil, err
		case missing(err), errors.Is(err, errFull): // another may have it, or be honest about its length
			if without[u] = true; len(without) == len(r.options.Upstreams) {
				return nil, err
			}
			continue
		}
		r.failed(u, asked, err)
		if errors.Is(err, errContent) {
			return nil, err
		}
	}
	return nil, err
}

// download asks an upstream for what is missing of a file.
func (r *Relay) download(ctx context.Context, u *upstream, t *transfer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stall := time.AfterFunc(r.options.Timeout, cancel)
	defer stall.Stop()
	header := http.Header{}
	if t.have > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(t.have, 10)+"-")
	}
	resp, err := r.get(ctx, u, t.path, header)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // read only: nothing to lose
	skip, err := r.announced(resp, t)
	if err != nil {
		return err
	}
	return r.take(t, resp.Body, skip, stall)
}

// announced looks at the header of an answer, and returns how many bytes of it
// are here already.
func (r *Relay) announced(resp *http.Response, t *transfer) (skip int64, err error) {
	size := resp.ContentLength
	switch resp.StatusCode {
	case http.StatusOK:
		skip = t.have
	case http.StatusPartialContent:
		if size += t.have; resp.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", t.have, size-1, size) {
			return 0, fmt.Errorf("%w: %s sends another range than that from byte %d on", errContent, resp.Request.URL.Redacted(), t.have)
		}
	default:
		return 0, newStatusError(resp)
	}
	if digest := digestOf(resp.Header.Get("ETag")); t.want == "" && digest != "" {
		t.want = digest
	}
	switch {
	case resp.ContentLength < 0:
		return 0, fmt.Errorf("%w: %s does not say how long it is", errContent, resp.Request.URL.Redacted())
	case t.part != nil && size != t.size:
		return 0, fmt.Errorf("%w: %s has %d bytes, and %d elsewhere", errContent, resp.Request.URL.Redacted(), size, t.size)
	case t.part != nil:
		return skip, nil
	}
	if err := r.files.claim(size); err != nil {
		return 0, err
	}
	t.claimed = size
	if err := t.begin(r.files.dir, size); err != nil {
		return 0, fmt.Errorf("%w: %w", errDisk, err)
	}
	return skip, nil
}

// digestOf is the digest that a strong ETag is; empty if it is none.
func digestOf(etag string) manifest.Digest {
	if d := manifest.Digest(strings.Trim(etag, `"`)); d.Valid() {
		return d
	}
	return ""
}

// take copies a body behind what is here. It gives up what is slower than the
// rate in a stretch of time: stall cancels what doesn't come at all.
func (r *Relay) take(t *transfer, body io.Reader, skip int64, stall *time.Timer) error {
	window, least := r.options.Timeout, int64(float64(r.options.MinRate)*r.options.Timeout.Seconds())
	began, got := time.Now(), int64(0)
	buffer := make([]byte, piece)
	for {
		n, err := body.Read(buffer)
		got += int64(n)
		r.metrics.fetched.Add(float64(n))
		drop := min(skip, int64(n))
		skip -= drop
		if _, writeErr := t.Write(buffer[drop:n]); errors.Is(writeErr, errContent) {
			return writeErr
		} else if writeErr != nil {
			return fmt.Errorf("%w: %w", errDisk, writeErr)
		}
		switch {
		case err == io.EOF && t.have < t.size:
			return fmt.Errorf("%s ends after %d bytes of %d", t.path, t.have, t.size)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if time.Since(began) >= window {
			if got < least {
				return fmt.Errorf("%w: %d bytes in %v", errSlow, got, window)
			}
			began, got = time.Now(), 0
			stall.Reset(window)
		}
	}
}

// enter waits for a place, for so long as patience lasts.
func enter(ctx context.Context, places chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}
