// The TypeScript client of geodrop, generated from its OpenAPI document: change
// that, not this. It needs fetch, which browsers have, and Node from version 18 on.
//
//     const client = new Client({ url: "https://drops.example.com" });
//     const answer = await client.postLookup({ lat: 51.5145, lng: -0.127 });
//
// What a node refuses is thrown as a ProblemError, with a code to branch on; a node
// that cannot be reached is a ConnectionError. What may pass is tried again before.

/** Fields that are not listed are ignored. A listed field twice is `duplicate_key`; null is as if it were absent. */
export interface Lookup {
  /** Degrees north. -0 is 0. */
  lat: number;
  /** Degrees east. */
  lng: number;
  /** Datum of lat and lng. */
  crs?: "wgs84" | "gcj02" | "bd09";
  /** Drops at most; the nearest are kept. */
  limit?: number;
  /** Order of the drops: nearest first, or from cell to cell. */
  sort?: "distance" | "index";
  /** Only tasks with a prize of one of these kinds. */
  kinds?: Array<string>;
  /** Who asks. */
  user?: string;
  /** Time of the answer. For operators. */
  at?: string;
  /** Tasks in every state. For operators. */
  preview?: boolean;
  /** Id of a release that the node has beside the one it serves. For operators. */
  release?: string;
  /** Whose eyes the answer is for: testers also see what will open, operators tasks in every state. Other than player, for operators. */
  as?: "player" | "tester" | "operator";
}

export interface Answer {
  /** Id of the release that answered. */
  release: string;
  /** Cell of the position, for /v1/cells/{cell}. */
  cell: string;
  /** Of the position; null outside all districts. */
  district: District | null;
  drops: Array<Drop>;
  /** Each that occurs in drops, by priority, then by id. */
  tasks: Array<Task>;
  /** Empty where no collector counts. */
  remaining: Array<Remaining>;
  /** When the answer was so. Absent from answers with an ETag that have no counts: their bytes do not depend on when they were asked for. */
  as_of?: string;
  /** The counts are older than they should be. */
  stale: boolean;
  /** There were more drops than limit. */
  truncated: boolean;
  /** When any task or zone changes next; absent for never. */
  next_change?: string;
  /** When to ask again, in milliseconds. */
  next_poll_ms: number;
}

export interface District {
  /** Adcode. */
  id: string;
  name: string;
}

export interface Drop {
  /** Id of the POI. */
  poi: string;
  name: string;
  kind?: string;
  lat: number;
  lng: number;
  /** From the position, in metres. */
  distance_m: number;
  /** Adcode; absent outside all districts. */
  district?: string;
  tasks: Array<string>;
}

export interface Task {
  id: string;
  title: string;
  /** Name of the merchant. */
  merchant: string;
  state: "upcoming" | "active" | "between_sessions" | "exhausted" | "paused" | "ended";
  /** Begin of the task. */
  starts_at: string;
  /** End of the task. */
  ends_at: string;
  /** When the next session starts; absent while one is open, and for ever. */
  opens_at?: string;
  /** When the present session, or else the next, ends. */
  closes_at?: string;
  claim_radius_m: number;
  prizes: Array<string>;
}

export interface Remaining {
  district: string;
  task: string;
  prize: string;
  quota: number;
  remaining: number;
}

export interface TaskAnswer {
  release: string;
  task: Task;
  /** Its drops are in the answers of players. */
  visible: boolean;
  /** Time of the state. */
  as_of: string;
  /** When state or visible changes next; absent for never. */
  next_change?: string;
}

export interface Release {
  id: string;
  sequence: number;
  /** By this node. */
  serving_since: string;
  source: {
    kind: string;
    sequence?: number;
    digest?: string;
  };
  grid: {
    cell_m: number;
    radius: number;
  };
  counts: Record<string, number>;
  segments: number;
  bytes: number;
}

