package decode

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"geodrop/poi"
)

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pois.csv":          "id,name,lat,lng\na,\"two\nlînes\",0,0\nb,\"B, b\",1,1\n",
		"merchants.csv":     "name,id\nM,m\n",
		"prizes.csv":        "id,name,kind,merchant\np,P,cash,m\n",
		"poi_sets.csv":      "poi_id,set_id\na,west\nb,west\na,east\n",
		"districts.geojson": "{\"type\":\"FeatureCollection\",\"features\":[\n {\"type\":\"Feature\",\"properties\":{\"name\":\"区\",\"adcode\":\"1\"},\n\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,0]]]}}]}",
		"tasks.yaml":        "tasks:\n  - id: t\n    title: T\n    merchant: m\n    poi_set: west\n    starts_at: 2027-01-01T00:00:00Z\n    ends_at: 2028-01-01T00:00:00Z\n    prizes: [{prize: p}]\n    quotas: [{prize: p, district: é, units: 5}]\n",
		"quotas.csv":        "units,district,prize,task_id\n7,2,p,other\n7,2,p,t\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sets"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sets", "north.csv"), []byte("poi_id\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		at   poi.Place
		want string
	}{
		{poi.Place{Table: poi.TableMerchants, Key: "m", Field: "name"}, "merchants.csv:2:1"},
		{poi.Place{Table: poi.TableMerchants, Key: "m", Field: "nothing"}, "merchants.csv:2"},
		{poi.Place{Table: poi.TablePrizes, Key: "p", Field: "merchant"}, "prizes.csv:2:10"},
		{poi.Place{Table: poi.TablePrizes, Key: "q"}, "prizes q"},
		{poi.Place{Table: poi.TableSets, Key: "east", Field: "set_id"}, "poi_sets.csv:4:3"},
		{poi.Place{Table: poi.TableSets, Key: "north"}, "sets/north.csv"},
		{poi.Place{Table: poi.TableDistricts, Key: "1", Field: "adcode"}, "districts.geojson:2:54"},
		{poi.Place{Table: poi.TableDistricts, Key: "1"}, "districts.geojson:2:2"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "poi_set"}, "tasks.yaml:5:14"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "sessions[0]"}, "tasks.yaml:2:5"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "quotas[0].district"}, "tasks.yaml:9:35"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "quotas[0].units"}, "tasks.yaml:9:45"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "quotas[1].district"}, "quotas.csv:3:3"},
		{poi.Place{Table: poi.TableTasks, Key: "t", Field: "quotas[2].district"}, "tasks.yaml:9:13"},
		{poi.Place{Table: poi.TablePOIs}, "pois"},
		{poi.Place{File: "pois.csv", Line: 2, Field: "lat"}, "pois.csv:3:8"},
		{poi.Place{File: "pois.csv", Line: 4, Field: "name"}, "pois.csv:4:3"},
		{poi.Place{File: "pois.csv", Line: 9, Field: "name"}, "pois.csv:9"},
		{poi.Place{File: "elsewhere.csv", Line: 9, Field: "name"}, "elsewhere.csv:9"},
	}
	b, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var places []*poi.Place
	for i := range tests {
		at := tests[i].at
		places = append(places, &at)
	}
	if err := b.Locate(context.Background(), places); err != nil {
		t.Fatal(err)
	}
	for i, tt := range tests {
		if got := places[i].String(); got != tt.want {
			t.Errorf("%+v is at %s, want %s", tt.at, got, tt.want)
		}
	}
	if _, err := b.Config(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := b.Rejects().Total(); n != 1 { // the quota of no task
		t.Errorf("%d rejects after places were looked up and the config was read: %v", n, b.Rejects().Kept())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Locate(ctx, []*poi.Place{{Table: poi.TableMerchants, Key: "m"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
