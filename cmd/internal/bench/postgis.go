package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// errNoPostGIS marks a machine without PostgreSQL or PostGIS.
var errNoPostGIS = errors.New("PostGIS is not installed")

// postgis is a server of our own: data in a temporary folder, a Unix socket
// there, no port.
type postgis struct {
	bin    string // folder of the programs
	dir    string
	as     *syscall.SysProcAttr // whose processes they are
	server *exec.Cmd
	exited chan error
}

// startPostGIS starts a server. The error wraps errNoPostGIS where it cannot
// because something is not installed.
func startPostGIS(ctx context.Context) (p *postgis, err error) {
	p = &postgis{exited: make(chan error, 1)}
	if p.bin, err = postgresPrograms(); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "geodrop-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	if err = p.start(ctx); err == nil {
		err = p.psql(ctx, nil, nil, "CREATE EXTENSION postgis")
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errNoPostGIS, err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// postgresPrograms is the folder of the programs: one of PATH, or the newest
// where Debian has them.
func postgresPrograms() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	dirs = append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
	for i := len(dirs) - 1; i >= 0; i-- {
		missing := func(name string) bool {
			_, err := exec.LookPath(filepath.Join(dirs[i], name))
			return err != nil
		}
		if !slices.ContainsFunc([]string{"initdb", "postgres", "pg_isready", "psql"}, missing) {
			return dirs[i], nil
		}
	}
	return "", fmt.Errorf("%w: there is no folder with initdb, postgres, pg_isready and psql", errNoPostGIS)
}

