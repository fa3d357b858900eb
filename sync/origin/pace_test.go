package origin

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
	"geodrop/sync/pipetest"
	"geodrop/sync/releasetest"
)

// TestSlowReceivers: who stops taking an object is cut off a step later, however
// large the object is, and who takes it too slowly when the time for all of it is
// over.
func TestSlowReceivers(t *testing.T) {
	const size = 4 * answer.PaceStep
	tests := []struct {
		name string
		take int           // bytes at a time, more than a step and the header
		each time.Duration // time between
		lost time.Duration // when it is cut off; 0: it gets all
	}{
		{"stalled", answer.PaceStep + 4096, time.Hour, 14 * time.Second},
		{"too slow", answer.PaceStep + 4096, 12 * time.Second, 26 * time.Second},
		{"just fast enough", size/2 + 4096, 12900 * time.Millisecond, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := prometheus.NewRegistry()
				o := open(t, Options{MinRate: size / 16, SendTimeout: 10 * time.Second, Registry: registry})
				path := "/v1/objects/" + string(publishLarge(t, o, size))
				network := pipetest.Listen()
				ctx, stop := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() { served <- o.Serve(ctx, network) }()
				conn, err := network.Dial(ctx, "", "")
				must(t, err)
				began := time.Now()
				_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n")
				must(t, err)
				took := make(chan int64, 1)
				go func() {
					var all int64
					for err := error(nil); err == nil; {
						time.Sleep(tt.each)
						var n int64
						n, err = io.CopyN(io.Discard, conn, int64(tt.take))
						all += n
					}
					took <- all
				}()
				if tt.lost > 0 {
					time.Sleep(tt.lost - time.Since(began) - time.Millisecond)
					if n := figure(t, registry, "geodrop_origin_sends"); n != 1 {
						t.Errorf("cut off before its time: %v objects are being sent", n)
					}
					time.Sleep(2 * time.Millisecond)
					synctest.Wait()
					if n := figure(t, registry, "geodrop_origin_sends"); n != 0 {
						t.Errorf("%v objects are being sent to nobody", n)
					}
				}
				if n := <-took; (n > size) != (tt.lost == 0) {
					t.Errorf("it took %d bytes of %d", n, size)
				}
				must(t, conn.Close())
				stop()
				must(t, <-served)
			})
		})
	}
}

// publishLarge publishes a release with an object of that size.
func publishLarge(t *testing.T, o *Origin, size int) manifest.Digest {
	t.Helper()
	dir, large := t.TempDir(), releasetest.Content("large", size)
	object := manifest.ObjectOf(large)
	must(t, os.WriteFile(filepath.Join(dir, object.FileName(manifest.SegmentKind)), large, 0o444))
	m := seal(t, dir, 1)
	m.Segments = []manifest.Segment{{Object: object, Postings: 1}}
	m, err := m.Sealed()
	must(t, err)
	must(t, manifest.Write(dir, m))
	_, err = o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	return object.Digest
}
