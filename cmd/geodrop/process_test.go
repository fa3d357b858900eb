package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// geodrop runs a command to its end.
func geodrop(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("geodrop", args...).CombinedOutput(); err != nil {
		t.Fatalf("geodrop %v: %v\n%s", args, err, out)
	}
}

// process is a geodrop that answers, as people run it.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	client *http.Client
	stderr *output
	ended  chan struct{}
	once   sync.Once
}

// output collects what a process prints.
type output struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// startProcess starts one that prints where it answers.
func startProcess(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("geodrop", args...), stderr: &output{}, ended: make(chan struct{})}
	p.client = &http.Client{Transport: &http.Transport{}, Timeout: patience}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	must(t, err)
	must(t, p.cmd.Start())
	lines := bufio.NewReader(stdout)
	for p.url == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("geodrop %v says %v\n%s", args, p.cmd.Wait(), p.stderr)
		}
		if _, rest, ok := strings.Cut(line, "Starting on "); ok {
			p.url, _, _ = strings.Cut(rest, "/ …")
		}
	}
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(io.Discard, lines)
		_ = p.cmd.Wait() // how it ended is for who ends it
	}()
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

// end sends a signal and waits for the end.
func (p *process) end(s os.Signal) {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(s) // it may have ended
		<-p.ended
		p.client.CloseIdleConnections()
	})
}

func (p *process) get(path string) (int, string) {
	resp, err := p.client.Get(p.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// patience is how long something may take on a busy machine.
const patience = 60 * time.Second

// until asks until the answer is 200 with a text, and returns it.
func (p *process) until(path, has string) string {
	p.t.Helper()
	for began := time.Now(); ; {
		code, body := p.get(path)
		if code == http.StatusOK && strings.Contains(body, has) {
			return body
		}
		if time.Since(began) > patience {
			p.t.Fatalf("%s is %d %s, want %s\n%s", path, code, body, has, p.stderr)
		}
	}
}

// lookup is where the sample has the POI tfl-244.
const lookup = "/v1/lookup?lat=51.516119&lng=-0.128585"

// steadyLoad looks up a thousand times a second, or as often as it can.
type steadyLoad struct {
	done, failed atomic.Int64
	last         atomic.Pointer[string] // failure
	stop         func()
}

func (p *process) steadyLoad() *steadyLoad {
	l := &steadyLoad{}
	ctx, cancel := context.WithCancel(context.Background())
	var client sync.WaitGroup
	client.Go(func() {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for ctx.Err() == nil {
			<-pace.C
			code, body := p.get(lookup)
			l.done.Add(1)
			if code != http.StatusOK || !strings.Contains(body, `"poi":"tfl-244"`) {
				says := fmt.Sprint(code, " ", body)
				l.last.Store(&says)
				l.failed.Add(1)
			}
		}
	})
	l.stop = func() {
		cancel()
		client.Wait()
	}
	p.t.Cleanup(l.stop)
	return l
}

// check ends the load and wants no failures.
func (l *steadyLoad) check(t *testing.T) {
	t.Helper()
	l.stop()
	if n := l.failed.Load(); n > 0 || l.done.Load() == 0 {
		t.Errorf("%d of %d lookups failed: %s", n, l.done.Load(), *l.last.Load())
	}
	t.Logf("%d lookups", l.done.Load())
}
