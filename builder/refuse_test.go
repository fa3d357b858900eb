package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/manifest"
)

var errDisk = fmt.Errorf("read table poi: %w", syscall.EIO)

// Whatever keeps a build from being sealed leaves the release that is there as
// it was, and nothing beside it.
func TestRefusals(t *testing.T) {
	grown := "poi a 1 1\npoi b 1 1\npoi c 1 1\npoi d 1 1\npoi e 1 1\n"
	at := func(where string, act func(cancel func()) error) func(*memory, func()) {
		return func(m *memory, cancel func()) {
			m.at = func(what string) error {
				if what == where {
					return act(cancel)
				}
				return nil
			}
		}
	}
	fails := func(where string) func(*memory, func()) { return at(where, func(func()) error { return errDisk }) }
	cancels := func(where string) func(*memory, func()) {
		return at(where, func(cancel func()) error { cancel(); return nil })
	}
	tests := []struct {
		name   string
		text   string
		edit   func(*memory, func())
		limits Options
		want   error
		says   string
	}{
		{"rejected", grown + "poi a 2 2\n", nil, Options{}, ErrRejected, "1 of 6 POIs, more than 1 %"},
		{"rejected, none allowed", grown + "poi a 2 2\n", nil, Options{MaxRejected: -1}, ErrRejected, "more than 0 %"},
		{"rejected and dangling", grown + "poi a 2 2\nin s x\n", nil, Options{}, ErrRejected,
			"too many rows were rejected: 1 of 6 POIs, more than 1 %; 1 of 1 membership, more than 1 %: mend the input or raise the limit (--max-rejected)"},
		{"dangling", grown + "in s x\n", nil, Options{}, ErrRejected, "1 of 1 membership,"},
		{"shrunk", "poi a 1 1\npoi b 1 1\npoi c 1 1", nil, Options{}, ErrShrink, "of 5 POIs 3 are left, a loss of more than 20 %"},
		{"shrunk, none allowed", strings.TrimSuffix(grown, "poi e 1 1\n"), nil, Options{MaxShrink: -1}, ErrShrink, "of 5 POIs 4 are left"},
		{"screened", grown + "zone w water 0 0 2 2", nil, Options{MaxShrink: 1}, ErrEmpty, "5 rows were read"},
		{"no rows", "", nil, Options{MaxShrink: 1}, ErrEmpty, "0 rows were read"},

		{"error in the revision", grown, fails("revision"), Options{}, syscall.EIO, "read table poi"},
		{"error in the config", grown, fails("config"), Options{}, syscall.EIO, ""},
		{"error in the districts", grown + "district d 0 0 1 1", fails("districts"), Options{}, syscall.EIO, ""},
		{"error in the zones", grown, fails("end of zones"), Options{}, syscall.EIO, ""},
		{"error in the POIs", grown, fails("pois"), Options{}, syscall.EIO, ""},
		{"error behind the POIs", grown, fails("end of pois"), Options{}, syscall.EIO, ""},
		{"error in the memberships", grown + "in s a", fails("memberships"), Options{}, syscall.EIO, ""},
		{"error behind the memberships", grown, fails("end of memberships"), Options{}, syscall.EIO, ""},
		{"changed", grown, at("end of pois", func(func()) error { return poi.ErrChanged }), Options{}, poi.ErrChanged, ""},

		{"cancelled in the config", grown, cancels("config"), Options{}, context.Canceled, ""},
		{"cancelled in the districts", grown, cancels("end of districts"), Options{}, context.Canceled, ""},
		{"cancelled in the POIs", grown, cancels("pois"), Options{}, context.Canceled, ""},
		{"cancelled behind the POIs", grown, cancels("end of pois"), Options{}, context.Canceled, ""},
		{"cancelled behind the memberships", grown, cancels("end of memberships"), Options{}, context.Canceled, ""},
	}
	for _, tt := range tests {
		for _, release := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, release %v", tt.name, release), func(t *testing.T) {
				o := tt.limits
				o.Out, o.TempDir = t.TempDir(), t.TempDir()
				if release {
					built(t, parse(t, grown), Options{Out: o.Out})
				} else if tt.want == ErrShrink {
					return
				}
				before := listing(t, o.Out)
				m := parse(t, tt.text)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if tt.edit != nil {
					tt.edit(m, cancel)
				}
				s, err := Build(ctx, m, o)
				if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
					t.Errorf("the error is %v, want %v with %q", err, tt.want, tt.says)
				}
				if s.Release != "" {
					t.Errorf("the summary has release %s", s.Release)
				}
				unchanged(t, o, before)
			})
		}
	}
}

