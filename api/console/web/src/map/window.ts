import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import { fromExtent } from "ol/geom/Polygon";
import VectorLayer from "ol/layer/Vector";
import { fromLonLat, transformExtent } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style } from "ol/style";
import type { Cell, Drop, Position } from "../wire";
import type { Colour } from "./theme";

// WindowLayer draws the cells that a lookup looks into, deeper where more drops
// are, and the position in the middle of them.
export class WindowLayer {
  readonly source = new VectorSource();
  readonly layer: VectorLayer;

  constructor(private readonly colour: () => Colour) {
    this.layer = new VectorLayer({
      source: this.source,
      style: (feature) => (feature.get("kind") === "probe" ? this.probe() : this.cell(Number(feature.get("depth")), feature.get("kind") === "own")),
      updateWhileAnimating: true,
    });
  }

  show(at: Position | undefined, cells: Cell[], own: string, drops: Drop[]) {
    this.source.clear();
    for (const cell of cells) {
      const held = drops.filter((drop) => holds(cell, drop)).length;
      const geometry = fromExtent(transformExtent([cell.west, cell.south, cell.east, cell.north], "EPSG:4326", "EPSG:3857"));
      this.source.addFeature(new Feature({ geometry, kind: cell.id === own ? "own" : "cell", depth: Math.min(held, 4) }));
    }
    if (at) this.source.addFeature(new Feature({ geometry: new Point(fromLonLat([at.lng, at.lat])), kind: "probe" }));
  }

  private cell(depth: number, own: boolean): Style {
    return new Style({
      zIndex: own ? 1 : 0,
      fill: new Fill({ color: this.colour()(`cell-${depth}`) }),
      stroke: new Stroke({ color: this.colour()(own ? "cell-own" : "cell-edge"), width: own ? 2.5 : 1 }),
    });
  }

  private probe(): Style[] {
    const ring = (radius: number, color: string, width: number) =>
      new Style({ zIndex: 2, image: new Circle({ radius, stroke: new Stroke({ color, width }) }) });
    const middle = new Style({ zIndex: 2, image: new Circle({ radius: 2.5, fill: new Fill({ color: this.colour()("probe") }) }) });
    return [ring(9, this.colour()("halo"), 5), ring(9, this.colour()("probe"), 2.5), middle];
  }
}

function holds(cell: Cell, { lat, lng }: Position): boolean {
  return cell.south <= lat && lat < cell.north && cell.west <= lng && lng < cell.east;
}
