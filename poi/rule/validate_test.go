package rule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/data/sample"
	"geodrop/poi"
	"geodrop/poi/decode"
)

func TestCleanBundle(t *testing.T) {
	r := validated(t, clean(), Options{})
	if len(r.Findings) > 0 {
		t.Errorf("a clean bundle has findings:\n%s", messages(r))
	}
	if r.POIs != 4 || r.Memberships != 2 || r.Districts != 2 || r.Zones != 1 || r.Tasks != 2 || r.Prizes != 2 {
		t.Errorf("it was not read whole: %+v", r)
	}
}

func TestSampleIsClean(t *testing.T) {
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	file, err := os.Open(filepath.Join(dir, SettingsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	settings, err := ReadSettings(SettingsFile, file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Validate(context.Background(), b, Options{Now: now, Severity: settings.Severity, Accepted: settings.Accepted})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) > 0 || r.Accepted() == 0 {
		t.Errorf("the sample has findings that its rules.yaml does not accept, of %d that it does:\n%s", r.Accepted(), messages(r))
	}
}

// A flood is counted to the last and kept to the limit, and counted by file.
func TestFlood(t *testing.T) {
	const rows = 500
	files := clean()
	files["pois_bad.csv"] = "id,name,lat,lng\n"
	for i := range rows {
		files["pois.csv"] += fmt.Sprintf("n%d,,0.1%03d,0.1\n", i, i)
		files["pois_bad.csv"] += fmt.Sprintf("x%d\n", i)
		files["poi_sets.csv"] += fmt.Sprintf("west,none-%d\n", i)
	}
	r := validated(t, files, Options{Keep: 10})
	want := map[string]map[string]int64{
		"name-empty": {"pois.csv": rows}, "bad-row": {"pois_bad.csv": rows}, "dangling-reference": {"poi_sets.csv": rows},
	}
	for _, total := range r.Totals {
		files := want[total.Rule.ID]
		n := int64(0)
		for _, of := range files {
			n += of
		}
		if total.Count != n || total.Kept != int(min(n, 10)) || !maps.Equal(total.Files, files) {
			t.Errorf("rule %s: %d findings, %d kept, %v by file, want %v", total.Rule.ID, total.Count, total.Kept, total.Files, files)
		}
	}
	if len(r.Findings) != 30 {
		t.Errorf("%d findings are kept, want 30", len(r.Findings))
	}
}

// After a file that cannot be read, the rows of the others are still looked at,
// and nothing is said that needs the whole.
func TestUnread(t *testing.T) {
	files := edited(t, clean(), [3]string{"districts.geojson", `{"type":"FeatureCollection",`, `{"type":"FeatureCollection"`},
		[3]string{"pois.csv", "", "e,E,here,0\n"}, [3]string{"prizes.csv", ",1500,", ",1499,"})
	r := validated(t, files, Options{})
	want := []string{"poi-coordinates pois.csv:6:5", "quota-over-budget prizes.csv:2:32", "unreadable-file districts.geojson:1:28"}
	if got := found(r); !slices.Equal(got, want) || !r.Unread {
		t.Errorf("found %q, unread %v, want %q", got, r.Unread, want)
	}
}

// A bundle that cannot even be listed is a finding; a folder that is not there
// is none.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pois.csv", "pois.csv.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := decode.Open(dir, decode.Options{})
	r, ok := Unreadable(err, Options{})
	if !ok || r.Count(Error) != 1 || len(r.Findings) != 1 || r.Findings[0].Rule != idUnreadable {
		t.Errorf("%v is %+v", err, r)
	}
	if _, ok := Unreadable(os.ErrNotExist, Options{}); ok {
		t.Error("a folder that is not there is a finding")
	}
}

// What goes wrong outside the config is an error.
func TestErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Validate(ctx, open(t, clean()), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	b := open(t, clean())
	if _, err := Validate(context.Background(), b, Options{CellSize: 1}); !errors.Is(err, ErrOptions) {
		t.Errorf("cells of a metre: %v", err)
	}
	if _, err := Validate(context.Background(), changing{b}, Options{}); !errors.Is(err, poi.ErrChanged) {
		t.Errorf("a source that changes: %v", err)
	}
}

// changing is a source that changes while its memberships are read.
type changing struct{ *decode.Bundle }

func (changing) Memberships(context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	return func(yield func(*poi.MembershipBatch, error) bool) { yield(nil, poi.ErrChanged) }
}

// The cells come in order, with all their POIs, of which a rule sees what it has
// to.
func TestCells(t *testing.T) {
	var cells []string
	probe := &Rule{ID: "probe", Severity: Note, Start: func(v *View, _ Emit) Check {
		return Check{Cell: func(c *Cell) {
			for _, p := range c.POIs {
				cells = append(cells, fmt.Sprintf("%d %s %s %s %d %v %s", c.Count, p.ID, p.Name, p.Kind, p.District, p.Screened, p.At.String()))
			}
		}}
	}}
	files := edited(t, clean(), [3]string{"pois.csv", "id,name,lat,lng", "id,name,lat,lng,kind"},
		[3]string{"pois.csv", "0.01,0.01\n", "0.01,0.01,gate\n"}, [3]string{"pois.csv", "0.02,0.02\n", "0.01,0.01,\n"},
		[3]string{"pois.csv", "0.03,1.01\n", "0.51,0.55,\n"}, [3]string{"pois.csv", "0.04,1.02\n", "50,50,\n"})
	validated(t, files, Options{Rules: []*Rule{probe}})
	want := []string{"2 a Gate gate 0 false pois.csv:2", "2 b Well  0 false pois.csv:3", "1 c Mill  0 true pois.csv:4", "1 d Inn  4294967295 false pois.csv:5"}
	slices.Sort(cells)
	slices.SortFunc(want, strings.Compare)
	if !slices.Equal(cells, want) {
		t.Errorf("cells\n%s\nwant\n%s", strings.Join(cells, "\n"), strings.Join(want, "\n"))
	}
}
