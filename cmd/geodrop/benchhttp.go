package main

import "geodrop/cmd/internal/bench"

type benchHTTPCmd struct {
	benchFlags
	POIs        count  `name:"pois" default:"1e7" help:"POIs of the release, of one density: ~24 drops an answer."`
	Requests    count  `default:"16384" help:"Requests in a round, each at a position of its own."`
	Rounds      count  `default:"9" help:"Rounds, of which the median counts."`
	Connections count  `default:"8" help:"Connections, each with one request at a time."`
	Dir         string `placeholder:"DIR" help:"Keep the release there, and use one that is; default: a temporary folder."`
}

func (*benchHTTPCmd) Help() string {
	return `Serves a release with ten tasks in 2,900 districts on loopback, in turn with a
bare net/http handler that writes answers of the same lengths, and with Redis
where it is installed: a server is started in a temporary folder, and ended.

Example: geodrop bench http --pois 1e6 --json`
}

func (c *benchHTTPCmd) Run(r *run) error {
	rows, err := bench.HTTP(r.ctx, bench.HTTPOptions{
		POIs: int(c.POIs), Requests: int(c.Requests), Rounds: int(c.Rounds), Connections: int(c.Connections),
		Seed: c.Seed, Dir: c.Dir, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}
