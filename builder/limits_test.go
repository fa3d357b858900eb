package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/poi/decode"
	"geodrop/sync/manifest"
)

// TestRejectedConfigIsNeverASmallShare: one hazard that is left out counts,
// however many POIs are fine.
func TestRejectedConfigIsNeverASmallShare(t *testing.T) {
	const square = `[[0,0],[1,0],[1,1],[0,1],[0,0]]`
	zones := func(rings ...string) string {
		var features []string
		for _, ring := range rings {
			features = append(features, `{"type":"Feature","properties":{"id":"z","name":"Z","reason":"water"},"geometry":{"type":"Polygon","coordinates":[`+ring+`]}}`)
		}
		return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
	}
	tests := []struct {
		name, file, content string
		refused             bool
	}{
		{"none", "zones.geojson", zones(), false},
		{"zone", "zones.geojson", zones(square), false},
		{"zone that crosses itself", "zones.geojson", zones(`[[0,0],[1,1],[1,0],[0,1],[0,0]]`), true},
		{"zone of the same id", "zones.geojson", zones(square, square), true},
		{"district that crosses itself", "districts.geojson", strings.ReplaceAll(zones(`[[0,0],[1,1],[1,0],[0,1],[0,0]]`), `"id"`, `"adcode"`), true},
		{"prize without a merchant", "prizes.csv", "id,name,kind,merchant\np,P,cash,nobody\n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			pois := "id,name,lat,lng\n"
			for i := range 300 {
				pois += fmt.Sprintf("p%d,,10,10\n", i)
			}
			for name, content := range map[string]string{"pois.csv": pois, tt.file: tt.content} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, accepted := range []bool{false, true} {
				src, err := decode.Open(dir, decode.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer src.Close()
				out := t.TempDir()
				_, err = Build(context.Background(), src, Options{Out: out, AcceptRejectedConfig: accepted})
				if refused := errors.Is(err, ErrRejected); refused != (tt.refused && !accepted) {
					t.Errorf("accepted %v: the error is %v", accepted, err)
				}
				if _, readErr := manifest.Read(out); (readErr == nil) != (err == nil) {
					t.Errorf("accepted %v: built with %v, read with %v", accepted, err, readErr)
				}
			}
		})
	}
}

// TestSharesAreOfTheirOwnRows: memberships do not make up for POIs, nor POIs
// for memberships.
func TestSharesAreOfTheirOwnRows(t *testing.T) {
	tests := []struct {
		pois, badPOIs, members, badMembers int
		refused                            bool
	}{
		{pois: 100, members: 1000, badMembers: 10},
		{pois: 100, members: 100, badMembers: 2, refused: true},
		{pois: 1000, members: 100, badMembers: 2, refused: true},
		{pois: 99, badPOIs: 1, members: 10},
		{pois: 98, badPOIs: 2, members: 10_000, refused: true},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		pois, members := "id,name,lat,lng\n", "set_id,poi_id\n"
		for i := range tt.pois {
			pois += fmt.Sprintf("p%d,,10,10\n", i)
		}
		pois += strings.Repeat("x,,91,0\n", tt.badPOIs)
		for i := range tt.members - tt.badMembers {
			members += fmt.Sprintf("s%d,p%d\n", i/tt.pois, i%tt.pois)
		}
		for i := range tt.badMembers {
			members += fmt.Sprintf("s,nobody%d\n", i)
		}
		for name, content := range map[string]string{"pois.csv": pois, "poi_sets.csv": members} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		src, err := decode.Open(dir, decode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if _, err := Build(context.Background(), src, Options{Out: t.TempDir()}); errors.Is(err, ErrRejected) != tt.refused {
			t.Errorf("%+v: the error is %v", tt, err)
		}
	}
}
