import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Probe } from "../probe";
import type { MapData, Release } from "../wire";
import { Legend } from "./legend";
import { PlaceMap, type Listener } from "./placemap";

interface Props {
  data?: MapData;
  release?: Release;
  probe: Probe;
  pointed: string;
  listener: Pick<Listener, "probe" | "point">;
}

// MapView keeps the map in step with the state of the page, in the order of its
// changes.
export function MapView({ data, release, probe, pointed, listener }: Props) {
  const target = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLElement>(null);
  const map = useRef<PlaceMap>(undefined);
  const latest = useRef(listener);
  latest.current = listener;

  useLayoutEffect(() => {
    const made = new PlaceMap(target.current!, {
      probe: (at) => latest.current.probe(at),
      point: (poi) => latest.current.point(poi),
      covered: () => coveredBy(legend.current),
    });
    map.current = made;
    return () => made.destroy();
  }, []);
  useLayoutEffect(() => {
    if (data) map.current?.showRelease(data);
  }, [data]);
  useLayoutEffect(() => map.current?.showAnswer(probe.at, probe.cells, probe.answer), [probe]);
  useLayoutEffect(() => map.current?.point(probe.answer?.drops.find((drop) => drop.poi === pointed)), [pointed, probe]);

  return (
    <div class="mapped">
      <section class="map" aria-label="Map">
        <div
          class="canvas"
          ref={target}
          tabIndex={0}
          role="application"
          aria-label="Map of the release. Arrow keys pan, plus and minus zoom, Enter looks up the middle."
        />
        <div class="cross" aria-hidden="true" />
        <Buttons map={map} />
        <p class="credit">
          Land: Natural Earth{data?.attribution.map((line) => ` · ${line}`)} · <a href="/ui/LICENSES.txt">Licences</a>
        </p>
      </section>
      <Legend data={data} release={release} box={legend} />
    </div>
  );
}

// coveredBy is how far a legend reaches into the map from the left. On a narrow
// screen it stands below.
function coveredBy(legend: HTMLElement | null): number {
  if (!legend || getComputedStyle(legend).position !== "absolute") return 0;
  return legend.offsetLeft + legend.offsetWidth;
}

function Buttons({ map }: { map: RefObject<PlaceMap | undefined> }) {
  return (
    <div class="buttons">
      <button type="button" title="Zoom in" aria-label="Zoom in" onClick={() => map.current?.zoom(1)}>
        +
      </button>
      <button type="button" title="Zoom out" aria-label="Zoom out" onClick={() => map.current?.zoom(-1)}>
        −
      </button>
      <button type="button" title="Show all of the release" aria-label="Show all of the release" onClick={() => map.current?.showAll()}>
        ⤢
      </button>
    </div>
  );
}
