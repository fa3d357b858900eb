package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

type lookupCmd struct {
	Release string    `required:"" placeholder:"RELEASE" help:"Folder of the release."`
	Lat     latitude  `required:"" help:"Latitude in degrees."`
	Lng     longitude `required:"" help:"Longitude in degrees."`
	CRS     string    `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of the position: ${enum}."`
	At      string    `placeholder:"TIME" help:"Time of the answer, RFC 3339; default: now."`
	Limit   *int      `placeholder:"N" help:"Drops to show at most, the nearest; 1 to 1000. Default: 20, and with --json that of a node, 200."`
	Sort    string    `enum:"distance,index" default:"distance" help:"Order of the drops: ${enum}."`
	Kinds   []string  `placeholder:"KIND" help:"Only tasks with a prize of one of these kinds."`
	As      string    `enum:"player,tester,operator" default:"player" help:"Who looks: a ${enum}. Testers also see what will open, operators tasks in every state."`
	All     bool      `help:"The same as --as operator."`
	NoHash  bool      `help:"Bisect instead of using the prefix hash."`
	JSON    bool      `name:"json" help:"Print the answer of a node, byte for byte."`
}

func (*lookupCmd) Help() string {
	return `The drops in the window around a position, as a node would answer. With --json it
is what POST /v1/lookup answers for the same release, position and time, but for
what only a node knows: remaining and stale, which come from its collector, and
next_poll_ms, where its --next-poll is another than the default.

Example: geodrop lookup --release release --lat 51.5145 --lng -0.1270
         geodrop lookup --release release --lat 51.5145 --lng -0.1270 --at 2026-12-31T20:00:00Z
         geodrop lookup --release release --lat 51.5145 --lng -0.1270 --at 2026-12-31T20:00:00Z --as tester`
}

// Validate refuses what would stand for a default in query.Request.
func (c *lookupCmd) Validate() error {
	if c.Limit == nil {
		return nil
	}
	return within("limit", *c.Limit, 1, query.MaxLimit, "drops")
}

func (c *lookupCmd) Run(r *run) (err error) {
	req, err := c.request()
	if err != nil {
		return usage{err}
	}
	r.untrap() // it only reads
	release, err := query.Open(c.Release, query.Options{ForceBisection: c.NoHash})
	if err != nil {
		return wrong(err)
	}
	defer func() { err = errors.Join(err, release.Close()) }()
	var answer query.Answer
	if err := release.Lookup(req, &answer); err != nil {
		if errors.Is(err, query.ErrRequest) {
			return usage{err}
		}
		return wrong(err)
	}
	if c.JSON {
		wire := api.Answer{}
		wire.Set(&answer)
		wire.NextPollMS = api.DefaultNextPoll.Milliseconds()
		_, err := r.stdout.Write(append(api.AppendAnswer(nil, &wire), '\n'))
		return err
	}
	t := table{w: r.stdout}
	printAnswer(&t, &answer)
	return t.err
}

func (c *lookupCmd) request() (req query.Request, err error) {
	crs, err := coord.ParseCRS(c.CRS)
	if err != nil {
		return req, err
	}
	if req.Pos, err = crs.ToWGS84(coord.Lat(c.Lat), coord.Lng(c.Lng)); err != nil {
		return req, err
	}
	if c.At != "" {
		if req.At, err = time.Parse(time.RFC3339, c.At); err != nil {
			return req, fmt.Errorf("--at %q is no time such as 2026-12-31T20:00:00Z", c.At)
		}
	}
	const few = 20 // for people
	switch req.All = c.All; {
	case c.Limit != nil:
		req.Limit = *c.Limit
	case !c.JSON:
		req.Limit = few
	}
	if c.Sort == "index" {
		req.Sort = query.ByIndex
	}
	req.All, req.Soon = c.All || c.As == "operator", c.As == "tester"
	for _, kind := range c.Kinds {
		req.Kinds = append(req.Kinds, poi.PrizeKind(kind))
	}
	return req, nil
}

func printAnswer(t *table, a *query.Answer) {
	district := "outside all districts"
	if a.District != nil {
		district = fmt.Sprintf("%s (%s)", a.District.Name, a.District.ID)
	}
	t.line("Release %s, cell %s, %s, at %s.", a.Release, a.Cell, district, a.AsOf.Format(time.RFC3339))
	if len(a.Drops) == 0 {
		t.line("Nothing is dropped here at this time.")
		return
	}
	t.line("")
	for _, d := range a.Drops {
		tasks := make([]string, len(d.Tasks))
		for i, id := range d.Tasks {
			tasks[i] = string(id)
		}
		t.line("%5d m  %-10s  %-36s  %s", d.Distance, d.POI, d.Name, strings.Join(tasks, ", "))
	}
	if a.Truncated {
		t.line("         and more: raise --limit to see them")
	}
	t.line("")
	for _, task := range a.Tasks {
		until := ""
		switch {
		case task.State == poi.Active && !task.ClosesAt.IsZero():
			until = " until " + task.ClosesAt.Format(time.RFC3339)
		case !task.OpensAt.IsZero():
			until = ", opens " + task.OpensAt.Format(time.RFC3339)
		}
		t.line("%s: %s, by %s, %s%s", task.ID, task.Title, task.Merchant, task.State, until)
	}
}
