import MVT from "ol/format/MVT";
import VectorTileLayer from "ol/layer/VectorTile";
import VectorTileSource from "ol/source/VectorTile";
import { Circle, Fill, Stroke, Style } from "ol/style";
import type { Colour } from "./theme";

// deepest is the zoom from which on tiles are stretched: of a drop nothing more
// is to be seen.
const deepest = 16;

// Tiles draws the drops of releases that are too large to have all of their
// places in one answer: how many from afar, each from near.
export class Tiles {
  readonly layer: VectorTileLayer;

  constructor(private readonly colour: () => Colour) {
    this.layer = new VectorTileLayer({
      visible: false,
      style: (feature) => (feature.get("layer") === "clusters" ? this.cluster(Number(feature.get("count"))) : this.drop()),
    });
  }

  // show draws the tiles of an address, or none.
  show(url: string | undefined) {
    this.layer.setVisible(url !== undefined);
    this.layer.setSource(url === undefined ? null : new VectorTileSource({ url, format: new MVT(), maxZoom: deepest }));
  }

  private drop(): Style {
    const fill = new Fill({ color: this.colour()("place") });
    const stroke = new Stroke({ color: this.colour()("place-rim"), width: 1 });
    return new Style({ image: new Circle({ radius: 4, fill, stroke }) });
  }

  // cluster is larger where more is; there are up to 32 of them along a tile of
  // 512 pixels.
  private cluster(count: number): Style {
    const radius = Math.min(2.5 + 1.5 * Math.log10(count), 8);
    return new Style({ image: new Circle({ radius, fill: new Fill({ color: this.colour()("cluster") }) }) });
  }
}