func (p *postgis) start(ctx context.Context) error {
	if err := p.disown(); err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	initdb := p.program(command(ctx, filepath.Join(p.bin, "initdb"),
		"-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
	if _, err := output(ctx, initdb); err != nil {
		return err
	}
	// The server outlives the context until stop, so that it ends in order.
	p.server = p.program(exec.Command(filepath.Join(p.bin, "postgres"), "-D", data, "-k", p.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "autovacuum=off", "-c", "jit=off",
		"-c", "shared_buffers=512MB", "-c", "work_mem=256MB", "-c", "max_parallel_workers_per_gather=0"))
	if err := p.server.Start(); err != nil {
		p.server = nil
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	go func() { p.exited <- p.server.Wait() }()
	return p.ready(ctx)
}

// disown gives the folder to an account that PostgreSQL runs under: it refuses
// to run as root.
func (p *postgis) disown() error {
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("%w: it does not run as root and there is no user postgres", errNoPostGIS)
	}
	uid, err1 := strconv.Atoi(account.Uid)
	gid, err2 := strconv.Atoi(account.Gid)
	if err := errors.Join(err1, err2, os.Chown(p.dir, uid, gid)); err != nil {
		return fmt.Errorf("give a folder to the user postgres: %w", err)
	}
	p.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return nil
}

func (p *postgis) program(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr, c.Dir = p.as, p.dir
	return c
}

// ready waits for the server.
func (p *postgis) ready(ctx context.Context) error {
	for {
		if output, err := p.program(command(ctx, filepath.Join(p.bin, "pg_isready"), "-h", p.dir)).Output(); err == nil {
			return nil
		} else if ctx.Err() == nil && len(output) == 0 {
			return fmt.Errorf("ask whether PostgreSQL is ready: %w", err)
		}
		select {
		case err := <-p.exited:
			p.exited <- err
			return fmt.Errorf("PostgreSQL ended: %w", err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the server and removes its folder.
func (p *postgis) stop() error {
	var err error
	if p.server != nil {
		err = p.server.Process.Signal(syscall.SIGINT) // PostgreSQL's fast shutdown
		if errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		select {
		case <-p.exited:
		case <-time.After(patience):
			err = errors.Join(err, p.server.Process.Kill())
			<-p.exited
		}
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// psql runs one statement. in is what it copies from, if anything; out gets
// each line that it prints.
func (p *postgis) psql(ctx context.Context, in io.Reader, out func(line string) error, statement string) error {
	c := p.program(command(ctx, filepath.Join(p.bin, "psql"), "-h", p.dir, "-U", "bench", "-d", "postgres",
		"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement))
	c.Stdin = in
	stdout, err := output(ctx, c)
	if err != nil || out == nil {
		return err
	}
	for lines := range strings.Lines(string(stdout)) {
		if err := out(strings.TrimSpace(lines)); err != nil {
			return err
		}
	}
	return nil
}

// load makes the tables: districts with an index, points without one, as they
// come, and the same points with one, which costs time of its own but lets
// PostGIS go by district and prepare each once.
func (p *postgis) load(ctx context.Context, shapes []grid.Shape, points []coord.E7) error {
	return errors.Join(
		p.psql(ctx, nil, nil, "CREATE TABLE d (n int, geom geometry(MultiPolygon, 4326))"),
		p.psql(ctx, nil, nil, "CREATE TABLE p (id int, geom geometry(Point, 4326))"),
		p.copyIn(ctx, "COPY d FROM STDIN", len(shapes), func(dst []byte, i int) []byte { return appendShape(dst, i, shapes[i]) }),
		p.copyIn(ctx, "COPY p FROM STDIN", len(points), func(dst []byte, i int) []byte { return appendPoint(dst, i, points[i]) }),
		p.psql(ctx, nil, nil, "CREATE INDEX ON d USING gist (geom)"),
		p.psql(ctx, nil, nil, "CREATE TABLE indexed AS SELECT * FROM p"),
		p.psql(ctx, nil, nil, "CREATE INDEX ON indexed USING gist (geom)"),
		p.psql(ctx, nil, nil, "VACUUM ANALYZE"),
	)
}

// copyIn sends n rows.
func (p *postgis) copyIn(ctx context.Context, statement string, n int, row func([]byte, int) []byte) error {
	in, out := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(out, 1<<16)
		var line []byte
		for i := range n {
			line = append(row(line[:0], i), '\n')
			if _, err := w.Write(line); err != nil {
				break // the reader is gone and says why
			}
		}
		out.CloseWithError(w.Flush())
	}()
	err := p.psql(ctx, in, nil, statement)
	in.Close() // lets the goroutine end
	return err
}

// appendPoint appends a row in the text format of COPY, the geometry as EWKT.
func appendPoint(dst []byte, id int, at coord.E7) []byte {
	dst = strconv.AppendInt(dst, int64(id), 10)
	dst = append(dst, "\tSRID=4326;POINT("...)
	return append(appendXY(dst, at), ')')
}

func appendShape(dst []byte, n int, s grid.Shape) []byte {
	dst = strconv.AppendInt(dst, int64(n), 10)
	dst = append(dst, "\tSRID=4326;MULTIPOLYGON"...)
	for i, polygon := range s {
		dst = append(dst, "(,"[min(i, 1)], '(')
		for j, ring := range polygon {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '(')
			for _, v := range ring {
				dst = append(appendXY(dst, v), ',')
			}
			dst = append(appendXY(dst, ring[0]), ')')
		}
		dst = append(dst, ')')
	}
	return append(dst, ')')
}

func appendXY(dst []byte, at coord.E7) []byte {
	return appendDegrees(append(appendDegrees(dst, at.Lng), ' '), at.Lat)
}

// The tables of points.
const (
	plainPoints   = "p"
	indexedPoints = "indexed"
)

// contains joins a table of points and the districts that hold them.
func contains(points string) string {
	return "FROM " + points + " p JOIN d ON ST_Contains(d.geom, p.geom)"
}

// assign finds the districts of all points and prints none of them.
func (p *postgis) assign(ctx context.Context, points string) (t tally, err error) {
	err = p.psql(ctx, nil, func(line string) error {
		_, err := fmt.Sscanf(line, "%d|%d", &t.found, &t.sum)
		return err
	}, "SELECT count(*), sum(n) "+contains(points))
	return t, err
}

// answers are the districts of each of n points, in ascending order.
func (p *postgis) answers(ctx context.Context, n int) ([][]uint32, error) {
	found := make([][]uint32, n)
	err := p.psql(ctx, nil, func(line string) error {
		var id int
		var district uint32
		if _, err := fmt.Sscanf(line, "%d|%d", &id, &district); err != nil {
			return fmt.Errorf("read an answer of PostGIS: %w", err)
		}
		found[id] = append(found[id], district)
		return nil
	}, "SELECT p.id, d.n "+contains(plainPoints)+" ORDER BY 1, 2")
	return found, err
}

// onBorder counts those of some points that lie on the border of a district.
func (p *postgis) onBorder(ctx context.Context, ids []int) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	list := strings.ReplaceAll(strings.Trim(fmt.Sprint(ids), "[]"), " ", ",")
	err = p.psql(ctx, nil, func(line string) error {
		n, err = strconv.Atoi(line)
		return err
	}, "SELECT count(DISTINCT p.id) FROM p JOIN d ON ST_Intersects(d.geom, p.geom) AND NOT ST_Contains(d.geom, p.geom) WHERE p.id IN ("+list+")")
	return n, err
}
