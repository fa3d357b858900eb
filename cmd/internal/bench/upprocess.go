package bench

import (
	"bufio"
	"bytes"
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

// startUp starts the service and waits until it serves a release.
func startUp(ctx context.Context, args ...string) (*upProcess, error) {
	return startService(ctx, "up", args...)
}

// startService starts a command of geodrop that serves a release.
func startService(ctx context.Context, name string, args ...string) (*upProcess, error) {
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
	if err := p.command.Start(); err != nil {
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

// firstAddress is what the service prints first; the rest is read and dropped.
func (p *upProcess) firstAddress(stdout io.Reader) (string, error) {
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	url := regexp.MustCompile(`http://[^/ ]+`).FindString(line)
	go func() {
		defer close(p.drained)
		_, _ = io.Copy(io.Discard, lines) // ends with the process
	}()
	if err != nil || url == "" {
		return "", fmt.Errorf("the service printed %q, no address: %w", line, err)
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