export interface Readiness {
  status: "ready" | "no_release" | "stopping";
  release?: string;
  /** What the node works with. None of them takes it out of service: it answers from what it has. */
  checks: Array<{
    name: string;
    state: "ok" | "working" | "failing";
    /** Of what is wrong: a stable word, such as timeout, schema_too_new or shrink. More may come. */
    class?: string;
    /** What it does, or what is wrong, for people. */
    detail?: string;
    /** Since when it is in this state. */
    since?: string;
    /** When it last did what it is for. Of releases: when what is served was last known to be what the config says. */
    last?: string;
  }>;
}

/** RFC 9457. It never tells a position. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** Stable: a client may branch on it. */
  code: "invalid_json" | "invalid_protobuf" | "invalid_utf8" | "too_deep" | "duplicate_key" | "missing_field" | "invalid_type" | "invalid_value" | "coordinate_out_of_range" | "invalid_cell" | "invalid_tile" | "unauthorized" | "operator_only" | "not_found" | "task_not_found" | "method_not_allowed" | "not_acceptable" | "request_timeout" | "body_too_large" | "unsupported_media_type" | "internal" | "no_release" | "release_damaged" | "overloaded" | "not_ready";
  /** Of the body, or parameter. */
  field?: string;
  /** What is wrong and what to do. */
  detail?: string;
  /** Id of the request, also in X-Request-Id. */
  instance?: string;
}

/** Options of a client; only the URL is required. */
export interface ClientOptions {
  /** Of the node, such as https://drops.example.com. */
  url: string;
  /** Of an operator. */
  token?: string;
  /** Of an attempt, in milliseconds; default 10,000. */
  timeout?: number;
  /** Attempts at most; default 4. */
  attempts?: number;
  /** Most milliseconds before the second attempt, doubled for each after it; default 200. */
  firstPause?: number;
  /** Most milliseconds between attempts; default 10,000. */
  longPause?: number;
  /** Most milliseconds that Retry-After may ask for; beyond it the error comes at once; default 60,000. */
  longWait?: number;
  /** Most bytes of an answer; default 16 MiB. */
  maxBytes?: number;
  /** Default: that of the platform. */
  fetch?: typeof fetch;
  /** Resolves after some milliseconds; for tests. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 up to 1; for tests. */
  random?: () => number;
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the call, its attempts and its pauses. */
  signal?: AbortSignal;
}

/** An answer with another status than 2xx, after as many attempts as it was worth. */
export class ProblemError extends Error {
  constructor(
    /** Has the code to branch on, which is missing where something between client and node answered. */
    readonly problem: Partial<Problem> & { status: number },
    readonly attempts: number,
    /** What the node asked for last, in milliseconds; 0 for nothing. */
    readonly retryAfter: number,
  ) {
    super(problem.code === undefined ? `status ${problem.status}` : [problem.code, problem.field, problem.detail].filter(Boolean).join(": "));
    this.name = "ProblemError";
  }

  /** The code of the problem. */
  get code(): Problem["code"] | undefined {
    return this.problem.code;
  }
}

/** The node could not be asked, or its answer did not come to its end. */
export class ConnectionError extends Error {
  constructor(readonly reason: unknown) {
    // Not the address, which may tell where somebody is.
    super(reason instanceof Error && reason.name === "TimeoutError" ? "no answer in time" : "the node cannot be reached");
    this.name = "ConnectionError";
  }
}

interface Call {
  method: string;
  path: string;
  as: "json" | "text" | "bytes";
  query?: Record<string, unknown>;
  body?: unknown;
  also?: number;
}

/** A part of a path, in which no slash and no dots lead elsewhere. */
function part(value: string | number): string {
  const text = String(value);
  return text === "." || text === ".." ? text.replace(/\./g, "%2E") : encodeURIComponent(text);
}

/** The options that are set: one that is undefined stands for the default. */
function given(options: ClientOptions): ClientOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as ClientOptions;
}

/** Makes calls, again where that may help. */
class Caller {
  private readonly settings: Required<Omit<ClientOptions, "token">> & { token?: string };

