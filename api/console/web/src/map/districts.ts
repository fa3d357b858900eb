import Feature from "ol/Feature";
import MultiPolygon from "ol/geom/MultiPolygon";
import VectorLayer from "ol/layer/Vector";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style, Text } from "ol/style";
import type { Outline } from "../wire";
import type { Colour } from "./theme";

// Districts draws their outlines, and their names on a layer above the places.
export class Districts {
  readonly source = new VectorSource();
  readonly layer: VectorLayer;
  readonly names: VectorLayer;
  private held = ""; // id of the one that is asked about

  constructor(private readonly colour: () => Colour) {
    this.layer = new VectorLayer({
      source: this.source,
      style: (feature) => this.outline(feature.getId() === this.held),
    });
    this.names = new VectorLayer({
      source: this.source,
      style: (feature) => this.label(String(feature.get("name"))),
      declutter: "districts",
    });
  }

  show(outlines: Outline[]) {
    this.source.clear();
    for (const { id, name, rings } of outlines) {
      const shape = new MultiPolygon(rings.map((ring) => [ring.map((vertex) => fromLonLat(vertex))]));
      const feature = new Feature({ geometry: shape, name });
      feature.setId(id);
      this.source.addFeature(feature);
    }
  }

  hold(id: string) {
    this.held = id;
    this.layer.changed();
  }

  private outline(held: boolean): Style {
    const colour = this.colour();
    return new Style({
      zIndex: held ? 1 : 0,
      fill: new Fill({ color: colour(held ? "district-held" : "district") }),
      stroke: new Stroke({ color: colour(held ? "border-held" : "border"), width: held ? 2 : 1 }),
    });
  }

  private label(name: string): Style {
    const colour = this.colour();
    return new Style({
      text: new Text({
        text: name,
        font: "600 11px system-ui, sans-serif",
        fill: new Fill({ color: colour("label") }),
        stroke: new Stroke({ color: colour("halo"), width: 3 }),
      }),
    });
  }
}
