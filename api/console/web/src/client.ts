import type { Problem } from "./wire";

// Refusal is an answer that is none: the node's problem, or that there was no
// answer at all.
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter: number, // seconds; 0 where asking again changes nothing
  ) {
    super(problem.title);
  }
}

const unreachable: Problem = {
  title: "The node does not answer",
  status: 0,
  code: "unreachable",
  detail: "It may be starting again, or the network between is down.",
};

// longest that a request may take, in ms.
const patience = 10_000;

// pause before asking again where the node names none, in seconds.
const pause = 3;

export async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const limits = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  const init: RequestInit = { signal: AbortSignal.any(limits), headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.method = "POST";
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw new Refusal(unreachable, pause);
  }
  if (!response.ok) throw new Refusal(problemOf(response, text), retryAfter(response));
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Refusal({ ...unreachable, title: "Something else than the node answers" }, 0);
  }
}

function problemOf(response: Response, text: string): Problem {
  const plain = { title: `The node answered ${response.status}`, status: response.status, code: "unknown" };
  try {
    return { ...plain, ...(JSON.parse(text) as Problem) };
  } catch {
    return plain;
  }
}

// retryAfter is for answers that are other ones later.
function retryAfter(response: Response): number {
  if (response.status !== 429 && response.status < 502) return 0;
  const named = Number(response.headers.get("Retry-After"));
  return Number.isFinite(named) && named > 0 ? named : pause;
}
