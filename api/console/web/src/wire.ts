// What the node answers; /openapi.json says it in full. All text in it was
// written by others: it is shown as text and never becomes markup.

export interface Position {
  lat: number;
  lng: number;
}

export interface Drop extends Position {
  poi: string;
  name: string;
  kind?: string;
  distance_m: number;
  district?: string;
  tasks: string[];
}

export interface Task {
  id: string;
  title: string;
  merchant: string;
  state: string;
  starts_at: string;
  ends_at: string;
  opens_at?: string;
  closes_at?: string;
  claim_radius_m: number;
  prizes: string[];
}

export interface Remaining {
  district: string;
  task: string;
  prize: string;
  quota: number;
  remaining: number;
}

export interface Answer {
  release: string;
  cell: string;
  district: { id: string; name: string } | null;
  drops: Drop[];
  tasks: Task[];
  remaining: Remaining[];
  as_of?: string;
  stale: boolean;
  truncated: boolean;
  next_poll_ms: number;
}

export interface Release {
  id: string;
  serving_since: string;
  source: { kind: string; sequence?: number; digest?: string };
  grid: { cell_m: number; radius: number };
  counts: Record<string, number>;
}

// Cell is a cell of a window: its edges in degrees.
export interface Cell {
  id: string;
  west: number;
  south: number;
  east: number;
  north: number;
}

export interface Window {
  cell: string;
  cells: Cell[];
}

export interface Outline {
  id: string;
  name: string;
  rings: [number, number][][]; // of longitude and latitude
}

export interface Place extends Position {
  id: string;
  name: string;
}

export interface MapData {
  release: string;
  districts: Outline[];
  places: Place[]; // every nth where there are more
  total: number;
  tiles?: string; // address of the tiles to draw instead of places
  attribution: string[];
}

export interface Problem {
  title: string;
  status: number;
  code: string;
  field?: string;
  detail?: string;
  instance?: string;
}
