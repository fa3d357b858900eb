package api

import (
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"pgregory.net/rapid"

	"geodrop/api/query"
	"geodrop/poi"
)

func drawPixel(t *rapid.T) query.Pixel {
	const last = query.TileExtent - 1
	return query.Pixel{X: rapid.Uint16Range(0, last).Draw(t, "x"), Y: rapid.Uint16Range(0, last).Draw(t, "y")}
}

// TestTileAsOrb reads tiles with a library that writes them too.
func TestTileAsOrb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tile := &query.Tile{}
		want := mvt.Layers{}
		layer := func(name string) *mvt.Layer {
			want = append(want, &mvt.Layer{Name: name, Version: 2, Extent: query.TileExtent})
			return want[len(want)-1]
		}
		add := func(l *mvt.Layer, p query.Pixel, properties geojson.Properties) {
			f := geojson.NewFeature(orb.Point{float64(p.X), float64(p.Y)})
			f.Properties = properties
			l.Features = append(l.Features, f)
		}
		if n := rapid.IntRange(0, 5).Draw(t, "drops"); n > 0 {
			l := layer("drops")
			for range n {
				d := query.TileDrop{Pixel: drawPixel(t), Tasks: rapid.IntRange(1, 300).Draw(t, "tasks"), Kinds: rapid.SliceOfN(rapid.SampledFrom([]poi.PrizeKind{poi.Cash, poi.Coupon}), 0, 2).Draw(t, "kinds")}
				id, name, kind := rapid.String().Draw(t, "poi"), rapid.String().Draw(t, "name"), rapid.SampledFrom([]string{"", "cafe", "红包"}).Draw(t, "kind")
				d.POI, d.Name, d.Kind = query.Text(id), query.Text(name), query.Text(kind)
				tile.Drops = append(tile.Drops, d)
				var kinds []string
				for _, k := range d.Kinds {
					kinds = append(kinds, string(k))
				}
				properties := geojson.Properties{"poi": id, "name": name, "tasks": float64(d.Tasks), "kinds": strings.Join(kinds, ",")}
				if kind != "" {
					properties["kind"] = kind
				}
				add(l, d.Pixel, properties)
			}
		}
		if n := rapid.IntRange(0, 5).Draw(t, "clusters"); n > 0 {
			l := layer("clusters")
			for range n {
				c := query.Cluster{Pixel: drawPixel(t), Places: rapid.Uint64Range(1, 1<<40).Draw(t, "places")}
				tile.Clusters = append(tile.Clusters, c)
				add(l, c.Pixel, geojson.Properties{"count": float64(c.Places)})
			}
		}
		got, err := mvt.Unmarshal(AppendTile(nil, tile))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// TestTileRepeatsNothing: what many features have is stored once.
func TestTileRepeatsNothing(t *testing.T) {
	tile := &query.Tile{}
	name := strings.Repeat("x", 100)
	for i := range 100 {
		tile.Drops = append(tile.Drops, query.TileDrop{
			Pixel: query.Pixel{X: uint16(i)}, POI: query.Text{byte('a' + i%26), byte('a' + i/26)}, Name: query.Text(name), Kind: query.Text("cafe"), Tasks: 3, Kinds: []poi.PrizeKind{poi.Cash},
		})
	}
	b := AppendTile(nil, tile)
	if n := strings.Count(string(b), name); n != 1 || len(b) > 5000 {
		t.Errorf("%d bytes, the name %d times", len(b), n)
	}
	if b := AppendTile(nil, &query.Tile{}); len(b) != 0 {
		t.Errorf("an empty tile has %d bytes", len(b))
	}
}

// fullTile has as many drops as a tile can.
func fullTile() *query.Tile {
	tile := &query.Tile{}
	for i := range query.MaxTileDrops {
		id := "node-" + strings.Repeat("7", i%10) + string(rune('a'+i%26)) + string(rune('a'+i/26))
		tile.Drops = append(tile.Drops, query.TileDrop{
			Pixel: query.Pixel{X: uint16(i * 4), Y: uint16(i * 3)}, POI: query.Text(id), Name: query.Text("Name of " + id), Kind: query.Text("cafe"), Tasks: 3, Kinds: []poi.PrizeKind{poi.Cash, poi.Coupon},
		})
	}
	return tile
}

// BenchmarkAppendTile is a full tile, beside the library.
func BenchmarkAppendTile(b *testing.B) {
	tile := fullTile()
	b.Run("geodrop", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = AppendTile(buf[:0], tile)
		}
		b.SetBytes(int64(len(buf)))
	})
	b.Run("orb", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l := &mvt.Layer{Name: "drops", Version: 2, Extent: query.TileExtent}
			for i := range tile.Drops {
				d := &tile.Drops[i]
				f := geojson.NewFeature(orb.Point{float64(d.X), float64(d.Y)})
				f.Properties = geojson.Properties{"poi": d.POI.String(), "name": d.Name.String(), "kind": d.Kind.String(), "tasks": d.Tasks, "kinds": "cash,coupon"}
				l.Features = append(l.Features, f)
			}
			if _, err := mvt.Marshal(mvt.Layers{l}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
