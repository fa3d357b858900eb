package bench

import (
	"context"
	"strconv"

	"geodrop/grid/coord"
)

// startRedis starts a server. The error wraps errNoPeer where there is none.
func startRedis(ctx context.Context) (*respServer, error) {
	path, err := program("redis-server", "")
	if err != nil {
		return nil, err
	}
	return startRESP(ctx, "Redis", path, func(dir, port string) []string {
		return []string{"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--appendonly", "no"}
	})
}

// redisKey is where the points are.
const redisKey = "pois"

// fillRedis adds the points under the ids of the POIs.
func fillRedis(ctx context.Context, s *respServer, points *Points) error {
	const perCommand = 64
	reader, words, i := points.Reader(), make([][]byte, 0, 2+3*perCommand), 0
	return s.fill(ctx, func() ([]byte, bool) {
		if i == points.Len() {
			return nil, false
		}
		words = append(words[:0], []byte("GEOADD"), []byte(redisKey))
		for to := min(i+perCommand, points.Len()); i < to; i++ {
			at, _ := reader.At(i)
			words = append(words, appendDegrees(nil, at.Lng), appendDegrees(nil, at.Lat), appendID(nil, i))
		}
		return appendCommand(nil, words...), true
	})
}

// redisSearch asks for what is in a square around a position.
func redisSearch(at coord.E7, options ...string) []byte {
	side := []byte(strconv.Itoa(windowMetres))
	words := [][]byte{[]byte("GEOSEARCH"), []byte(redisKey), []byte("FROMLONLAT"), appendDegrees(nil, at.Lng), appendDegrees(nil, at.Lat),
		[]byte("BYBOX"), side, side, []byte("m")}
	for _, word := range options {
		words = append(words, []byte(word))
	}
	return appendCommand(nil, words...)
}

// redis is Redis as a peer. Two connections keep its one thread busy.
func redis() searcher {
	return searcher{
		suffix: "/redis", peer: peerRedis, connections: 2, threads: "ours works on all processors, Redis on one",
		start: startRedis, fill: fillRedis,
		kinds: []searchKind{
			{strings: 1, note: "Redis answers ids only",
				command: func(at coord.E7) []byte { return redisSearch(at) }},
			{suffix: "-places", options: " ASC WITHCOORD WITHDIST", strings: 4,
				note:    "Redis answers ids, positions and distances, nearest first, as ours does",
				command: func(at coord.E7) []byte { return redisSearch(at, "ASC", "WITHCOORD", "WITHDIST") }},
		},
	}
}
