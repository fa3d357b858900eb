import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, Refusal } from "./client";
import { request } from "./words";
import type { Answer, Cell, Position, Window } from "./wire";

export interface Probe {
  at?: Position;
  asking: boolean;
  answer?: Answer;
  cells: Cell[];
  took: number; // ms
  refusal?: Refusal;
  retryAt: number; // ms of the clock; 0 for never
}

// attempts in a row before somebody has to press the button.
const attempts = 5;

const nothing: Probe = { asking: false, cells: [], took: 0, retryAt: 0 };

// useProbe asks what a phone sees at a place. The latest question counts; one
// that the node was too busy for is asked again when the node said.
export function useProbe(): [Probe, (at: Position) => void] {
  const [probe, setProbe] = useState<Probe>(nothing);
  const running = useRef<AbortController>(undefined);
  const timer = useRef(0);

  const look = useCallback((at: Position, attempt = 1) => {
    running.current?.abort();
    clearTimeout(timer.current);
    const { signal } = (running.current = new AbortController());
    setProbe((before) => ({ ...before, at, asking: true, cells: moved(before, at) ? [] : before.cells }));
    lookUp(at, signal).then(setProbe, (error: unknown) => {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      const again = error.retryAfter > 0 && attempt < attempts;
      const wait = error.retryAfter * 1000;
      setProbe({ ...nothing, at, refusal: error, retryAt: again ? Date.now() + wait : 0 });
      if (again) timer.current = window.setTimeout(() => look(at, attempt + 1), wait);
    });
  }, []);

  useEffect(
    () => () => {
      running.current?.abort();
      clearTimeout(timer.current);
    },
    [],
  );
  return [probe, useCallback((at: Position) => look(at), [look])];
}

function moved(before: Probe, at: Position): boolean {
  return before.at?.lat !== at.lat || before.at.lng !== at.lng;
}

async function lookUp(at: Position, signal: AbortSignal): Promise<Probe> {
  const body = request(at);
  const began = performance.now();
  const timed = ask<Answer>("/v1/lookup", body, signal).then((answer) => ({ answer, took: performance.now() - began }));
  const [{ answer, took }, cells] = await Promise.all([timed, cellsOf(body, signal)]);
  return { ...nothing, at, answer, took, cells };
}

// cellsOf are for the eye: an answer is shown without them, too.
async function cellsOf(at: Position, signal: AbortSignal): Promise<Cell[]> {
  try {
    return (await ask<Window>("/ui/window", at, signal)).cells;
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
