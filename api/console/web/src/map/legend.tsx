import type { Ref } from "preact";
import type { MapData, Release } from "../wire";

interface Props {
  data?: MapData;
  release?: Release;
  box: Ref<HTMLElement>;
}

// Legend says what is drawn, and what is not drawn as it is.
export function Legend({ data, release, box }: Props) {
  const edge = 2 * (release?.grid.radius ?? 2) + 1;
  return (
    <aside class="legend" aria-label="Legend" ref={box}>
      <ul>
        <li><span class="place" /> {data?.tiles ? "Places, larger where more are" : "Place of the release"}</li>
        <li><span class="found" /> Drop seen from where you clicked</li>
        <li><span class="own" /> Cell you clicked</li>
        <li>
          <span class="cells" />
          <span>Window: the {edge} × {edge} cells looked into, deeper where more drops are; its rows shift where bands of the grid meet</span>
        </li>
        <li>
          <span class="border" />
          <span>District, drawn with fewer corners than it has: near its border go by the answer</span>
        </li>
      </ul>
    </aside>
  );
}