// unchanged fails unless the folder of the release has what it had before, the
// release still verifies, and the folder for spills is empty.
func unchanged(t *testing.T, o Options, before []string) {
	t.Helper()
	if after := listing(t, o.Out); !slices.Equal(after, before) {
		t.Errorf("the folder has %q, it had %q", after, before)
	}
	if len(before) > 0 {
		if _, err := Verify(context.Background(), o.Out); err != nil {
			t.Error(err)
		}
	}
	if left := listing(t, o.TempDir); len(left) > 0 {
		t.Errorf("left in the folder for spills: %q", left)
	}
}

// watcher cancels a build at the n-th call of a method of Progress.
type watcher struct {
	left   int
	cancel func()
}

func (w *watcher) tick() {
	if w.left--; w.left == 0 {
		w.cancel()
	}
}

func (w *watcher) Stage(string) { w.tick() }
func (w *watcher) Add(int)      { w.tick() }
func (w *watcher) Done()        { w.left = 0 }

// A build that is cancelled at any of its steps, spilling and with segments
// written already, leaves the release as it was.
func TestCancelledAnywhere(t *testing.T) {
	t.Parallel()
	m := town(t, 12_000, 3*poi.MaxAttrValue)
	o := Options{Out: t.TempDir(), TempDir: t.TempDir(), Memory: MinMemory, SegmentBytes: 1 << 20}
	built(t, town(t, 12_000, 10), Options{Out: o.Out})
	before := listing(t, o.Out)
	steps := 0
	for step := 1; ; step += 1 + step/2 {
		ctx, cancel := context.WithCancel(context.Background())
		o.Progress = &watcher{left: step, cancel: cancel}
		m.rejects = poi.Rejects{}
		_, err := Build(ctx, m, o)
		cancelled := ctx.Err() != nil
		cancel()
		if !cancelled {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("step %d: %v", step, err)
		}
		unchanged(t, o, before)
		steps++
	}
	if steps < 8 {
		t.Errorf("cancelled at %d steps only", steps)
	}
}

