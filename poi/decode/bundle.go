package decode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// Options of Open. The zero value reads WGS-84.
type Options struct {
	// CRS is the datum of POIs whose row names none.
	CRS coord.CRS
	// Rejects collects what is left out; nil makes a collector of its own.
	Rejects *poi.Rejects
}

// Bundle is an open bundle. It implements poi.Source: its state is that of the
// moment at which it was opened, and reading fails with poi.ErrChanged when a
// file has changed since.
type Bundle struct {
	root    *os.Root   // of a bundle in a folder
	roots   []*os.Root // to close
	files   listing
	crs     coord.CRS
	rejects *poi.Rejects

	mu       sync.Mutex
	reported map[string]int // rejects of a file that have been reported
	config   *poi.Config    // once read
}

var _ poi.Source = (*Bundle)(nil)

// listing is the files of a bundle, each list in the order of their names, unless
// they are as given.
type listing struct {
	pois, memberships, sets          []file
	districts, zones                 []file
	merchants, prizes, tasks, quotas []file
	ignored                          []string

	asGiven bool // and not by name: of rows that are the same, the first file's stays
}

// kinds are the file names of a bundle. A trailing * takes any ending.
var kinds = []struct {
	stem, ext string
	into      func(*listing) *[]file
}{
	{"pois*", ".csv", func(l *listing) *[]file { return &l.pois }},
	{"poi_sets", ".csv", func(l *listing) *[]file { return &l.memberships }},
	{"districts*", ".geojson", func(l *listing) *[]file { return &l.districts }},
	{"zones*", ".geojson", func(l *listing) *[]file { return &l.zones }},
	{"merchants", ".csv", func(l *listing) *[]file { return &l.merchants }},
	{"prizes", ".csv", func(l *listing) *[]file { return &l.prizes }},
	{"tasks", ".yaml", func(l *listing) *[]file { return &l.tasks }},
	{"quotas", ".csv", func(l *listing) *[]file { return &l.quotas }},
}

// setsDir holds one file per POI set.
const setsDir = "sets"

// Open lists the bundle in the folder at dir. It reads no file yet.
func Open(dir string, opts Options) (*Bundle, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	b := newBundle(opts)
	b.root, b.roots = root, []*os.Root{root}
	if err := b.list(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func newBundle(opts Options) *Bundle {
	b := &Bundle{crs: opts.CRS, rejects: opts.Rejects, reported: make(map[string]int)}
	if b.rejects == nil {
		b.rejects = new(poi.Rejects)
	}
	return b
}

func (b *Bundle) list() error {
	entries, err := fs.ReadDir(b.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("list bundle: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == setsDir {
			if err := b.listSets(); err != nil {
				return err
			}
			continue
		}
		into := b.files.listFor(name)
		if into == nil {
			b.files.ignored = append(b.files.ignored, name)
			continue
		}
		if err := b.add(into, name); err != nil {
			return err
		}
	}
	return nil
}

func (l *listing) listFor(name string) *[]file {
	name = strings.TrimSuffix(name, ".gz")
	for _, k := range kinds {
		stem, ok := strings.CutSuffix(name, k.ext)
		prefix, open := strings.CutSuffix(k.stem, "*")
		if ok && (stem == k.stem || open && strings.HasPrefix(stem, prefix)) {
			return k.into(l)
		}
	}
	return nil
}

func (b *Bundle) listSets() error {
	entries, err := fs.ReadDir(b.root.FS(), setsDir)
	if err != nil {
		return fmt.Errorf("list bundle: %w", err)
	}
	for _, entry := range entries {
		name := path.Join(setsDir, entry.Name())
		if !strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".csv") {
			b.files.ignored = append(b.files.ignored, name)
			continue
		}
		if err := b.add(&b.files.sets, name); err != nil {
			return err
		}
	}
	return nil
}

// add stats a file of the bundle. Links are followed as long as they stay in
// it; folders, devices and pipes are refused before they could block.
func (b *Bundle) add(into *[]file, name string) error {
	info, err := b.root.Stat(name)
	if err != nil {
		return &FileError{File: name, Code: CodeFile, Reason: "the file cannot be reached within the bundle: " + err.Error()}
	}
	if !info.Mode().IsRegular() {
		return &FileError{File: name, Code: CodeFile, Reason: "not a regular file"}
	}
	plain := strings.TrimSuffix(name, ".gz")
	if slices.ContainsFunc(*into, func(f file) bool { return strings.TrimSuffix(f.name, ".gz") == plain }) {
		return &FileError{File: name, Code: poi.CodeDuplicate, Reason: "the bundle also has " + plain + "; keep one of the two"}
	}
	*into = append(*into, file{name: name, root: b.root, at: name, info: info})
	return nil
}

// Ignored lists the entries of the folder that are no part of a bundle.
func (b *Bundle) Ignored() []string { return slices.Clone(b.files.ignored) }

// Files lists the files of the bundle.
func (b *Bundle) Files() []string {
	var names []string
	for _, f := range b.files.all() {
		names = append(names, f.name)
	}
	return names
}

func (l *listing) all() []file {
	all := slices.Concat(l.pois, l.memberships, l.sets, l.districts, l.zones, l.merchants, l.prizes, l.tasks, l.quotas)
	if !l.asGiven {
		slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	}
	return all
}

// KeyOrder is false: files are in the order in which people keep them.
func (b *Bundle) KeyOrder() bool { return false }

// Rejects collects what has been left out so far.
func (b *Bundle) Rejects() *poi.Rejects { return b.rejects }

// Close closes the folder.
func (b *Bundle) Close() (err error) {
	for _, root := range b.roots {
		err = errors.Join(err, root.Close())
	}
	return err
}

// Revision is the SHA-256 of the names and bytes of all files, packed ones as
// they are.
func (b *Bundle) Revision(ctx context.Context) (poi.Revision, error) {
	sum := sha256.New()
	for _, f := range b.files.all() {
		digest, err := digestOf(ctx, f)
		if err != nil {
			return poi.Revision{}, err
		}
		fmt.Fprintf(sum, "%x  %s\n", digest, f.name)
	}
	return poi.Revision{Kind: "bundle", Digest: hex.EncodeToString(sum.Sum(nil))}, nil
}

func digestOf(ctx context.Context, f file) (digest []byte, err error) {
	in, err := f.raw()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for err == nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
			break
		}
		_, err = io.CopyN(sum, plainReader{in}, 1<<20)
	}
	closing := in.Close()
	if !isEOF(err) {
		return nil, err
	}
	return sum.Sum(nil), closing
}

// reporter reports the rejects of one reading of one file. A file reads the same
// each time, so the first n rejects of another reading are the n reported
// before.
type reporter struct {
	b    *Bundle
	file string
	n    int
}

func (b *Bundle) reporter(file string) *reporter { return &reporter{b: b, file: file} }

func (r *reporter) add(reject poi.Reject) {
	reject.File = r.file
	r.n++
	r.b.mu.Lock()
	known := r.n <= r.b.reported[r.file]
	if !known {
		r.b.reported[r.file] = r.n
	}
	r.b.mu.Unlock()
	if !known {
		r.b.rejects.Add(reject)
	}
}
