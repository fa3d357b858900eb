package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"geodrop/cmd/internal/bench"
)

type benchCmd struct {
	Lookup benchLookupCmd `cmd:"" help:"Lookups against an R-tree, bisection and cold pages."`
	Build  benchBuildCmd  `cmd:"" help:"Builds against GNU sort of the same keys and rows."`
	HTTP   benchHTTPCmd   `cmd:"" name:"http" help:"Lookups over HTTP against a bare handler, Redis and Tile38."`
	Areas  benchAreasCmd  `cmd:"" help:"Point to district against H3, bounding boxes and PostGIS."`
	Patch  benchPatchCmd  `cmd:"" help:"What an edit moves, against whole files, chunks and rsync."`
	Fleet  benchFleetCmd  `cmd:"" help:"A thousand agents of one origin, or of relays: a cold start, and a small change."`
	Soak   benchSoakCmd   `cmd:"" help:"A service under load and edits for an hour: what fails, what grows."`

	Swap     benchSwapCmd     `cmd:"" help:"A node under a steady load whose release is swapped again and again."`
	Overload benchOverloadCmd `cmd:"" help:"A node asked for ten times its peak, and beside slow clients."`
	Store    benchStoreCmd    `cmd:"" help:"Reading SQLite and MariaDB against bare loops over their drivers."`
}

func (*benchCmd) Help() string {
	return `Each measures ours in turn with a peer, and says what the target is.

Example: geodrop bench lookup --sizes 1e6 --json`
}

// benchFlags are those of every bench.
type benchFlags struct {
	JSON  bool   `name:"json" help:"Print the rows as JSON."`
	Check bool   `help:"Exit with 1 when a target is missed."`
	Seed  uint64 `default:"1" help:"Seed of the synthetic input."`
}

// print prints what was measured, also when measuring ended early.
func (f *benchFlags) print(r *run, rows []bench.Row, err error) error {
	write := bench.WriteTable
	if f.JSON {
		write = bench.WriteJSON
	}
	if len(rows) > 0 || err == nil {
		err = errors.Join(err, write(r.stdout, rows))
	}
	missed := bench.Missed(rows)
	if err != nil || !f.Check || len(missed) == 0 {
		return err
	}
	return notRight{fmt.Errorf("%d targets are missed, first %s %s", len(missed), missed[0].Case, missed[0].Metric)}
}

// count is a number of things, written as 1000000 or 1e6.
type count int

// UnmarshalText reads a count.
func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil || n < 1 || n > math.MaxInt32 || n != math.Trunc(n) {
		return fmt.Errorf("%q is no count such as 1e6, within 1…%d", text, math.MaxInt32)
	}
	*c = count(n)
	return nil
}

type benchLookupCmd struct {
	benchFlags
	Sizes   []count `default:"1e6,1e7" help:"Numbers of POIs; 1e8 takes 20 GB of disk and 4 GiB of memory."`
	Lookups count   `default:"262144" help:"Lookups in a round."`
	Rounds  count   `default:"9" help:"Rounds, of which the median counts."`
	PeerMax count   `default:"1e7" help:"Most POIs that are put into R-trees."`
	Dir     string  `placeholder:"DIR" help:"Keep the releases there, and use those that are; default: a temporary folder."`
}

func (*benchLookupCmd) Help() string {
	return `Builds releases of synthetic towns and looks up positions near their places.
The contenders take turns; ratios are of medians. Sizes of at least two give
the growth rows as well: same density, larger area.

Example: geodrop bench lookup --sizes 1e6,1e7 --json`
}

func (c *benchLookupCmd) Run(r *run) error {
	o := bench.LookupOptions{
		Lookups: int(c.Lookups), Rounds: int(c.Rounds), Seed: c.Seed, PeerMost: int(c.PeerMax), Dir: c.Dir,
		Progress: newProgress(r.stderr),
	}
	for _, n := range c.Sizes {
		o.Sizes = append(o.Sizes, int(n))
	}
	rows, err := bench.Lookup(r.ctx, o)
	return c.print(r, rows, err)
}

type benchBuildCmd struct {
	benchFlags
	Rows    count  `default:"1e6" help:"Rows of pois.csv; 1e7 for the target, 1e8 takes 30 GB of disk, and 6 GB for each round."`
	Memory  size   `default:"1GiB" help:"Memory of a build, and of the sort."`
	Rounds  count  `default:"3" help:"Builds and sorts, of which the median counts."`
	PeerMax count  `default:"1e7" help:"Most rows that are given to GNU sort."`
	Temp    string `placeholder:"DIR" help:"Where bundle and releases go; default: the system's folder for temporary files."`
}

