package bench

import (
	"context"
	"fmt"
	"math"

	"geodrop/grid/coord"
)

// startTile38 starts the server at a path, or the one that is installed. The
// error wraps errNoPeer where there is none.
func startTile38(ctx context.Context, path string) (*respServer, error) {
	path, err := program("tile38-server", path)
	if err != nil {
		return nil, fmt.Errorf("find Tile38: %w; --tile38 names its server", err)
	}
	return startRESP(ctx, "Tile38", path, func(dir, port string) []string {
		return []string{"-h", "127.0.0.1", "-p", port, "-d", dir, "-q", "--appendonly", "no", "--http-transport", "no"}
	})
}

// tile38Key is where the points are.
const tile38Key = "pois"

// fillTile38 sets the points under the ids of the POIs.
func fillTile38(ctx context.Context, s *respServer, points *Points) error {
	reader, i := points.Reader(), 0
	return s.fill(ctx, func() ([]byte, bool) {
		if i == points.Len() {
			return nil, false
		}
		at, _ := reader.At(i)
		id := appendID(nil, i)
		i++
		return appendCommand(nil, []byte("SET"), []byte(tile38Key), id,
			[]byte("POINT"), appendDegrees(nil, at.Lat), appendDegrees(nil, at.Lng)), true
	})
}

// tile38Search asks for what is in a square around a position, all of it: unless
// told, Tile38 answers a hundred places.
func tile38Search(at coord.E7, output string) []byte {
	south, west, north, east := square(at, windowMetres)
	return appendCommand(nil, []byte("WITHIN"), []byte(tile38Key), []byte("LIMIT"), []byte("1000000"), []byte(output), []byte("BOUNDS"),
		appendDegrees(nil, south), appendDegrees(nil, west), appendDegrees(nil, north), appendDegrees(nil, east))
}

// square is the borders of a square around a position, in 1e-7 degrees; side is
// in metres.
func square(at coord.E7, side float64) (south, west, north, east int32) {
	const e7PerMetre = 180e7 / (math.Pi * float64(coord.EarthRadius))
	half := side / 2 * e7PerMetre
	dy, dx := int32(half), int32(half/math.Cos(float64(at.WGS84().Lat)*math.Pi/180))
	return at.Lat - dy, at.Lng - dx, at.Lat + dy, at.Lng + dx
}

// tile38 is Tile38 as a peer. It works on all processors, for as many
// connections as ours gets.
func tile38(path string, connections int) searcher {
	return searcher{
		suffix: "/tile38", peer: peerTile38, connections: connections, threads: "both work on all processors",
		start: func(ctx context.Context) (*respServer, error) { return startTile38(ctx, path) }, fill: fillTile38,
		kinds: []searchKind{
			{options: " IDS", strings: 1, note: "Tile38 answers ids only",
				command: func(at coord.E7) []byte { return tile38Search(at, "IDS") }},
			{suffix: "-places", options: " POINTS", strings: 3,
				note:    "Tile38 answers ids and positions, in no order, without the distances and names that ours has",
				command: func(at coord.E7) []byte { return tile38Search(at, "POINTS") }},
		},
	}
}
