import type { Served } from "../release";
import { at, count } from "../words";

// Header says which release is served, and how the node is.
export function Header({ served }: { served: Served }) {
  return (
    <header>
      <h1>
        <span class="mark" aria-hidden="true" />
        geodrop
      </h1>
      <Status served={served} />
      <nav aria-label="Of this node">
        <a href="/openapi.json">OpenAPI</a>
        <a href="/readyz">State</a>
        <a href="/metrics">Metrics</a>
      </nav>
    </header>
  );
}

function Status({ served: { release, map, refusal } }: { served: Served }) {
  if (!release && !refusal) return <p class="status"><span class="light waiting" /> Asking for the release…</p>;
  const light = refusal ? "failing" : "ok";
  return (
    <p class="status" role="status">
      <span class={`light ${light}`} aria-hidden="true" />
      {refusal && <strong>{refusal.problem.title}</strong>}
      {release && (
        <>
          <span class="id" title="Release">{release.id}</span>
          <span class="more">
            {map && `${count(map.total, "place")} in ${count(map.districts.length, "district")}`}
            {map && !map.tiles && map.places.length < map.total && `, ${count(map.places.length, "place")} drawn`}
            {` · since ${at(release.serving_since)}`}
          </span>
        </>
      )}
    </p>
  );
}