func (*benchBuildCmd) Help() string {
	return `Writes a bundle of synthetic places, 2,900 districts and 1,000 zones, and builds
it in processes of its own, in turn with GNU sort on a file that has, for each
row, the key of its cell and the row.

Example: geodrop bench build --rows 1e7 --memory 1GiB`
}

func (c *benchBuildCmd) Run(r *run) error {
	rows, err := bench.Build(r.ctx, bench.BuildOptions{
		Rows: int(c.Rows), Memory: int64(c.Memory), Rounds: int(c.Rounds), PeerMost: int(c.PeerMax),
		Seed: c.Seed, TempDir: c.Temp, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}

type benchAreasCmd struct {
	benchFlags
	Points     count  `default:"1e7" help:"Points to assign."`
	PeerPoints count  `default:"2e5" help:"Points for the slower peers."`
	Rounds     count  `default:"3" help:"Rounds, of which the median counts."`
	Data       string `placeholder:"DIR" help:"Folder with districts*.geojson[.gz]; default: a synthetic mesh of 2,900."`
}

func (*benchAreasCmd) Help() string {
	return `Each file of districts is a case of its own. PostGIS is measured where PostgreSQL
and PostGIS are installed: a server is started in a temporary folder, and ended.

Example: geodrop bench areas --data realdata --json`
}

func (c *benchAreasCmd) Run(r *run) error {
	rows, err := bench.Areas(r.ctx, bench.AreasOptions{
		Points: int(c.Points), PeerPoints: int(c.PeerPoints), Rounds: int(c.Rounds), Data: c.Data,
		Seed: c.Seed, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}

type benchPatchCmd struct {
	benchFlags
	POIs count  `name:"pois" default:"1e6" help:"Number of POIs; 1e7 for the targets."`
	Temp string `placeholder:"DIR" help:"Where the releases go; default: the system's folder for temporary files."`
}

func (*benchPatchCmd) Help() string {
	return `Builds a release of synthetic towns, edits one POI of a hundred all over the map,
then as many in thirty districts, then a task, builds again, and patches segment by
segment. Every patch is applied, and its result has the digest of the build.

Example: geodrop bench patch --pois 1e7`
}

func (c *benchPatchCmd) Run(r *run) error {
	rows, err := bench.Patch(r.ctx, bench.PatchOptions{
		POIs: int(c.POIs), Seed: c.Seed, TempDir: c.Temp, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}

type benchFleetCmd struct {
	benchFlags
	Agents count  `default:"1000" help:"Agents, all in this process."`
	Relays int    `default:"0" help:"Relays between them and the origin."`
	POIs   count  `name:"pois" default:"5000" help:"Number of POIs; each agent has its own copy of the release."`
	Temp   string `placeholder:"DIR" help:"Where the origin and the agents have their folders; default: the system's folder for temporary files."`
}

func (*benchFleetCmd) Help() string {
	return `Starts an origin and agents that follow it over HTTP on loopback, all at once,
then edits one POI of a hundred and publishes that. Counts what the origin sends
and what the process holds, and reads the release of every agent in the end.

Example: geodrop bench fleet --agents 100 --relays 2`
}

func (c *benchFleetCmd) Run(r *run) error {
	rows, err := bench.Fleet(r.ctx, bench.FleetOptions{
		Agents: int(c.Agents), Relays: max(c.Relays, 0), POIs: int(c.POIs), Seed: c.Seed, TempDir: c.Temp, Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}

type benchSoakCmd struct {
	benchFlags
	Duration time.Duration `default:"1h" help:"How long."`
	Rate     count         `default:"200" help:"Requests a second, of every kind."`
	Edit     time.Duration `default:"5s" help:"Pause between two edits of the config."`
	Sample   time.Duration `default:"5s" help:"Pause between two looks at the process."`
	Temp     string        `placeholder:"DIR" help:"Where the store and the releases go; default: the system's folder for temporary files."`
}

func (*benchSoakCmd) Help() string {
	return `Runs geodrop up on the shipped sample in a process of its own, edits its store,
and compares what it holds in the last third of the time with the first third.

Example: geodrop bench soak --duration 10m`
}

func (c *benchSoakCmd) Run(r *run) error {
	rows, err := bench.Soak(r.ctx, bench.SoakOptions{
		Duration: c.Duration, Rate: int(c.Rate), Edit: c.Edit, Sample: c.Sample, TempDir: c.Temp,
		Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}

// Validate refuses pauses that no timer keeps.
func (c *benchSoakCmd) Validate() error {
	for name, d := range map[string]time.Duration{"duration": c.Duration, "edit": c.Edit, "sample": c.Sample} {
		if d < time.Millisecond {
			return fmt.Errorf("--%s %v is less than a millisecond", name, d)
		}
	}
	return nil
}
