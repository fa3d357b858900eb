import ScaleLine from "ol/control/ScaleLine";
import { boundingExtent, isEmpty, type Extent } from "ol/extent";
import type Feature from "ol/Feature";
import type Point from "ol/geom/Point";
import { defaults } from "ol/interaction/defaults";
import KeyboardPan from "ol/interaction/KeyboardPan";
import KeyboardZoom from "ol/interaction/KeyboardZoom";
import OLMap from "ol/Map";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import { fromLonLat, toLonLat, transformExtent } from "ol/proj";
import type VectorSource from "ol/source/Vector";
import View from "ol/View";
import type { Answer, Cell, Drop, MapData, Position } from "../wire";
import { wrapped } from "../words";
import { basemap } from "./basemap";
import { Districts } from "./districts";
import { Found, Places } from "./places";
import { Tiles } from "./tiles";
import { calm, colours, onThemeChange } from "./theme";
import { WindowLayer } from "./window";

export interface Listener {
  probe: (at: Position) => void;
  point: (poi: string) => void; // at a drop; empty for none
  covered: () => number; // pixels of the map, from the left, that something lies upon
}

// beside is how much room the buttons take where the map is large, in pixels.
const beside = 36;

// reach is how near the pointer has to come to a dot, in pixels.
const reach = 9;

const world = transformExtent([-170, -58, 170, 75], "EPSG:4326", "EPSG:3857");

// PlaceMap is the map: what it draws it is told, where it was clicked it tells.
export class PlaceMap {
  private colour = colours();
  private readonly land = basemap(() => this.colour);
  private readonly districts = new Districts(() => this.colour);
  private readonly places = new Places(() => this.colour);
  private readonly tiles = new Tiles(() => this.colour);
  private readonly window = new WindowLayer(() => this.colour);
  private readonly found = new Found(() => this.colour);
  private readonly map: OLMap;
  private readonly tip: HTMLElement;
  private readonly unwatch: () => void;
  private readonly resized: ResizeObserver;
  private whole: Extent = world;
  private pointed = ""; // poi of the drop under the pointer

  constructor(private readonly target: HTMLElement, private readonly listener: Listener) {
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    target.append(this.tip);
    this.map = new OLMap({
      target,
      controls: [new ScaleLine()],
      interactions: interactions(),
      layers: [this.land, this.districts.layer, this.window.layer, this.places.layer, this.tiles.layer, this.districts.names, this.found.layer],
      view: new View({ maxZoom: 20, constrainResolution: false, enableRotation: false }),
    });
    this.map.getView().fit(world);
    this.map.on("singleclick", (event) => this.clicked(event));
    this.map.on("pointermove", (event) => this.moved(event));
    this.map.on("movestart", this.left);
    this.map.on("rendercomplete", () => target.setAttribute("data-drawn", ""));
    target.addEventListener("keydown", this.pressed);
    target.addEventListener("pointerleave", this.left);
    this.unwatch = onThemeChange(() => this.restyle());
    // OpenLayers draws a frame later: until then the map would end where it did.
    this.resized = new ResizeObserver(() => {
      this.map.updateSize();
      this.map.renderSync();
    });
    this.resized.observe(target);
  }

