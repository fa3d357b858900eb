package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/grid/coord"
)

// HTTPOptions say what HTTP measures. The zero value is what geodrop uses unless
// told.
type HTTPOptions struct {
	POIs        int // default 1e7
	Requests    int // in a round; default 16,384, each at a position of its own
	Rounds      int // default 9
	Connections int // default 8
	Seed        uint64
	Dir         string // where the release is kept, and found again; default: a folder that is removed
	Tile38      string // path of a tile38-server; default: the one that is installed, if any

	Progress builder.Progress // default: none

	districts mesh // default districtsMesh
}

const (
	defaultHTTPPOIs    = 10_000_000
	defaultRequests    = 1 << 14
	defaultConnections = 8
	httpAhead          = 16  // requests that a client sends ahead where peers get some ahead too
	targetBare         = 0.7 // of the requests of a bare handler
	targetSearch       = 5   // times those of a peer that searches
	peerBare           = "bare net/http"
	peerRedis          = "Redis GEOSEARCH BYBOX"
	peerTile38         = "Tile38 WITHIN"
)

func (o HTTPOptions) withDefaults() HTTPOptions {
	setDefault(&o.POIs, defaultHTTPPOIs)
	setDefault(&o.Requests, defaultRequests)
	setDefault(&o.Rounds, defaultRounds)
	setDefault(&o.Connections, defaultConnections)
	setDefault(&o.districts, districtsMesh(Growing(o.POIs), o.Seed))
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o
}

// HTTP measures POST /v1/lookup over loopback connections that are kept. The
// rows are valid, as far as it came, also with an error.
func HTTP(ctx context.Context, opts HTTPOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	work, cleanup, err := workDir(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	defer o.Progress.Done()
	m := &httpMeasure{opts: &o, name: caseName("http", o.POIs), points: NewPoints(Growing(o.POIs), o.POIs, o.Seed)}
	if err := m.run(ctx, filepath.Join(work, "served-"+countName(o.POIs))); err != nil {
		return m.rows, fmt.Errorf("bench http of %s POIs: %w", countName(o.POIs), err)
	}
	return m.rows, nil
}

// httpMeasure is the measurement of one release.
type httpMeasure struct {
	opts      *HTTPOptions
	name      string // of the case
	points    *Points
	positions []coord.E7
	requests  [][]byte
	rows      []Row

	lengths []int  // of the answers
	text    []byte // of the longest
	drops   int    // of all answers

	ended []func() error // of what has to be stopped, in reverse
}

func (m *httpMeasure) run(ctx context.Context, dir string) (err error) {
	m.opts.Progress.Stage("build " + m.name)
	src, err := newCampaigns(m.points, m.opts.districts)
	if err != nil {
		return err
	}
	if _, err := released(ctx, dir, src, m.opts.Progress); err != nil {
		return err
	}
	m.opts.Progress.Stage("measure " + m.name)
	defer func() {
		for i := range m.ended {
			err = errors.Join(err, m.ended[len(m.ended)-1-i]())
		}
	}()
	m.positions = m.points.Positions(m.opts.Requests)
	for _, at := range m.positions {
		m.requests = append(m.requests, lookupRequest(at))
	}
	loads, err := m.serve(ctx, dir)
	if err != nil {
		return err
	}
	return m.measure(ctx, loads)
}

// later stops something at the end.
func (m *httpMeasure) later(stop func() error) { m.ended = append(m.ended, stop) }

// serve starts the servers and their clients: ours, the bare one, one that does
// nothing, and ours again for clients that do not wait for each answer.
func (m *httpMeasure) serve(ctx context.Context, dir string) ([]*httpLoad, error) {
	release, err := query.Open(dir, query.Options{HugePages: true})
	if err != nil {
		return nil, err
	}
	m.later(release.Close)
	// All that is sent is to be answered, however busy the clients keep the machine.
	ours, err := server.New(server.Options{Releases: &pinned{release: release}, QueueTarget: time.Hour})
	if err != nil {
		return nil, err
	}
	lookups, err := m.load(ctx, "geodrop", ours.Serve)
	if err != nil {
		return nil, err
	}
	if err := m.record(lookups.address); err != nil {
		return nil, err
	}
	peer, err := m.load(ctx, peerBare, newBare(m.text, m.lengths).serve)
	if err != nil {
		return nil, err
	}
	none, err := m.load(ctx, "no server", echo(m.meanAnswer()).serve)
	ahead := newLoad("geodrop, pipelined", lookups.address, m.opts.Connections, httpAhead, m.requests)
	return []*httpLoad{lookups, peer, none, ahead}, err
}

// load starts a server and makes clients of it.
func (m *httpMeasure) load(ctx context.Context, name string, serve func(context.Context, net.Listener) error) (*httpLoad, error) {
	s, err := listen(context.WithoutCancel(ctx), serve)
	if err != nil {
		return nil, err
	}
	m.later(s.stop)
	return newLoad(name, s.address, m.opts.Connections, 1, m.requests), nil
}

// record asks each request once, for what the other servers are to answer.
func (m *httpMeasure) record(address string) (err error) {
	var c lookupClient
	if err := c.connect(address); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var body []byte
	for _, request := range m.requests {
		body = body[:0]
		n, err := c.ask(request, func(part []byte) { body = append(body, part...) })
		if err != nil {
			return err
		}
		m.lengths = append(m.lengths, n)
		m.drops += bytes.Count(body, []byte(`{"poi":`))
		if n > len(m.text) {
			m.text = bytes.Clone(body)
		}
	}
	if m.drops == 0 {
		return errors.New("no answer has a drop")
	}
	return nil
}

// meanAnswer is an answer of the mean length.
func (m *httpMeasure) meanAnswer() []byte {
	n := int(m.perRequest(sum(m.lengths)))
	return append(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n), m.text[:n]...)
}

func (m *httpMeasure) perRequest(total int) float64 { return float64(total) / float64(len(m.requests)) }

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}
