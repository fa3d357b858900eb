package generate

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/sync/agent"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/trust"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startNginx starts a server with the site, on a free port, until the test ends.
func startNginx(t *testing.T, upstream string) *url.URL {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		binary = "/usr/sbin/nginx" // where Debian has it, which is in few a PATH
	}
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	text := string(written(t, "nginx", Options{Upstream: upstream}))
	text = strings.NewReplacer("listen 8091", "listen "+address, "/var/cache/nginx/geodrop", filepath.Join(dir, "cache")).Replace(text)
	temps := ""
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temps += fmt.Sprintf("%s_temp_path %s;\n", of, filepath.Join(dir, of))
	}
	conf := filepath.Join(dir, "nginx.conf")
	must(t, os.WriteFile(conf, fmt.Appendf(nil, "daemon off; master_process off; pid %s/pid; error_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n", dir, temps, text), 0o600))
	var said bytes.Buffer
	cmd := exec.Command(binary, "-p", dir, "-e", "stderr", "-c", conf)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; install nginx: make deps", err)
	}
	exited := make(chan struct{})
	go func() { defer close(exited); _ = cmd.Wait() }() // it is killed
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-exited
	})
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			must(t, c.Close())
			break
		}
		select {
		case <-tick.C:
		case <-exited:
			t.Fatalf("nginx ended: %s", said.String())
		}
	}
	u, err := url.Parse("http://" + address)
	must(t, err)
	return u
}

// sealed is a release of objects that have the names for content.
func sealed(t *testing.T, sequence uint64, names ...string) (dir string, m *manifest.Manifest) {
	t.Helper()
	dir = t.TempDir()
	put := func(text, kind string) manifest.Object {
		b := []byte(strings.Repeat(text, 10_000))
		o := manifest.ObjectOf(b)
		must(t, os.WriteFile(filepath.Join(dir, o.FileName(kind)), b, 0o444))
		return o
	}
	m = &manifest.Manifest{Sequence: sequence, Areas: put("areas", manifest.AreasKind), Catalog: put("catalog", manifest.CatalogKind)}
	for i, name := range names {
		m.Segments = append(m.Segments, manifest.Segment{Object: put(name, manifest.SegmentKind), Postings: 1, FirstTile: uint64(i), LastTile: uint64(i)})
	}
	m, err := m.Sealed()
	must(t, err)
	must(t, manifest.Write(dir, m))
	return dir, m
}

// TestNginx: nodes behind an ordinary cache get signed releases, the origin
// sends each object once, and moves of the channel come through at once.
func TestNginx(t *testing.T) {
	key, err := trust.NewKey()
	must(t, err)
	o, err := origin.Open(origin.Options{Dir: t.TempDir(), Keys: []trust.Key{key}})
	must(t, err)
	defer func() { must(t, o.Close()) }()
	var objects, channels atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/objects/") {
			objects.Add(1)
		} else {
			channels.Add(1)
		}
		o.ServeHTTP(w, r)
	}))
	defer func() { server.CloseClientConnections(); server.Close() }()
	cache := startNginx(t, server.URL)

	const nodes = 5
	served := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	var running []chan struct{}
	for range nodes {
		a, err := agent.Open(agent.Options{
			Upstreams: []*url.URL{cache}, Dir: t.TempDir(), Poll: 10 * time.Millisecond,
			Trust: func() (trust.Keys, error) {
				return trust.Keys{Trusted: []trust.Named{{Public: key.Public()}}}, nil
			},
			Serve: func(_ context.Context, dir string) error {
				m, err := manifest.Read(dir)
				if err == nil {
					served <- m.ID
				}
				return err
			},
		})
		must(t, err)
		done := make(chan struct{})
		running = append(running, done)
		go func() {
			defer close(done)
			a.Run(ctx)
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	defer func() {
		cancel()
		for _, done := range running {
			<-done
		}
	}()
	for sequence, names := range [][]string{{"a", "b"}, {"a", "c"}, {"d", "c"}} {
		dir, m := sealed(t, uint64(sequence+1), names...)
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		for got := 0; got < nodes; {
			if id := <-served; id == m.ID {
				got++
			}
		}
	}
	const distinct = 4 + 2 + 3 // segments, areas and catalog, manifests
	if got := objects.Load(); got != distinct {
		t.Errorf("the origin sent %d objects, there are %d", got, distinct)
	}
	if got := channels.Load(); got > 10*nodes {
		t.Errorf("the origin was asked for the channel %d times: it does not get to let them wait", got)
	}
}
