import { useEffect, useState } from "preact/hooks";
import { ask, Refusal } from "./client";
import type { MapData, Release } from "./wire";

export interface Served {
  release?: Release;
  map?: MapData;
  refusal?: Refusal; // of the latest look
  retryAt?: number; // ms of the clock
}

// every so many ms the page asks which release is served.
const interval = 15_000;

// useRelease follows the release that the node serves. What was served last
// stays on the page while the node has a problem.
export function useRelease(): Served {
  const [served, setServed] = useState<Served>({});
  useEffect(() => {
    const ended = new AbortController();
    let timer = 0;
    let last: Served = {};
    const look = async () => {
      let wait = interval;
      try {
        last = await follow(last, ended.signal);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.retryAfter) wait = error.retryAfter * 1000;
        last = { ...last, refusal: error, retryAt: Date.now() + wait };
      }
      setServed(last);
      timer = window.setTimeout(start, wait);
    };
    const start = () => {
      look().catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
    };
    start();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, []);
  return served;
}

// follow fetches the map only when another release is served.
async function follow(last: Served, signal: AbortSignal): Promise<Served> {
  const release = await ask<Release>("/v1/releases/current", undefined, signal);
  const same = last.map?.release === release.id;
  const map = same ? last.map : await ask<MapData>("/ui/map.json", undefined, signal);
  return { release, map };
}
