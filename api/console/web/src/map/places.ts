import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";
import type { Drop, Place } from "../wire";
import type { Colour } from "./theme";

// near is the resolution, in units of the map for a pixel, below which places
// have their names.
const near = 2.5;

// Places draws the places of the release as dots.
export class Places {
  readonly source = new VectorSource();
  readonly layer: VectorLayer;
  private drawn = new Map<string, Style>();

  constructor(private readonly colour: () => Colour) {
    this.layer = new VectorLayer({
      source: this.source,
      style: (_, resolution) => this.style(resolution),
      updateWhileAnimating: true,
    });
  }

  show(places: Place[]) {
    this.source.clear();
    this.source.addFeatures(places.map((place) => dot(place.id, place.name, place)));
  }

  // restyle forgets the colours.
  restyle() {
    this.drawn.clear();
  }

  private style(resolution: number): Style {
    const radius = resolution > 60 ? 2 : resolution > 15 ? 3 : 4.5;
    const key = String(radius);
    let style = this.drawn.get(key);
    if (!style) {
      const image = new Circle({
        radius,
        fill: new Fill({ color: this.colour()("place") }),
        stroke: new Stroke({ color: this.colour()("place-rim"), width: 1 }),
      });
      this.drawn.set(key, (style = new Style({ image })));
    }
    return style;
  }
}

// Found draws the drops of an answer, over the places.
export class Found {
  readonly source = new VectorSource();
  readonly layer: VectorLayer;
  private pointed = ""; // poi of the one that is pointed at

  constructor(private readonly colour: () => Colour) {
    this.layer = new VectorLayer({
      source: this.source,
      style: (feature, resolution) =>
        this.style(String(feature.get("name")), feature.getId() === this.pointed, resolution),
      declutter: "found",
      updateWhileAnimating: true,
    });
  }

  show(drops: Drop[]) {
    this.source.clear();
    this.source.addFeatures(drops.map((drop) => dot(drop.poi, drop.name || drop.poi, drop)));
  }

  point(poi: string) {
    this.pointed = poi;
    this.layer.changed();
  }

  private style(name: string, pointed: boolean, resolution: number): Style {
    const colour = this.colour();
    const radius = pointed ? 9 : 6.5;
    const text = new Text({
      text: name,
      font: `${pointed ? 700 : 500} 12px system-ui, sans-serif`,
      textAlign: "left",
      offsetX: radius + 4,
      fill: new Fill({ color: colour("label-found") }),
      stroke: new Stroke({ color: colour("halo"), width: 3 }),
    });
    return new Style({
      zIndex: pointed ? 1 : 0,
      image: new Circle({
        radius,
        declutterMode: "none",
        fill: new Fill({ color: colour(pointed ? "pointed" : "found") }),
        stroke: new Stroke({ color: colour("found-rim"), width: 2 }),
      }),
      text: pointed || resolution < near ? text : undefined,
    });
  }
}

function dot(id: string, name: string, at: { lat: number; lng: number }): Feature {
  const feature = new Feature({ geometry: new Point(fromLonLat([at.lng, at.lat])), name });
  feature.setId(id);
  return feature;
}