// Cancelled by the last stage, with every segment written.
func TestCancelledBeforeTheSeal(t *testing.T) {
	o := Options{Out: t.TempDir(), TempDir: t.TempDir(), SegmentBytes: 1000}
	built(t, parse(t, "poi a 1 1"), Options{Out: o.Out})
	before := listing(t, o.Out)
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = stages(func(name string) {
		if name == "seal" {
			if len(listing(t, o.Out)) < len(before)+10 {
				t.Error("no segments are written yet: the test checks nothing")
			}
			cancel()
		}
	})
	if _, err := Build(ctx, town(t, 2000, 100), o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	unchanged(t, o, before)
}

// stages is a Progress that is told of stages.
type stages func(name string)

func (s stages) Stage(name string) { s(name) }
func (stages) Add(int)             {}
func (stages) Done()               {}

// Objects of the release before are there until the new manifest is in place,
// and gone afterwards.
func TestOldObjectsGoLast(t *testing.T) {
	o := Options{Out: t.TempDir()}
	built(t, parse(t, "poi a 1 1"), o)
	old := objects(t, o.Out)
	o.Progress = stages(func(name string) {
		if _, err := Verify(context.Background(), o.Out); err != nil || !slices.Equal(objects(t, o.Out), old) {
			t.Errorf("in stage %s the release is %q, %v", name, objects(t, o.Out), err)
		}
	})
	built(t, parse(t, "poi a 1 1\npoi b 2 2\ndistrict d 0 0 1 1\ntask t all *=1"), o)
	want := objects(t, o.Out)
	slices.Sort(want)
	got := listing(t, o.Out)
	if got = got[:len(got)-1]; !slices.Equal(got, want) {
		t.Errorf("the folder has %q, want %q and the manifest", got, want)
	}
	for _, name := range old {
		if slices.Contains(got, name) {
			t.Errorf("%s is still there: nothing in the new release is equal", name)
		}
	}
}

// A second build on the same folder is refused and leaves the first alone; one
// on another folder is not.
func TestOneBuildAtATime(t *testing.T) {
	o := Options{Out: t.TempDir()}
	m := parse(t, "poi a 1 1")
	m.at = func(what string) error {
		if what != "pois" {
			return nil
		}
		if _, err := Build(context.Background(), parse(t, "poi b 1 1"), o); !errors.Is(err, ErrBusy) {
			t.Errorf("the error is %v, want %v", err, ErrBusy)
		}
		built(t, parse(t, "poi b 1 1"), Options{Out: t.TempDir(), TempDir: o.Out})
		return nil
	}
	built(t, m, o)
	m.at = nil
	built(t, m, o) // the lock is free again
}

// A manifest that cannot be read does not stand in the way of a build, which
// replaces it; but a build that is refused leaves its objects alone, since a
// newer program may read it.
func TestUnreadableReleaseIsReplaced(t *testing.T) {
	damage := map[string]func(string) string{
		"cut":        func(s string) string { return s[:len(s)/2] },
		"newer":      func(s string) string { return strings.Replace(s, `"format": 2`, `"format": 3`, 1) },
		"not sealed": func(s string) string { return strings.Replace(s, `"pois": 2`, `"pois": 3`, 1) },
		"empty":      func(string) string { return "" },
	}
	for name, edit := range damage {
		t.Run(name, func(t *testing.T) {
			o := Options{Out: t.TempDir(), TempDir: t.TempDir()}
			built(t, parse(t, "poi a 1 1\npoi b 1 1"), Options{Out: o.Out})
			path := filepath.Join(o.Out, manifest.Name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if edited := edit(string(b)); edited == string(b) {
				t.Fatal("the manifest is not damaged")
			} else if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte(edited), 0o444)); err != nil {
				t.Fatal(err)
			}
			before := listing(t, o.Out)
			if _, err := Build(context.Background(), parse(t, "poi c 1 1"), o); !errors.Is(err, ErrShrink) {
				t.Errorf("the error is %v, want %v", err, ErrShrink)
			}
			o.MaxShrink = 1
			if _, err := Build(context.Background(), parse(t, ""), o); !errors.Is(err, ErrEmpty) {
				t.Errorf("the error is %v, want %v", err, ErrEmpty)
			}
			if after := listing(t, o.Out); !slices.Equal(after, before) {
				t.Errorf("the folder has %q, it had %q", after, before)
			}
			built(t, parse(t, "poi c 1 1"), o)
		})
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		says string
	}{
		{"no folder", Options{}, "no folder"},
		{"little memory", Options{Out: "x", Memory: MinMemory - 1}, "give at least 67108864"},
		{"small cells", Options{Out: "x", CellSize: 9}, "cells of 9 m are not within 10…1000 m"},
		{"large cells", Options{Out: "x", CellSize: 1001}, "cells of 1001 m"},
		{"large radius", Options{Out: "x", Radius: 65}, "a radius of 65"},
		{"negative radius", Options{Out: "x", Radius: -1}, "a radius of -1"},
		{"huge segments", Options{Out: "x", SegmentBytes: 2 << 30}, "segments of 2147483648 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := Build(context.Background(), parse(t, "poi a 1 1"), tt.o)
			if !errors.Is(err, ErrOptions) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("the error is %v, want %v with %q", err, ErrOptions, tt.says)
			}
			if left := listing(t, "."); len(left) > 0 {
				t.Errorf("%q was written", left)
			}
		})
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m := parse(t, "poi a 1 1")
	for _, out := range []string{file, filepath.Join(file, "below")} {
		if _, err := Build(context.Background(), m, Options{Out: out}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("a release in %s: %v", out, err)
		}
	}
	if _, err := Build(context.Background(), m, Options{Out: dir, TempDir: filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("spills in a folder that is not there: %v", err)
	}
	built(t, m, Options{Out: filepath.Join(dir, "a", "b", "c")})

	if err := os.MkdirAll(filepath.Join(dir, "odd", manifest.Name), 0o755); err != nil {
		t.Fatal(err)
	}
	m.at = func(what string) error { t.Errorf("%s was read, but nobody knows what is there", what); return nil }
	if _, err := Build(context.Background(), m, Options{Out: filepath.Join(dir, "odd")}); err == nil || !strings.Contains(err.Error(), manifest.Name) {
		t.Errorf("over a manifest that cannot be read: %v", err)
	}
}

