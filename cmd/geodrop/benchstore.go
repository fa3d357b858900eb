package main

import "geodrop/cmd/internal/bench"

type benchStoreCmd struct {
	benchFlags
	Rows   count  `default:"1e6" help:"Places in each store."`
	Rounds count  `default:"5" help:"Rounds, of which the median counts."`
	Temp   string `placeholder:"DIR" help:"Where the SQLite file goes; default: the system's folder for temporary files."`
}

func (*benchStoreCmd) Help() string {
	return `Writes synthetic places into a SQLite file and into MariaDB, and reads them as a
build does, in turn with a loop that scans the rows of the same query and does
nothing else. Where MariaDB is installed a server is started in a temporary
folder, and ended.

Example: geodrop bench store --rows 1e6 --json`
}

func (c *benchStoreCmd) Run(r *run) error {
	rows, err := bench.Stores(r.ctx, bench.StoresOptions{
		Rows: int(c.Rows), Rounds: int(c.Rounds), Seed: c.Seed, TempDir: c.Temp, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}
