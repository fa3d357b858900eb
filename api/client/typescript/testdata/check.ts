// Uses the client as an app would, and prints what came of it for the test to judge.
import { Client, ConnectionError, ProblemError, type Answer, type Problem } from "./geodrop.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [node, faulty, nobody] = process.argv.slice(2) as [string, string, string];
const found: Record<string, unknown> = {};

async function failureOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
    return { name: "none" };
  } catch (error) {
    if (error instanceof ProblemError) {
      const code: Problem["code"] | undefined = error.code;
      return { name: error.name, code, status: error.problem.status, attempts: error.attempts, message: error.message };
    }
    return { name: (error as Error).name, message: (error as Error).message };
  }
}

const client = new Client({ url: node });
const answer: Answer = await client.postLookup({ lat: 51.5145, lng: -0.127, limit: 1 });
found.lookup = [answer.drops[0]?.name, answer.district?.name, answer.next_poll_ms];
found.get = (await client.getLookup({ lat: 51.5145, lng: -0.127, kinds: ["coupon", "cash"] })).cell === answer.cell;
found.noKinds = (await client.getLookup({ lat: 51.5145, lng: -0.127, kinds: [] })).drops.length > 0;
found.cell = (await client.getCell(answer.cell)).cell === answer.cell;
found.task = (await client.getTask("city-packets")).task.state;
found.release = (await client.getRelease()).id === answer.release;
found.ready = (await client.getReadiness()).status;
found.health = (await client.getHealth()).status;
// From JavaScript, options may be undefined: then they are as if they were left out.
const unset = { url: node, timeout: undefined, attempts: undefined, maxBytes: undefined, fetch: undefined } as unknown as { url: string };
found.unset = (await new Client(unset).getHealth()).status;
found.metrics = (await client.getMetrics()).includes("geodrop_http_in_flight");
found.outOfRange = await failureOf(client.postLookup({ lat: 91, lng: 0 }));
found.noTask = await failureOf(client.getTask("../../healthz"));
found.operator = await failureOf(client.getLookup({ lat: 1, lng: 2, preview: true }));
found.withToken = (await new Client({ url: node, token: "sesame" }).getLookup({ lat: 1, lng: 2, preview: true })).drops.length;

// Pauses are noted and not waited.
const pauses: number[] = [];
const patient = (path: string) =>
  new Client({ url: faulty + path, timeout: 5_000, maxBytes: 1_000, random: () => 0.5, sleep: async (ms) => void pauses.push(ms) });
async function tried(path: string): Promise<unknown> {
  pauses.length = 0;
  const failure = await failureOf(patient(path).postLookup({ lat: 1, lng: 2 }));
  return { failure, pauses: [...pauses] };
}
for (const path of ["twice", "always", "date", "long", "html", "cut", "moved", "huge", "text"]) {
  found[path] = await tried("/" + path);
}
pauses.length = 0;
found.nobody = await failureOf(new Client({ url: nobody, sleep: async (ms) => void pauses.push(ms) }).getRelease());
found.nobodyPauses = pauses.length;
found.hangs = await failureOf(new Client({ url: faulty + "/hangs", timeout: 20, attempts: 2, sleep: async () => {} }).getRelease());

const ends = new AbortController();
const aborted = failureOf(new Client({ url: faulty + "/hangs" }).getRelease({ signal: ends.signal }));
ends.abort();
found.aborted = await aborted;

pauses.length = 0;
const seen: unknown[] = [];
for await (const next of patient("/watched").watch(() => ({ lat: 1, lng: 2 }))) {
  seen.push(next instanceof ProblemError ? next.code : next instanceof ConnectionError ? next.name : next.next_poll_ms);
  if (seen.length === 3) {
    break;
  }
}
found.watched = { seen, pauses: [...pauses] };

process.stdout.write(JSON.stringify(found));
