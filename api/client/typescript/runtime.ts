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
