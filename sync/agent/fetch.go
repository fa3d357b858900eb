package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// arrival is a file that comes from upstreams, maybe in several goes.
type arrival interface {
	io.Writer
	path() []string                  // below an upstream's URL
	kind() string                    // of what it holds, for metrics
	here() int64                     // bytes of it
	begin(resp *http.Response) error // looks at the header of an answer
	complete() (bool, error)         // the error is that it is not what was wanted
}

// triesEach is how often each upstream is tried for an object, in a row.
const triesEach = 3

// fetch takes an object in, from whichever upstream gives it. What is wrong in
// length or digest is dropped; what broke off is resumed, at another upstream if
// need be.
func (a *Agent) fetch(ctx context.Context, in *intake) error {
	var err error
	for range triesEach * len(a.options.Upstreams) {
		u, chooseErr := a.upstreams.Choose(ctx, nil)
		if chooseErr != nil {
			return errors.Join(err, chooseErr)
		}
		asked := time.Now()
		err = a.download(ctx, u, in)
		if err == nil {
			a.upstreams.Succeeded(u)
			return nil
		}
		class := classOf(err)
		a.state.transferFailed(class)
		if ctx.Err() != nil || class.ours() {
			return err
		}
		a.options.Log.Warn("a transfer failed", "upstream", u.Name(), "object", in.want.Digest, "class", class, "error", err)
		a.upstreams.Failed(u, asked, retryAfter(err))
		if class == Length || class == Digest {
			if err := in.restart(); err != nil {
				return err
			}
		}
	}
	return err
}

// download asks one upstream for what is missing of a file.
func (a *Agent) download(ctx context.Context, u *upstream, in arrival) error {
	if done, err := in.complete(); done || err != nil {
		return err
	}
	ctx, g := watch(ctx, a.options.Timeout, a.options.MinRate)
	defer g.stop()
	resp, err := a.get(ctx, u.URL.JoinPath(in.path()...), rangeFrom(in.here()))
	if err != nil {
		return because(ctx, err)
	}
	defer resp.Body.Close() // read only: nothing to lose
	if err := in.begin(resp); err != nil {
		return err
	}
	if done, err := in.complete(); done || err != nil {
		return err
	}
	n, err := io.Copy(in, g.reader(resp.Body))
	a.state.received(in.kind(), n)
	if err != nil {
		return because(ctx, err)
	}
	done, err := in.complete()
	if err == nil && !done {
		err = failed(Length, "%s ends before all of it came, after %d bytes", resp.Request.URL.Redacted(), in.here())
	}
	return err
}

// because is the reason for which the guard ended a transfer, or the error as it
// is.
func because(ctx context.Context, err error) error {
	var f *failure
	if cause := context.Cause(ctx); errors.As(cause, &f) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

func rangeFrom(have int64) http.Header {
	header := http.Header{}
	if have > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
	}
	return header
}

// begin looks at the header of an answer: whether it goes on where the intake
// is, and has as many bytes as are missing.
func (in *intake) begin(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		if in.have > 0 { // it sends all of it
			if err := in.restart(); err != nil {
				return err
			}
		}
	case http.StatusPartialContent:
		if err := in.checkRange(resp.Header.Get("Content-Range")); err != nil {
			return err
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return failed(Length, "%s has no bytes from %d of %d on", resp.Request.URL.Redacted(), in.have, in.want.Bytes)
	default:
		return statusFailure(resp)
	}
	if missing := in.want.Bytes - in.have; resp.ContentLength >= 0 && resp.ContentLength != missing {
		return failed(Length, "%s sends %d bytes where %d are missing", resp.Request.URL.Redacted(), resp.ContentLength, missing)
	}
	return nil
}

func (in *intake) checkRange(value string) error {
	if value != fmt.Sprintf("bytes %d-%d/%d", in.have, in.want.Bytes-1, in.want.Bytes) {
		return failed(Length, "an upstream sends the range %.80q of an object of %d bytes, of which %d are here", value, in.want.Bytes, in.have)
	}
	return nil
}