  destroy() {
    this.unwatch();
    this.resized.disconnect();
    this.target.removeEventListener("keydown", this.pressed);
    this.target.removeEventListener("pointerleave", this.left);
    this.tip.remove();
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  // showRelease draws districts, and places or tiles, and moves to where they are
  // if none were there.
  showRelease(data: MapData) {
    const first = this.places.source.isEmpty() && this.districts.source.isEmpty();
    this.districts.show(data.districts);
    this.places.show(data.places);
    this.places.layer.setVisible(!data.tiles);
    this.tiles.show(data.tiles);
    this.whole = this.extent();
    if (first) this.fit(this.whole, 0);
  }

  showAnswer(at: Position | undefined, cells: Cell[], answer: Answer | undefined) {
    const drops = answer?.drops ?? [];
    this.window.show(at, cells, answer?.cell ?? "", drops);
    this.found.show(drops);
    this.districts.hold(answer?.district?.id ?? "");
    if (at && cells.length > 0) this.reveal(at, cells);
  }

  point(drop: Drop | undefined) {
    this.found.point(drop?.poi ?? "");
  }

  zoom(by: number) {
    const view = this.map.getView();
    view.animate({ zoom: (view.getZoom() ?? 0) + by, duration: duration() });
  }

  showAll() {
    this.fit(this.whole, duration());
  }

  private extent(): Extent {
    const places = this.places.source.getExtent();
    if (places && !isEmpty(places)) return places.slice();
    const districts = this.districts.source.getExtent();
    return districts && !isEmpty(districts) ? districts.slice() : world;
  }

  private fit(extent: Extent, ms: number, left = 0) {
    this.map.getView().cancelAnimations(); // such as of the arrow keys, which would go on
    this.map.getView().fit(extent, { padding: [28, 28 + (left && beside), 36, 28 + left], maxZoom: 16, duration: ms });
  }

  // reveal brings the window into sight where it is outside, or too small to see.
  private reveal(at: Position, cells: Cell[]) {
    const view = this.map.getView();
    const size = this.map.getSize() ?? [1, 1];
    const middle = fromLonLat([at.lng, at.lat]);
    const extent = boundingExtent(cells.flatMap((c) => [fromLonLat([c.west, c.south]), fromLonLat([c.east, c.north])]));
    if (extent[2]! - extent[0]! > world[2]!) return; // it goes around a pole or the antimeridian
    const pixels = (extent[3]! - extent[1]!) / (view.getResolution() ?? 1);
    const inside = view.calculateExtent(size);
    const [x, y] = [middle[0]!, middle[1]!];
    const seen = inside[0]! < x && x < inside[2]! && inside[1]! < y && y < inside[3]!;
    if (seen && pixels > 150) return;
    this.fit(extent, duration(), this.listener.covered());
  }

  private restyle() {
    this.colour = colours();
    this.places.restyle();
    this.map.getAllLayers().forEach((layer) => layer.changed());
  }

  private clicked(event: MapBrowserEvent) {
    const [lng, lat] = toLonLat(event.coordinate) as [number, number];
    this.listener.probe({ lat, lng: wrapped(lng) });
  }

  // pressed looks up the middle of the map, where the cross is while the map has
  // the focus. OpenLayers pans and zooms with arrows, + and -.
  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const [lng, lat] = toLonLat(this.map.getView().getCenter() ?? [0, 0]) as [number, number];
    this.listener.probe({ lat, lng: wrapped(lng) });
  };

  private readonly left = () => this.name("", [0, 0], "");

  private moved(event: MapBrowserEvent) {
    if (event.dragging) return;
    const drop = this.under(event, this.found.source);
    const shown = drop ?? (this.places.layer.getVisible() ? this.under(event, this.places.source) : undefined);
    this.name(String(shown?.get("name") ?? ""), event.pixel as [number, number], String(drop?.getId() ?? ""));
  }

  // under is the dot at the pointer.
  private under(event: MapBrowserEvent, source: VectorSource): Feature | undefined {
    const nearest = source.getClosestFeatureToCoordinate(event.coordinate);
    const point = nearest?.getGeometry() as Point | undefined;
    const pixel = point && this.map.getPixelFromCoordinate(point.getCoordinates());
    if (!pixel) return undefined;
    return Math.hypot(pixel[0]! - event.pixel[0]!, pixel[1]! - event.pixel[1]!) <= reach ? (nearest ?? undefined) : undefined;
  }

  // name shows the name of what is under the pointer.
  private name(name: string, [x, y]: [number, number], poi: string) {
    this.tip.hidden = name === "";
    this.tip.textContent = name;
    this.tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(-50%, calc(-100% - 12px))`;
    if (poi === this.pointed) return;
    this.pointed = poi;
    this.listener.point(poi);
  }
}

function interactions() {
  const ms = duration();
  const keys = [new KeyboardPan({ duration: Math.min(ms, 100) }), new KeyboardZoom({ duration: Math.min(ms, 100) })];
  return defaults({ keyboard: false, zoomDuration: ms }).extend(keys);
}

function duration(): number {
  return calm() ? 0 : 350;
}
