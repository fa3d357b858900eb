package api

import (
	"google.golang.org/protobuf/encoding/protowire"

	"geodrop/api/query"
)

// The layers of a tile, and the version of the specification that it is of.
const (
	dropLayer    = "drops"
	clusterLayer = "clusters"
	tileVersion  = 2
)

// The numbers of the fields of a Mapbox vector tile (vector_tile.proto, 2.1).
const (
	tileLayers protowire.Number = 3

	layerName     protowire.Number = 1
	layerFeatures protowire.Number = 2
	layerKeys     protowire.Number = 3
	layerValues   protowire.Number = 4
	layerExtent   protowire.Number = 5
	layerVersion  protowire.Number = 15

	featureTags     protowire.Number = 2
	featureType     protowire.Number = 3
	featureGeometry protowire.Number = 4

	valueText protowire.Number = 1
	valueUint protowire.Number = 5
)

const (
	pointType = 1
	moveTo    = 1<<3 | 1 // once
)

// AppendTile appends the Mapbox vector tile of a tile; a layer without features
// is left out, so that an empty tile has no bytes.
//
//	drops      poi, name, kind (if any), tasks (number), kinds ("cash,coupon")
//	clusters   count (of places)
//
// Points are within the tile and in no other: there is no buffer, which drawings
// of points have no need of and which would count some twice.
//
// It is written by hand since the library for it draws in an abandoned encoder
// and a database driver; tests read what it writes with that library.
func AppendTile(b []byte, t *query.Tile) []byte {
	if len(t.Drops) > 0 {
		l := newTileLayer("poi", "name", "kind", "tasks", "kinds")
		b = l.append(b, dropLayer, len(t.Drops), func(i int) { l.drop(&t.Drops[i]) })
	}
	if len(t.Clusters) > 0 {
		l := newTileLayer("count")
		b = l.append(b, clusterLayer, len(t.Clusters), func(i int) { l.cluster(&t.Clusters[i]) })
	}
	return b
}

// tileLayer is a layer that is being written. Its features refer to keys and
// values by their places in two lists.
type tileLayer struct {
	keys   []string
	values []byte            // fields of the layer
	count  uint64            // of values
	places map[string]uint64 // of those that may come again

	pixel query.Pixel // of the feature
	tags  []uint64
	value []byte
	kinds []byte
}

func newTileLayer(keys ...string) *tileLayer {
	return &tileLayer{keys: keys, places: map[string]uint64{}}
}

// append appends the layer, whose features are told one after another.
func (l *tileLayer) append(b []byte, name string, features int, tell func(i int)) []byte {
	b, layer := openMessage(b, tileLayers)
	b = messageText(b, layerName, name)
	for i := range features {
		l.tags = l.tags[:0]
		tell(i)
		b = l.feature(b)
	}
	for _, key := range l.keys {
		b = messageText(b, layerKeys, key)
	}
	b = append(b, l.values...)
	b = messageInt(b, layerExtent, query.TileExtent)
	return closeMessage(messageInt(b, layerVersion, tileVersion), layer)
}

// feature appends the point that was told.
func (l *tileLayer) feature(b []byte) []byte {
	b, feature := openMessage(b, layerFeatures)
	b, list := openMessage(b, featureTags)
	for _, tag := range l.tags {
		b = protowire.AppendVarint(b, tag)
	}
	b = closeMessage(b, list)
	b = messageInt(b, featureType, pointType)
	b, list = openMessage(b, featureGeometry)
	b = protowire.AppendVarint(b, moveTo)
	b = protowire.AppendVarint(b, protowire.EncodeZigZag(int64(l.pixel.X)))
	b = protowire.AppendVarint(b, protowire.EncodeZigZag(int64(l.pixel.Y)))
	return closeMessage(closeMessage(b, list), feature)
}

func (l *tileLayer) drop(d *query.TileDrop) {
	l.pixel = d.Pixel
	l.value = messageItem(l.value[:0], valueText, d.POI)
	l.tags = append(l.tags, 0, l.add()) // no other has this one
	l.text(1, d.Name)
	if len(d.Kind) > 0 {
		l.text(2, d.Kind)
	}
	l.number(3, uint64(d.Tasks))
	kinds := l.kinds[:0]
	for i, kind := range d.Kinds {
		if i > 0 {
			kinds = append(kinds, ',')
		}
		kinds = append(kinds, kind...)
	}
	l.kinds = kinds
	l.text(4, kinds)
}

func (l *tileLayer) cluster(c *query.Cluster) {
	l.pixel = c.Pixel
	l.number(0, c.Places)
}

func (l *tileLayer) text(key uint64, s query.Text) {
	l.value = messageItem(l.value[:0], valueText, s)
	l.tag(key)
}

func (l *tileLayer) number(key, n uint64) {
	l.value = protowire.AppendVarint(protowire.AppendTag(l.value[:0], valueUint, protowire.VarintType), n)
	l.tag(key)
}

// tag gives the feature l.value, which is stored once.
func (l *tileLayer) tag(key uint64) {
	place, ok := l.places[string(l.value)]
	if !ok {
		place = l.add()
		l.places[string(l.value)] = place
	}
	l.tags = append(l.tags, key, place)
}

// add stores l.value and returns its place.
func (l *tileLayer) add() uint64 {
	l.values = protowire.AppendTag(l.values, layerValues, protowire.BytesType)
	l.values = protowire.AppendBytes(l.values, l.value)
	l.count++
	return l.count - 1
}
