package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"geodrop/sync/manifest"
)

// chunkBytes is the size of the pieces in which others compare files.
const chunkBytes = 64 << 10

// newChunks are the bytes of the chunks of a release that the one before does
// not have, wherever.
func newChunks(before, after *openRelease) (total int64, err error) {
	known := map[[sha256.Size]byte]bool{}
	err = eachChunk(before, func(sum [sha256.Size]byte, _ int) { known[sum] = true })
	if err != nil {
		return 0, err
	}
	err = eachChunk(after, func(sum [sha256.Size]byte, n int) {
		if !known[sum] {
			total += int64(n)
			known[sum] = true
		}
	})
	return total, err
}

func eachChunk(r *openRelease, f func(sum [sha256.Size]byte, n int)) error {
	buf := make([]byte, chunkBytes)
	for name := range r.manifest.Objects {
		file, err := os.Open(filepath.Join(r.dir, name))
		if err != nil {
			return err
		}
		for {
			n, err := io.ReadFull(file, buf)
			if n > 0 {
				f(sha256.Sum256(buf[:n]), n)
			}
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					return errors.Join(err, file.Close())
				}
				break
			}
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// rsync adds what rsync would move between the two releases.
func (p *patching) rsync(ctx context.Context, name string, after *openRelease, percent func(int64) float64, moved int64) {
	row := newRow(name+"/rsync", "moved", percent(moved), unitPercent)
	bytes, err := p.rsyncBytes(ctx, after)
	if err != nil {
		p.add(row.without(err.Error()))
		return
	}
	p.add(row.timesBetter("rsync", percent(bytes)).noted("its blocks, sums and both directions; files named by their first tile"))
}

func (p *patching) rsyncBytes(ctx context.Context, after *openRelease) (total int64, err error) {
	program, err := exec.LookPath("rsync")
	if err != nil {
		return 0, errors.New("rsync is not installed")
	}
	from, to := filepath.Join(p.work, "rsync-new"), filepath.Join(p.work, "rsync-old")
	defer func() { err = errors.Join(err, os.RemoveAll(from), os.RemoveAll(to)) }()
	if err := errors.Join(after.named(from), p.before.named(to)); err != nil {
		return 0, err
	}
	out, err := output(ctx, command(ctx, program, "--recursive", "--checksum", "--no-whole-file", "--stats", from+"/", to))
	if err != nil {
		return 0, err
	}
	for _, what := range []string{"sent", "received"} {
		m := regexp.MustCompile(`Total bytes ` + what + `: ([0-9,.]+)`).FindSubmatch(out)
		if m == nil {
			return 0, fmt.Errorf("rsync does not say what it %s", what)
		}
		n, err := strconv.ParseInt(strings.NewReplacer(",", "", ".", "").Replace(string(m[1])), 10, 64)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// named links the objects under names that stay the same from one release to the
// next, as rsync wants them.
func (r *openRelease) named(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	link := func(name, as string) error { return os.Link(filepath.Join(r.dir, name), filepath.Join(dir, as)) }
	for _, s := range r.manifest.Segments {
		if err := link(s.FileName(manifest.SegmentKind), fmt.Sprintf("%016x%s", s.FirstTile, manifest.SegmentKind)); err != nil {
			return err
		}
	}
	return errors.Join(
		link(r.manifest.Areas.FileName(manifest.AreasKind), "release"+manifest.AreasKind),
		link(r.manifest.Catalog.FileName(manifest.CatalogKind), "release"+manifest.CatalogKind),
		link(manifest.Name, manifest.Name))
}
