package main

import "geodrop/cmd/internal/bench"

type benchHTTPCmd struct {
	benchFlags
	POIs        count  `name:"pois" default:"1e7" help:"POIs of the release, of one density: ~24 drops an answer."`
	Requests    count  `default:"16384" help:"Requests in a round, each at a position of its own."`
	Rounds      count  `default:"9" help:"Rounds, of which the median counts."`
	Connections count  `default:"8" help:"Connections, each with one request at a time."`
	Dir         string `placeholder:"DIR" help:"Keep the release there, and use one that is; default: a temporary folder."`
	Tile38      string `name:"tile38" type:"existingfile" placeholder:"PATH" help:"A tile38-server; default: the one that is installed."`
}

func (*benchHTTPCmd) Help() string {
	return `Serves a release with ten tasks in 2,900 districts on loopback, in turn with a
bare net/http handler that writes answers of the same lengths, and with Redis and
Tile38 where they are installed: servers are started in temporary folders, and
ended. They get the same points and positions, and answer pipelined requests for
what is in a square as large as a window.

Example: geodrop bench http --pois 1e6 --json`
}

func (c *benchHTTPCmd) Run(r *run) error {
	rows, err := bench.HTTP(r.ctx, bench.HTTPOptions{
		POIs: int(c.POIs), Requests: int(c.Requests), Rounds: int(c.Rounds), Connections: int(c.Connections),
		Seed: c.Seed, Dir: c.Dir, Tile38: c.Tile38, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}
