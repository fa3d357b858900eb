package builder

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"

	"github.com/gomodule/redigo/redis"
)

// The guarantee of package grid for cells of 200 m and a radius of 2.
const (
	sureWithin = 395.0 // metres
	noneBeyond = 860.0
)

// startRedis runs a Redis server of the test's own until the test ends.
func startRedis(t *testing.T) redis.Conn {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("the positions are checked against Redis: apt-get install redis-server (%v)", err)
	}
	dir, err := os.MkdirTemp("", "redis") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "no")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Process.Kill(); err != nil {
			t.Error(err)
		}
		server.Wait() //nolint // it was killed
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	var log strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&log, lines.Text())
		if strings.Contains(lines.Text(), "eady to accept connections") {
			return dialRedis(t, socket)
		}
	}
	t.Fatalf("Redis did not start:\n%s", log.String())
	return nil
}

// dialRedis opens a connection that ends with the test.
func dialRedis(t *testing.T, socket string) redis.Conn {
	t.Helper()
	c, err := redis.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// A geoset is points in Redis, where member n is called strconv.Itoa(n).
type geoset struct {
	redis  redis.Conn
	points []coord.E7 // as Redis has rounded them
}

const geoKey = "pois"

// fill puts points into Redis and reads them back: it stores 52 bits of them.
func fill(t *testing.T, c redis.Conn, points []coord.E7) *geoset {
	t.Helper()
	g := &geoset{redis: c}
	for some := range slices.Chunk(points, 500) {
		add, get := redis.Args{geoKey}, redis.Args{geoKey}
		for i, at := range some {
			p, name := at.WGS84(), len(g.points)+i
			add, get = add.Add(float64(p.Lng), float64(p.Lat), name), get.Add(name)
		}
		if _, err := c.Do("GEOADD", add...); err != nil {
			t.Fatal(err)
		}
		stored, err := redis.Positions(c.Do("GEOPOS", get...))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range stored {
			g.points = append(g.points, coord.WGS84{Lat: coord.Lat(p[1]), Lng: coord.Lng(p[0])}.E7())
		}
	}
	return g
}

// A neighbour is what Redis found near a position.
type neighbour struct {
	name   string
	metres float64
}

// near is what Redis finds within noneBeyond metres of each position.
func (g *geoset) near(t *testing.T, at []coord.E7) [][]neighbour {
	t.Helper()
	var answers [][]neighbour
	for some := range slices.Chunk(at, 1000) {
		for _, p := range some {
			w := p.WGS84()
			if err := g.redis.Send("GEOSEARCH", geoKey, "FROMLONLAT", float64(w.Lng), float64(w.Lat), "BYRADIUS", noneBeyond, "m", "WITHDIST"); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.redis.Flush(); err != nil {
			t.Fatal(err)
		}
		for range some {
			answers = append(answers, g.receive(t))
		}
	}
	return answers
}

// receive is the answer of one search: pairs of a name and a distance.
func (g *geoset) receive(t *testing.T) []neighbour {
	t.Helper()
	pairs, err := redis.Values(g.redis.Receive())
	if err != nil {
		t.Fatal(err)
	}
	near := make([]neighbour, len(pairs))
	for i, pair := range pairs {
		fields, err := redis.Values(pair, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := redis.Scan(fields, &near[i].name, &near[i].metres); err != nil {
			t.Fatal(err)
		}
	}
	return near
}

// compare holds the windows of an index, whose POIs are called as the members
// are, against Redis.
func (g *geoset) compare(t *testing.T, x *index.Index, at []coord.E7) {
	t.Helper()
	var inside, edge, outer int
	window := make(map[string]bool)
	for i, answer := range g.near(t, at) {
		clear(window)
		for _, r := range x.Window(at[i], grid.DefaultRadius, nil, nil) {
			s := x.Segments()[r.Segment]
			for _, p := range s.Postings()[r.First:r.End] {
				text, err := catalog.ParseText(s.Text(p))
				if err != nil {
					t.Fatal(err)
				}
				window[string(text.ID)] = true
			}
		}
		found := make(map[string]bool, len(window))
		for _, near := range answer {
			found[near.name] = true
			switch {
			case near.metres <= sureWithin && !window[near.name]:
				t.Fatalf("the window of %v lacks POI %s at %v, %v m away", at[i], near.name, g.at(near.name), near.metres)
			case near.metres <= sureWithin:
				inside++
				if near.metres > sureWithin-10 {
					edge++
				}
			default:
				outer++
			}
		}
		for name := range window {
			if !found[name] {
				t.Fatalf("the window of %v has POI %s at %v, more than %v m away", at[i], name, g.at(name), noneBeyond)
			}
		}
	}
	t.Logf("%d positions: %d POIs within %v m, %d of them in the last 10 m; %d more up to %v m", len(at), inside, sureWithin, edge, outer, noneBeyond)
	if inside < len(at) || edge == 0 || outer == 0 {
		t.Error("too few POIs are near the positions for the comparison to mean something")
	}
}

func (g *geoset) at(name string) coord.WGS84 {
	n, err := strconv.Atoi(name)
	if err != nil || n >= len(g.points) {
		return coord.WGS84{}
	}
	return g.points[n].WGS84()
}

// release builds a release of the points.
func (g *geoset) release(t *testing.T) *index.Index {
	t.Helper()
	m := &memory{}
	for i, p := range g.points {
		if i%500 == 0 {
			m.pois = append(m.pois, poi.POIBatch{File: "points"})
		}
		b := &m.pois[len(m.pois)-1]
		b.Rows = append(b.Rows, poi.POIRow{POI: poi.POI{ID: poi.POIID(strconv.Itoa(i)), Pos: p}})
	}
	dir := t.TempDir()
	built(t, m, Options{Out: dir, SegmentBytes: 1 << 20})
	x := opened(t, dir)
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// All that Redis finds within 395 m is in the window, and nothing in the window
// is beyond 860 m by Redis.
func TestWindowsAgreeWithRedis(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Parallel()
	n := full(20_000)
	r := rand.New(rand.NewPCG(7, 8))
	towns := oddPositions(r, 20, nil)
	var points []coord.E7
	for _, town := range towns { // dense cells
		for range 250 {
			points = append(points, off(town, 150*r.Float64(), 2*math.Pi*r.Float64()))
		}
	}
	at := oddPositions(r, n, towns)
	for _, p := range at {
		for _, ring := range [][2]float64{{390, 396}, {380, 405}, {0, 400}, {845, 861}, {400, 900}} {
			points = append(points, off(p, ring[0]+(ring[1]-ring[0])*r.Float64(), 2*math.Pi*r.Float64()))
		}
	}
	g := fill(t, startRedis(t), points)
	g.compare(t, g.release(t), at)
}