// Stale files of a build that was killed go with the next one, files of others
// stay.
func TestWhatAKilledBuildLeft(t *testing.T) {
	o := Options{Out: t.TempDir()}
	orphan := strings.Repeat("ab", 32) + manifest.SegmentKind
	for _, name := range []string{".geodrop-tmp-1", orphan, "README", "abc.seg"} {
		if err := os.WriteFile(filepath.Join(o.Out, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(o.Out, "geodrop-extsort-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	built(t, parse(t, "poi a 1 1"), o)
	left := slices.DeleteFunc(listing(t, o.Out), func(name string) bool {
		return strings.HasPrefix(name, manifest.Name) || slices.Contains(objects(t, o.Out), name)
	})
	if want := []string{"README", "abc.seg"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}

// Duplicates and memberships of no POI are named with both places.
func TestFlawsAreNamed(t *testing.T) {
	text := "poi a 1 1\npoi b 1 1\npoi a 2 2\npoi w 5 5\npoi w 1 1\nin s a\nin s none\nin s a\nzone w water 4 4 6 6"
	lines := parse(t, text)
	rows := parse(t, text)
	for i := range rows.pois[0].Rows {
		rows.pois[0].Rows[i].Line = 0
	}
	for i := range rows.memberships[0].Rows {
		rows.memberships[0].Rows[i].Line = 0
	}
	rows.pois[0].File, rows.memberships[0].File, rows.keyOrder = "poi", "poi_set", true
	tests := []struct {
		name string
		m    *memory
		want []string
	}{
		{"lines", lines, []string{
			`pois.csv:4: id is also at pois.csv:2, which stays (duplicate)`,
			`pois.csv:6: id is also at pois.csv:5, which stays (duplicate)`,
			`poi_sets.csv:3: poi_id of set "s" names no POI (dangling)`}},
		{"rows", rows, []string{
			`poi: id of row 3 is also at row 1 of poi, which stays (duplicate)`,
			`poi: id of row 5 is also at row 4 of poi, which stays (duplicate)`,
			`poi_set: poi_id of row 2 of set "s" names no POI (dangling)`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Out: t.TempDir(), MaxRejected: 1}
			s := built(t, tt.m, o)
			var got []string
			for i := range s.Rejects {
				got = append(got, s.Rejects[i].String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("rejects are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			all := contents(t, o.Out)
			if at := (coord.E7{Lat: 10_000_000, Lng: 10_000_000}); len(all) != 2 || all["a"].pos != at || all["a"].sets != "[s]" {
				t.Errorf("the release has %+v", all)
			}
		})
	}
}

// A bundle that is wrong in its form is an error that says where.
func TestBundleOfTheWrongForm(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pois.csv"), []byte("id,name,lat\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	_, err = Build(context.Background(), src, Options{Out: t.TempDir()})
	if !errors.Is(err, decode.ErrFormat) || !strings.Contains(err.Error(), "pois.csv:1:") {
		t.Errorf("the error is %v", err)
	}
}