  constructor(options: ClientOptions) {
    const url = new URL(options.url);
    if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username || url.password || url.search || url.hash) {
      throw new TypeError("url is not an address such as https://drops.example.com");
    }
    this.settings = {
      timeout: 10_000, attempts: 4, firstPause: 200, longPause: 10_000, longWait: 60_000, maxBytes: 16 << 20,
      fetch: (input, init) => fetch(input, init), sleep, random: Math.random,
      ...given(options),
      url: url.href.replace(/\/+$/, ""),
    };
  }

  /** Waits; rejects when the signal comes first. */
  protected wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.settings.sleep(milliseconds, signal);
  }

  protected random(): number {
    return this.settings.random();
  }

  protected async call<T>(call: Call, options: CallOptions): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      let failure: ProblemError | ConnectionError;
      try {
        const reply = await this.attempt(call, options.signal);
        if (reply.status === 200 || reply.status === call.also) {
          return read(call.as, reply.body) as T;
        }
        failure = failureOf(reply, attempt);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof ConnectionError)) {
          throw error;
        }
        failure = error;
      }
      const pause = this.pause(attempt, failure);
      if (attempt >= this.settings.attempts || pause === undefined) {
        throw failure;
      }
      await this.wait(pause, options.signal);
    }
  }

  /** How long to wait before another attempt; undefined when there is to be none. */
  private pause(attempts: number, failure: ProblemError | ConnectionError): number | undefined {
    let asked = 0;
    if (failure instanceof ProblemError) {
      asked = failure.retryAfter;
      if (![429, 502, 503, 504].includes(failure.problem.status) || asked > this.settings.longWait) {
        return undefined;
      }
    }
    return asked + this.random() * Math.min(this.settings.firstPause * 2 ** (attempts - 1), this.settings.longPause);
  }

  private async attempt(call: Call, signal?: AbortSignal): Promise<Reply> {
    const { settings } = this;
    const ends = new AbortController();
    const end = () => ends.abort(signal?.reason);
    signal?.addEventListener("abort", end);
    const timer = setTimeout(() => ends.abort(new DOMException("no answer in time", "TimeoutError")), settings.timeout);
    try {
      const headers: Record<string, string> = { Accept: call.as === "json" ? "application/json" : "*/*" };
      if (settings.token !== undefined) {
        headers["Authorization"] = `Bearer ${settings.token}`;
      }
      if (call.body !== undefined) {
        headers["Content-Type"] = "application/json";
      }
      const response = await settings.fetch(settings.url + call.path + search(call.query), {
        method: call.method, headers, redirect: "manual", signal: ends.signal,
        body: call.body === undefined ? null : JSON.stringify(call.body),
      });
      return { status: response.status, headers: response.headers, body: await bounded(response, settings.maxBytes) };
    } catch (error) {
      throw error instanceof RangeError ? error : new ConnectionError(ends.signal.aborted ? ends.signal.reason : error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }
}

interface Reply {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** The body of a response, which may have so many bytes. */
async function bounded(response: Response, most: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    length += next.value.length;
    if (length > most) {
      await reader?.cancel();
      throw new RangeError(`the answer has more than ${most} bytes`);
    }
    parts.push(next.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

function read(as: Call["as"], body: Uint8Array): unknown {
  if (as === "bytes") {
    return body.buffer;
  }
  const text = new TextDecoder().decode(body);
  return as === "text" ? text : JSON.parse(text);
}

function search(query: Record<string, unknown> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    // A list of nothing restricts nothing, as in a body.
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) {
      parameters.set(name, Array.isArray(value) ? value.join(",") : String(value));
    }
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function failureOf(reply: Reply, attempts: number): ProblemError {
  let problem: Partial<Problem> = {};
  if (/^application\/problem\+json\s*(;|$)/i.test(reply.headers.get("Content-Type") ?? "")) {
    try {
      problem = { ...(read("json", reply.body) as Partial<Problem>) };
    } catch {
      // Not what its type says: the status tells enough.
    }
  }
  return new ProblemError({ ...problem, status: reply.status }, attempts, retryAfter(reply.headers.get("Retry-After")));
}

/** Seconds or a date, as milliseconds from now; 0 for what is neither. */
function retryAfter(value: string | null): number {
  if (value === null) {
    return 0;
  }
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? 0 : Math.max(milliseconds, 0);
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) {
      stop();
    }
  });
}

/** A client of one node, with a method for each operation. */
export class Client extends Caller {
  /** The drops around a position */
  postLookup(body: Lookup, options: CallOptions = {}): Promise<Answer> {
    return this.call({ method: "POST", path: `/v1/lookup`, body, as: "json" }, options);
  }

  /** The same, for caches */
  getLookup(query: { lat: number; lng: number; crs?: "wgs84" | "gcj02" | "bd09"; limit?: number; sort?: "distance" | "index"; kinds?: Array<string>; user?: string; at?: string; preview?: boolean; release?: string; as?: "player" | "tester" | "operator"; }, options: CallOptions = {}): Promise<Answer> {
    return this.call({ method: "GET", path: `/v1/lookup`, query, as: "json" }, options);
  }

  /** The drops of one cell, for CDNs */
  getCell(cell: string, options: CallOptions = {}): Promise<Answer> {
    return this.call({ method: "GET", path: `/v1/cells/${part(cell)}`, as: "json" }, options);
  }

  /** The drops of a tile of the map, as a Mapbox vector tile */
  getTile(z: number, x: number, y: number, options: CallOptions = {}): Promise<ArrayBuffer> {
    return this.call({ method: "GET", path: `/v1/tiles/${part(z)}/${part(x)}/${part(y)}.mvt`, as: "bytes" }, options);
  }

  /** The state of a task */
  getTask(id: string, query: { at?: string; } = {}, options: CallOptions = {}): Promise<TaskAnswer> {
    return this.call({ method: "GET", path: `/v1/tasks/${part(id)}`, query, as: "json" }, options);
  }

  /** What this node serves, since when */
  getRelease(options: CallOptions = {}): Promise<Release> {
    return this.call({ method: "GET", path: `/v1/releases/current`, as: "json" }, options);
  }

  /** Whether the process answers */
  getHealth(options: CallOptions = {}): Promise<{
    status: "ok";
  }> {
    return this.call({ method: "GET", path: `/healthz`, as: "json" }, options);
  }

  /** Whether to send requests here */
  getReadiness(options: CallOptions = {}): Promise<Readiness> {
    return this.call({ method: "GET", path: `/readyz`, as: "json", also: 503 }, options);
  }

  /** Metrics for Prometheus */
  getMetrics(options: CallOptions = {}): Promise<string> {
    return this.call({ method: "GET", path: `/metrics`, as: "text" }, options);
  }

  /** This document */
  getOpenAPI(options: CallOptions = {}): Promise<Record<string, unknown>> {
    return this.call({ method: "GET", path: `/openapi.json`, as: "json" }, options);
  }

  /** The Protocol Buffers messages of /v1/lookup */
  getProto(options: CallOptions = {}): Promise<string> {
    return this.call({ method: "GET", path: `/geodrop.proto`, as: "text" }, options);
  }

  /**
   * Looks up again and again, at the pace that the node sets: never sooner, and
   * up to a fifth later so that players who began together spread out. An error
   * is yielded and ends nothing; break, or abort, when it is of no use to go on.
   */
  async *watch(where: () => Lookup | Promise<Lookup>, options: CallOptions = {}): AsyncGenerator<Answer | ProblemError | ConnectionError> {
    for (;;) {
      const body = await where();
      let pause = 10_000;
      try {
        const answer = await this.postLookup(body, options);
        pause = answer.next_poll_ms;
        yield answer;
      } catch (error) {
        if (error instanceof ProblemError) {
          pause = Math.max(pause, error.retryAfter);
        } else if (!(error instanceof ConnectionError)) {
          throw error;
        }
        yield error;
      }
      pause = Math.min(Math.max(pause, 100), 600_000);
      await this.wait(pause * (1 + this.random() / 5), options.signal);
    }
  }
}
