package load

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"geodrop/grid/coord"
)

// BenchmarkExchange is one lookup at a time on one connection, by the generator
// and by net/http; the server, which answers 4 kB, is in both.
func BenchmarkExchange(b *testing.B) {
	body := append([]byte(`{"drops":[{}],"x":"`), bytes.Repeat([]byte("x"), 4000)...)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
	defer web.Close()
	b.Run("load", func(b *testing.B) {
		o := Options{Target: web.URL, Positions: []coord.WGS84{{Lat: 1, Lng: 2}}, Phases: []Phase{{Rate: 1, Duration: time.Second}}}.withDefaults()
		target, err := parseTarget(o.Target)
		if err != nil {
			b.Fatal(err)
		}
		o.dial = dialer(target)
		c := newConnection(&run{options: o, target: target, began: time.Now(), recorder: newRecorder(&o)})
		defer c.close()
		b.ReportAllocs()
		for b.Loop() {
			if a, err := c.exchange(b.Context(), job{}, time.Now().Add(time.Minute)); err != nil || a.status != http.StatusOK {
				b.Fatal(a, err)
			}
		}
	})
	b.Run("net/http", func(b *testing.B) {
		form := []byte(`{"lat":1.000000,"lng":2.000000}`)
		b.ReportAllocs()
		for b.Loop() {
			r, err := http.Post(web.URL+"/v1/lookup", "application/json", bytes.NewReader(form))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				b.Fatal(err)
			}
			_ = r.Body.Close()
		}
	})
}
