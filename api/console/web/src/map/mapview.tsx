import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Probe } from "../probe";
import type { MapData } from "../wire";
import { PlaceMap, type Listener } from "./placemap";

interface Props {
  data?: MapData;
  probe: Probe;
  pointed: string;
  listener: Listener;
}

// MapView keeps the map in step with the state of the page, in the order of its
// changes.
export function MapView({ data, probe, pointed, listener }: Props) {
  const target = useRef<HTMLDivElement>(null);
  const map = useRef<PlaceMap>(undefined);
  const latest = useRef(listener);
  latest.current = listener;

  useLayoutEffect(() => {
    const made = new PlaceMap(target.current!, {
      probe: (at) => latest.current.probe(at),
      point: (poi) => latest.current.point(poi),
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
  );
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
