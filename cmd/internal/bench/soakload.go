package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// mixedLoad sends every kind of request at a steady rate, whether answers come
// or not, and notes those that are not what they should be.
type mixedLoad struct {
	url    string
	kept   *http.Client // of few connections, so that their number stays the same
	fresh  *http.Client // of a connection for each request
	places []coord.E7
	tasks  []poi.TaskID
	cell   string // of some answer

	mutex  sync.Mutex
	took   []time.Duration // from when it was due
	failed map[string]int  // by what was asked and came
	missed int             // not sent: too many were under way
}

const (
	// maxUnderWay is how many requests may wait for answers. One more is missed.
	maxUnderWay = 256
	// askKinds is after how many requests each kind had its turn.
	askKinds = 12
	// keptConnections are those that are used again.
	keptConnections = 4
)

func newMixedLoad(url string, c *soakConfig) *mixedLoad {
	l := &mixedLoad{url: url, failed: map[string]int{}}
	l.kept = &http.Client{Timeout: requestTimeout, Transport: &http.Transport{
		MaxConnsPerHost: keptConnections, MaxIdleConnsPerHost: keptConnections,
	}}
	l.fresh = &http.Client{Timeout: requestTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, p := range c.pois {
		l.places = append(l.places, p.Pos)
	}
	for _, t := range c.tasks {
		l.tasks = append(l.tasks, t.ID)
	}
	return l
}

// ask is one request, and the status that is right for it.
type ask struct {
	name   string
	method string
	path   string
	body   string
	want   int
}

// next is the request of a number: each kind in turn, somewhere else each time.
func (l *mixedLoad) next(i int) ask {
	at := l.places[i%len(l.places)].WGS84()
	where := fmt.Sprintf("lat=%.5f&lng=%.5f", float64(at.Lat), float64(at.Lng))
	switch i % askKinds {
	case 0:
		return ask{"lookup by GET", http.MethodGet, "/v1/lookup?" + where, "", http.StatusOK}
	case 1:
		return ask{"cell", http.MethodGet, "/v1/cells/" + url.PathEscape(l.cell), "", http.StatusOK}
	case 2:
		return ask{"task", http.MethodGet, "/v1/tasks/" + url.PathEscape(string(l.tasks[i%len(l.tasks)])), "", http.StatusOK}
	case 3:
		return ask{"release", http.MethodGet, "/v1/releases/current", "", http.StatusOK}
	case 4:
		return ask{"page", http.MethodGet, "/", "", http.StatusOK}
	case 5:
		return ask{"position off the map", http.MethodPost, "/v1/lookup", `{"lat":91,"lng":0}`, http.StatusBadRequest}
	case 6:
		return ask{"body cut short", http.MethodPost, "/v1/lookup", `{"lat":51.5`, http.StatusBadRequest}
	case 7:
		return ask{"tile", http.MethodGet, "/v1/tiles/" + tileAt(at, 6+i%12) + ".mvt", "", http.StatusOK}
	case 8:
		return ask{"places of the page", http.MethodGet, "/ui/map.json", "", http.StatusOK}
	}
	return ask{"lookup", http.MethodPost, "/v1/lookup",
		fmt.Sprintf(`{"lat":%.5f,"lng":%.5f}`, float64(at.Lat), float64(at.Lng)), http.StatusOK}
}

// tileAt is the tile of a zoom that holds a position, in Web Mercator.
func tileAt(p coord.WGS84, zoom int) string {
	n := math.Exp2(float64(zoom))
	x := (float64(p.Lng) + 180) / 360
	y := (1 - math.Asinh(math.Tan(float64(p.Lat)*math.Pi/180))/math.Pi) / 2
	return fmt.Sprintf("%d/%d/%d", zoom, int(x*n), int(y*n))
}

// run sends until the context ends, and waits for the answers.
func (l *mixedLoad) run(ctx context.Context, rate int) error {
	if err := l.findCell(ctx); err != nil {
		return err
	}
	free := make(chan struct{}, maxUnderWay)
	var clients sync.WaitGroup
	began, sent := time.Now(), 0
	const tick = 5 * time.Millisecond
	err := every(ctx, tick, func() error {
		for ; ; sent++ {
			due := began.Add(time.Duration(sent) * time.Second / time.Duration(rate))
			if time.Until(due) > 0 {
				return nil
			}
			select {
			case free <- struct{}{}:
			default:
				l.missed++
				continue
			}
			a, client := l.next(sent), l.kept
			if sent/askKinds%2 == 1 {
				client = l.fresh
			}
			clients.Go(func() {
				// What was sent is answered also when the time is over.
				l.send(context.WithoutCancel(ctx), client, a, due)
				<-free
			})
		}
	})
	clients.Wait()
	l.kept.CloseIdleConnections()
	return err
}

// findCell takes the cell of an answer.
func (l *mixedLoad) findCell(ctx context.Context) error {
	_, body, err := l.do(ctx, l.fresh, l.next(9))
	var answer struct {
		Cell string `json:"cell"`
	}
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return fmt.Errorf("first lookup: %w", err)
	}
	l.cell = answer.Cell
	return nil
}

func (l *mixedLoad) send(ctx context.Context, client *http.Client, a ask, due time.Time) {
	status, _, err := l.do(ctx, client, a)
	took := time.Since(due)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.took = append(l.took, took)
	switch {
	case err != nil:
		l.failed[a.name+": "+failure(err)]++
	case status != a.want:
		l.failed[fmt.Sprintf("%s: %d", a.name, status)]++
	}
}

// failure is an error without the address, which is another each time.
func failure(err error) string {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// maxAnswer is the longest answer that is read.
const maxAnswer = 8 << 20

func (l *mixedLoad) do(ctx context.Context, client *http.Client, a ask) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, a.method, l.url+a.path, bytes.NewReader([]byte(a.body)))
	if err != nil {
		return 0, nil, err
	}
	if a.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, body, err
}

// report is what was asked and what failed.
func (l *mixedLoad) report(name string) []Row {
	failed, kinds := 0, make([]string, 0, len(l.failed))
	for kind, n := range l.failed {
		failed += n
		kinds = append(kinds, fmt.Sprintf("%d × %s", n, kind))
	}
	slices.Sort(kinds)
	lost := newRow(name, "failed_requests", float64(failed), "").atMost(0)
	for _, kind := range kinds {
		lost = lost.noted("%s", kind)
	}
	rows := []Row{
		newRow(name, "requests", float64(len(l.took)), ""),
		lost,
		newRow(name, "missed_requests", float64(l.missed), "").noted("not sent, because %d were under way", maxUnderWay),
	}
	if len(l.took) == 0 {
		return rows
	}
	slices.Sort(l.took)
	for _, q := range []struct {
		metric string
		share  float64
	}{{"p50_ns", 0.5}, {"p99_ns", 0.99}, {"p99.9_ns", 0.999}} {
		at := l.took[min(int(q.share*float64(len(l.took))), len(l.took)-1)]
		rows = append(rows, newRow(name, q.metric, float64(at.Nanoseconds()), unitNs).noted("from when the request was due"))
	}
	return rows
}
