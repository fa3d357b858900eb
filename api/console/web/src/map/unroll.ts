// The land is drawn for globes: a ring that crosses the antimeridian jumps from
// 180 to -180, and that of Antarctica goes around the pole. On a plane such
// rings would cut across all of the map.

export type Ring = [lng: number, lat: number][];

// unrolled are polygons for a plane that cover the same of -180…180. What
// reaches beyond the antimeridian is there twice, once on each side.
export function unrolled(rings: Ring[]): Ring[][] {
  const plain = rings.map(unroll);
  const lngs = plain.flatMap((ring) => ring.map(([lng]) => lng));
  const copies = [plain];
  if (lngs.some((lng) => lng > 180)) copies.push(plain.map((ring) => moved(ring, -360)));
  if (lngs.some((lng) => lng < -180)) copies.push(plain.map((ring) => moved(ring, 360)));
  return copies;
}

function unroll(ring: Ring): Ring {
  let turn = 0;
  let before = ring[0]?.[0] ?? 0;
  const out = ring.map(([lng, lat]): [number, number] => {
    if (lng - before > 180) turn -= 360;
    if (lng - before < -180) turn += 360;
    before = lng;
    return [lng + turn, lat];
  });
  const [first, last] = [out[0], out.at(-1)];
  if (turn !== 0 && first && last) {
    const pole = first[1] < 0 ? -90 : 90;
    out.push([last[0], pole], [first[0], pole], first);
  }
  return out;
}

function moved(ring: Ring, by: number): Ring {
  return ring.map(([lng, lat]) => [lng + by, lat]);
}
