import type { Release } from "../wire";
import { count } from "../words";

// Start is what the panel says before the first question.
export function Start({ release }: { release?: Release }) {
  return (
    <>
      <h2>What does a phone see here?</h2>
      <p class="hint">
        Click the map, or enter a position: the page asks for the drops around it, as a phone would. On the keyboard, go
        to the map with <kbd>Tab</kbd>, move it with the arrows and look up its middle with <kbd>Enter</kbd>.
      </p>
      {release && <Facts release={release} />}
    </>
  );
}

function Facts({ release: { counts, grid, source } }: { release: Release }) {
  const edge = 2 * grid.radius + 1;
  const facts: [string, string][] = [
    ["Places", count(counts["pois"] ?? 0)],
    ["Tasks", count(counts["tasks"] ?? 0)],
    ["Left out", `${count(counts["screened"] ?? 0)} in zones where nothing may be dropped`],
    ["Window", `${edge} × ${edge} cells of ${grid.cell_m} m`],
    ["Built from", source.digest ? `${source.kind} ${source.digest.slice(0, 8)}` : `${source.kind}, change ${source.sequence ?? 0}`],
  ];
  return (
    <>
      <h3>The release</h3>
      <dl>
        {facts.map(([name, fact]) => [<dt key={name}>{name}</dt>, <dd key={name + "="}>{fact}</dd>])}
      </dl>
    </>
  );
}
