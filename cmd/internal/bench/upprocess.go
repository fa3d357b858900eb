package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// upProcess is a `geodrop up`, or `geodrop node`, of its own, on a free port.
type upProcess struct {
	command *exec.Cmd
	url     string
	client  *http.Client
	stderr  bytes.Buffer
	drained chan struct{} // what it prints has been read to the end
}

// requestTimeout bounds every request to a service that is measured.
const requestTimeout = 30 * time.Second

// startService starts a command of geodrop on the processors of the node, and
// waits until it serves a release: in a process of its own, since a generator of
// load shall not be in the schedule of its goroutines.
func startService(ctx context.Context, on *processors, name string, args ...string) (*upProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	p := &upProcess{client: &http.Client{Timeout: requestTimeout}, drained: make(chan struct{})}
	p.command = command(ctx, self, append([]string{name, "--listen", "127.0.0.1:0", "--log-level", "error"}, args...)...)
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := on.start(p.command); err != nil {
		return nil, fmt.Errorf("start the service: %w", err)
	}
	if p.url, err = p.firstAddress(stdout); err == nil {
		err = p.untilReady(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// firstAddress is the first that the service prints; the rest is read and dropped.
func (p *upProcess) firstAddress(stdout io.Reader) (url string, err error) {
	lines := bufio.NewScanner(stdout)
	for url == "" && lines.Scan() {
		url = regexp.MustCompile(`http://[^/ ]+`).FindString(lines.Text())
	}
	go func() {
		defer close(p.drained)
		_, _ = io.Copy(io.Discard, stdout) // ends with the process
	}()
	if url == "" {
		return "", fmt.Errorf("the service ended before it served: %w", cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
	}
	return url, nil
}

func (p *upProcess) address() string { return p.url }

// untilReady asks until the service says that it is ready, or ends.
func (p *upProcess) untilReady(ctx context.Context) error {
	const pause = 20 * time.Millisecond
	err := every(ctx, pause, func() error {
		select {
		case <-p.drained:
			return errors.New("the service ended before it was ready")
		default:
		}
		resp, err := p.client.Get(p.url + "/readyz")
		if err != nil {
			return nil // not yet
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return errReady
		}
		return nil
	})
	if errors.Is(err, errReady) {
		return nil
	}
	return err
}

var errReady = errors.New("ready")

// stop asks the process to end and waits for it.
func (p *upProcess) stop() error {
	p.client.CloseIdleConnections()
	err := p.command.Cancel()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-p.drained
	if waitErr := p.command.Wait(); waitErr != nil {
		err = errors.Join(err, fmt.Errorf("the service: %w: %s", waitErr, bytes.TrimSpace(p.stderr.Bytes())))
	}
	return err
}
