package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// zoneCount is the number of exclusion zones of a synthetic bundle.
const zoneCount = 1000

// bundleFiles are a synthetic bundle and the file that its peer sorts.
type bundleFiles struct {
	dir string // the bundle
	// keys has a line for each POI: the sort key of its cell, a tab, its row of
	// pois.csv. Empty: it is not written.
	keys string
}

// write writes a config of POIs, districts, zones at the edges of their towns
// and a task.
func (files bundleFiles) write(ctx context.Context, points *Points, districts mesh) error {
	if err := os.MkdirAll(files.dir, 0o755); err != nil {
		return fmt.Errorf("make the bundle: %w", err)
	}
	for name, text := range map[string]string{
		"merchants.csv": "id,name\nm1,Tea House\n",
		"prizes.csv":    "id,name,kind,merchant\nbadge,Badge,collectable,m1\n",
		"tasks.yaml": "tasks:\n  - id: t1\n    title: Everywhere\n    merchant: m1\n    poi_set: all\n" +
			"    starts_at: 2026-01-01T00:00:00Z\n    ends_at: 2036-01-01T00:00:00Z\n" +
			"    prizes: [{prize: badge}]\n    quotas: [{prize: badge, district: \"*\", units: 1000000}]\n",
	} {
		if err := os.WriteFile(filepath.Join(files.dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
	}
	if err := writeDistricts(filepath.Join(files.dir, "districts.geojson"), districts); err != nil {
		return err
	}
	if err := writeZones(filepath.Join(files.dir, "zones.geojson"), points); err != nil {
		return err
	}
	return writePOIs(ctx, files, points)
}

// writePOIs writes pois.csv and the file of keys.
func writePOIs(ctx context.Context, files bundleFiles, points *Points) error {
	return writeTo(filepath.Join(files.dir, "pois.csv"), func(rows *bufio.Writer) error {
		if _, err := rows.WriteString("id,name,lat,lng,kind,town\n"); err != nil {
			return err
		}
		if files.keys == "" {
			return writeRows(ctx, points, rows, bufio.NewWriter(io.Discard))
		}
		return writeTo(files.keys, func(keys *bufio.Writer) error { return writeRows(ctx, points, rows, keys) })
	})
}

func writeRows(ctx context.Context, points *Points, rows, keys *bufio.Writer) error {
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		return err
	}
	r := points.Reader()
	var line []byte
	for i := range points.Len() {
		if i%batchRows == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		at, town := r.At(i)
		line = appendKey(line[:0], g.Cell(at).SortKey())
		key := len(line)
		line = appendRow(line, i, at, town)
		_, err1 := keys.Write(line)
		_, err2 := rows.Write(line[key:])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
	}
	return nil
}

// writeTo writes a file and waits until it is on disk, so that what is measured
// next does not share the disk with it.
func writeTo(path string, write func(*bufio.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// appendKey appends the 44 bits of a sort key as hexadecimal digits and a tab.
func appendKey(dst []byte, key uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 40; shift >= 0; shift -= 4 {
		dst = append(dst, digits[key>>shift&15])
	}
	return append(dst, '\t')
}

// appendRow appends the row of POI i, some 63 bytes.
func appendRow(dst []byte, i int, at coord.E7, town int) []byte {
	dst = append(appendID(dst, i), ',')
	dst = append(appendName(dst, i), ',')
	dst = append(appendDegrees(dst, at.Lat), ',')
	dst = append(appendDegrees(dst, at.Lng), ',')
	dst = append(append(dst, kindOf(i)...), ',')
	return append(strconv.AppendInt(dst, int64(town), 10), '\n')
}

// appendDegrees appends a coordinate with its 7 decimals.
func appendDegrees(dst []byte, e7 int32) []byte {
	const unit = 10_000_000
	v := int64(e7)
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	dst = append(strconv.AppendInt(dst, v/unit, 10), '.')
	from := len(dst)
	dst = strconv.AppendInt(dst, unit+v%unit, 10) // the leading 1 gives place to the point
	return append(dst[:from], dst[from+1:]...)
}

func writeDistricts(path string, m mesh) error {
	return writeTo(path, func(w *bufio.Writer) error {
		return writeFeatures(w, m.cols*m.rows, func(i int) (properties string, ring grid.Ring) {
			return fmt.Sprintf(`"adcode":"%06d","name":"District %d"`, 100000+i, i), m.ring(i%m.cols, i/m.cols)
		})
	})
}

// writeZones writes zones at the edges of towns: they screen out some POIs.
func writeZones(path string, p *Points) error {
	rng := rand.New(rand.NewPCG(p.seed, math.MaxUint64-2))
	reasons := [...]string{"railway", "water", "school"}
	r := p.Reader()
	return writeTo(path, func(w *bufio.Writer) error {
		return writeFeatures(w, zoneCount, func(i int) (properties string, ring grid.Ring) {
			at := r.around(p.towns[rng.IntN(len(p.towns))], townSpread)
			radius := coord.Metres(100 + 400*rng.Float64())
			return fmt.Sprintf(`"id":"z%d","name":"Zone %d","reason":"%s"`, i, i, reasons[i%len(reasons)]), circle(at.WGS84(), radius)
		})
	})
}

// writeFeatures writes a FeatureCollection of polygons of one ring each.
func writeFeatures(w *bufio.Writer, n int, feature func(i int) (properties string, ring grid.Ring)) error {
	line := []byte(`{"type":"FeatureCollection","features":[`)
	for i := range n {
		properties, ring := feature(i)
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, "\n"+`{"type":"Feature","properties":{`+properties+`},"geometry":{"type":"Polygon","coordinates":[[`...)
		for _, v := range ring {
			line = append(appendVertex(line, v), "],"...)
		}
		line = append(appendVertex(line, ring[0]), "]]]}}"...)
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	_, err := w.WriteString("\n]}\n")
	return err
}

// appendVertex appends an opening bracket, longitude and latitude.
func appendVertex(dst []byte, v coord.E7) []byte {
	dst = append(appendDegrees(append(dst, '['), v.Lng), ',')
	return appendDegrees(dst, v.Lat)
}
