package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/api"
	"geodrop/api/client"
	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// noon is the time of the tests.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// shown serves one release, or none.
type shown struct{ release *query.Release }

func (s shown) Acquire() (server.Held, bool) { return s, s.release != nil }
func (s shown) Release() *query.Release      { return s.release }
func (shown) Since() time.Time               { return noon }
func (shown) Outlines() ([]byte, error)      { return nil, nil }
func (shown) Done()                          {}

// openSample builds the sample in dir and opens it.
func openSample(dir string) (*query.Release, error) {
	bundle, out := filepath.Join(dir, "bundle"), filepath.Join(dir, "release")
	if err := sample.Write(bundle); err != nil {
		return nil, err
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if _, err := builder.Build(context.Background(), src, builder.Options{Out: out}); err != nil {
		return nil, err
	}
	return query.Open(out, query.Options{Now: func() time.Time { return noon }})
}

// startNode serves the sample, or no release.
func startNode(dir string, empty bool) (web *httptest.Server, stop func() error, err error) {
	release, err := openSample(dir)
	if err != nil {
		return nil, nil, err
	}
	s := shown{release}
	if empty {
		s.release = nil
	}
	h, err := server.New(server.Options{Releases: s, Now: func() time.Time { return noon }, OperatorToken: "sesame"})
	if err != nil {
		return nil, nil, err
	}
	web = httptest.NewServer(h)
	return web, func() error { web.Close(); return release.Close() }, nil
}

func node(t *testing.T, o client.Options) (*client.Client, *httptest.Server) {
	t.Helper()
	web, stop, err := startNode(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(web.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return c, web
}

var leicester = client.Request{Lat: 51.5145, Lng: -0.127}

// TestRoutes asks each route of a real node.
func TestRoutes(t *testing.T) {
	c, _ := node(t, client.Options{})
	ctx := t.Context()
	a, err := c.Lookup(ctx, leicester)
	if err != nil || len(a.Drops) == 0 || a.District == nil || a.District.Name != "Camden" || a.AsOf != noon || a.NextPoll() != 10*time.Second {
		t.Fatalf("%+v, %v", a, err)
	}
	for i := range a.Drops[1:] {
		if a.Drops[i].Distance > a.Drops[i+1].Distance {
			t.Errorf("drop %d is nearer than the one before", i+1)
		}
	}
	b, err := c.LookupCached(ctx, leicester)
	if err != nil || len(b.Drops) != len(a.Drops) || b.Cell != a.Cell || !b.AsOf.IsZero() {
		t.Errorf("GET: %+v, %v", b, err)
	}
	cell, err := c.Cell(ctx, a.Cell)
	if err != nil || cell.Cell != a.Cell {
		t.Errorf("cell %+v, %v", cell, err)
	}
	task, err := c.Task(ctx, "city-packets", time.Time{})
	if err != nil || task.Task.State != poi.Active || !task.Visible {
		t.Errorf("task %+v, %v", task, err)
	}
	release, err := c.CurrentRelease(ctx)
	if err != nil || release.ID != a.Release || release.Counts["pois"] == 0 {
		t.Errorf("release %+v, %v", release, err)
	}
	ready, err := c.Ready(ctx)
	if err != nil || ready.Status != "ready" || ready.Release != a.Release {
		t.Errorf("ready %+v, %v", ready, err)
	}
	if err := c.Health(ctx); err != nil {
		t.Error(err)
	}
	if text, err := c.Metrics(ctx); err != nil || !strings.Contains(string(text), "geodrop_http_in_flight") {
		t.Errorf("metrics: %v", err)
	}
	if text, err := c.OpenAPI(ctx); err != nil || string(text) != string(api.OpenAPI()) {
		t.Errorf("document: %v", err)
	}
}

// TestRequestFields: each field means the same by POST and by GET, and arrives.
func TestRequestFields(t *testing.T) {
	c, web := node(t, client.Options{Token: "sesame"})
	all := client.Request{
		Lat: 31.1774276, Lng: 121.5272106, CRS: coord.CRSGCJ02, Limit: 3, Sort: client.ByIndex, Kinds: []poi.PrizeKind{"coupon", "cash"},
		User: "u 1&=", At: noon.In(time.FixedZone("", 8*3600)), Preview: true, As: client.AsTester,
	}
	served, err := c.Lookup(t.Context(), leicester)
	if err != nil {
		t.Fatal(err)
	}
	all.Release = served.Release
	a, err := c.Lookup(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.LookupCached(t.Context(), all)
	if err != nil || a.Cell != b.Cell || !b.AsOf.Equal(noon) {
		t.Errorf("%+v and %+v, %v", a, b, err)
	}
	plain, err := c.Lookup(t.Context(), client.Request{Lat: all.Lat, Lng: all.Lng})
	if err != nil || plain.Cell == a.Cell {
		t.Errorf("the datum makes no difference: %v", err)
	}
	for _, ask := range []func(context.Context, client.Request) (*client.Answer, error){c.Lookup, c.LookupCached} {
		if _, err := ask(t.Context(), client.Request{Lat: all.Lat, Lng: all.Lng, Release: "r1-00000000"}); client.CodeOf(err) != api.CodeInvalidValue {
			t.Errorf("a release that is not there: %v", err)
		}
	}
	coupons := leicester
	coupons.Kinds, coupons.Limit = []poi.PrizeKind{"coupon"}, 1
	if a, err := c.Lookup(t.Context(), coupons); err != nil || len(a.Drops) != 1 || len(a.Tasks) != 1 || a.Tasks[0].ID != "west-end-coffee" {
		t.Errorf("%+v, %v", a, err)
	}
	public, err := client.New(web.URL, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer public.Close()
	for _, ask := range []func(context.Context, client.Request) (*client.Answer, error){public.Lookup, public.LookupCached} {
		if _, err := ask(t.Context(), all); client.CodeOf(err) != api.CodeUnauthorized {
			t.Errorf("without a token: %v", err)
		}
	}
}

// TestProblems: what is wrong with a request has its code.
func TestProblems(t *testing.T) {
	c, _ := node(t, client.Options{})
	asks := map[api.Code]func() error{
		api.CodeCoordinateRange: func() error { _, err := c.Lookup(t.Context(), client.Request{Lat: 91}); return err },
		api.CodeInvalidValue:    func() error { _, err := c.LookupCached(t.Context(), client.Request{Limit: 1001}); return err },
		api.CodeInvalidCell:     func() error { _, err := c.Cell(t.Context(), "../../healthz"); return err },
		api.CodeTaskNotFound:    func() error { _, err := c.Task(t.Context(), "..", time.Time{}); return err },
		api.CodeUnauthorized:    func() error { _, err := c.Task(t.Context(), "city-packets", noon); return err },
	}
	for code, ask := range asks {
		err := ask()
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Problem.Code != code || e.Attempts != 1 || e.Problem.Instance == "" || !strings.Contains(err.Error(), string(code)) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestCertificate: one that cannot be verified does not become better.
func TestCertificate(t *testing.T) {
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	handshakes := atomic.Int64{}
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			handshakes.Add(1)
		}
	}
	web.StartTLS()
	defer web.Close()
	c, err := client.New(web.URL, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Lookup(t.Context(), leicester); err == nil || handshakes.Load() != 1 {
		t.Errorf("%v after %d handshakes", err, handshakes.Load())
	}
}

// TestNoRelease: a node without a release says when to come back.
func TestNoRelease(t *testing.T) {
	web, stop, err := startNode(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	c, err := client.New(web.URL, client.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Lookup(t.Context(), leicester)
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Problem.Code != api.CodeNoRelease || e.RetryAfter < time.Second {
		t.Errorf("%+v, %v", e, err)
	}
	if ready, err := c.Ready(t.Context()); err != nil || ready.Status != "no_release" {
		t.Errorf("%+v, %v", ready, err)
	}
}

// TestAnswerHasAll: what a node writes is read without loss.
func TestAnswerHasAll(t *testing.T) {
	_, web := node(t, client.Options{})
	response, err := http.Post(web.URL+"/v1/lookup", "application/json", strings.NewReader(`{"lat":51.5145,"lng":-0.127}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var raw json.RawMessage
	var a client.Answer
	if err := json.NewDecoder(response.Body).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&a); err != nil || string(again) != string(raw) {
		t.Errorf("%v\n%s\n%s", err, raw, again)
	}
}

// TestConcurrent: one client serves many goroutines.
func TestConcurrent(t *testing.T) {
	c, _ := node(t, client.Options{CachedAnswers: 4})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				r := client.Request{Lat: coord.Lat(51.5 + float64((i+j)%6)/1000), Lng: -0.12}
				if _, err := c.LookupCached(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// sampleNode is a node for the examples.
func sampleNode() (url string, stop func()) {
	dir, err := os.MkdirTemp("", "geodrop-client-*")
	if err != nil {
		panic(err)
	}
	web, closeNode, err := startNode(dir, false)
	if err != nil {
		panic(err)
	}
	return web.URL, func() {
		if err := errors.Join(closeNode(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}
}

func Example() {
	url, stop := sampleNode()
	defer stop()
	c, err := client.New(url, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	answer, err := c.Lookup(context.Background(), client.Request{Lat: 51.5145, Lng: -0.127, Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	drop := answer.Drops[0]
	fmt.Printf("%s in %s, %d m away: %s\n", drop.Name, answer.District.Name, drop.Distance, drop.Tasks)
	// Output: Earnshaw Street in Camden, 211 m away: [bridge-badges city-packets west-end-coffee]
}

func ExampleCodeOf() {
	url, stop := sampleNode()
	defer stop()
	c, err := client.New(url, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, err = c.Task(context.Background(), "gone", time.Time{})
	fmt.Println(client.CodeOf(err) == api.CodeTaskNotFound)
	fmt.Println(err)
	// Output:
	// true
	// task: task_not_found: id: names no task that can be seen
}

func ExampleClient_Watch() {
	url, stop := sampleNode()
	defer stop()
	c, err := client.New(url, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	where := func(context.Context) (client.Request, error) {
		return client.Request{Lat: 51.5145, Lng: -0.127}, nil
	}
	for answer, err := range c.Watch(context.Background(), where) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(len(answer.Drops) > 0, "and again in", answer.NextPoll())
		break
	}
	// Output: true and again in 10s
}
