import Feature from "ol/Feature";
import TopoJSON from "ol/format/TopoJSON";
import MultiPolygon from "ol/geom/MultiPolygon";
import Polygon from "ol/geom/Polygon";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style } from "ol/style";
import land from "world-atlas/land-50m.json";
import { unrolled, type Ring } from "./unroll";
import type { Colour } from "./theme";

// basemap is the land of the Earth, of Natural Earth, from the node itself.
export function basemap(colour: () => Colour): VectorLayer {
  const source = new VectorSource({
    loader: (_extent, _resolution, _projection, success, failure) => {
      fetchLand().then((features) => {
        source.addFeatures(features);
        success?.(features);
      }, failure);
    },
  });
  return new VectorLayer({
    source,
    style: () =>
      new Style({
        fill: new Fill({ color: colour()("land") }),
        stroke: new Stroke({ color: colour()("shore"), width: 1 }),
      }),
  });
}

async function fetchLand(): Promise<Feature[]> {
  const response = await fetch(land);
  if (!response.ok) throw new Error(`${land}: status ${response.status}`);
  const shapes = new TopoJSON().readFeatures(await response.json()).map((feature) => feature.getGeometry());
  return shapes.flatMap((shape) => (shape instanceof MultiPolygon ? polygons(shape) : [])).map((geometry) => new Feature(geometry));
}

function polygons(shape: MultiPolygon): Polygon[] {
  return shape
    .getCoordinates()
    .flatMap((rings) => unrolled(rings as Ring[]))
    .map((rings) => new Polygon(rings).transform("EPSG:4326", "EPSG:3857") as Polygon);
}
