// How numbers, times and states read.

import type { Answer, Position, Task } from "./wire";

const counts = new Intl.NumberFormat("en-GB");
const moment = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export function count(n: number, thing = ""): string {
  return `${counts.format(n)} ${thing}${thing === "" || n === 1 ? "" : "s"}`.trim();
}

export function metres(n: number): string {
  return `${counts.format(Math.round(n))} m`;
}

// at is the time, with the day unless that is today.
export function at(time: string | undefined, now = new Date()): string {
  const date = new Date(time ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const today = date.toDateString() === now.toDateString();
  return (today ? clock : moment).format(date);
}

export function degrees(p: Position): string {
  return `${p.lat.toFixed(5)}, ${p.lng.toFixed(5)}`;
}

export function state(name: string): string {
  return name.replaceAll("_", " ");
}

// hours say when a task can be claimed next, or until when.
export function hours(task: Task): string {
  if (task.state === "active") return `until ${at(task.closes_at ?? task.ends_at)}`;
  if (task.opens_at) return `from ${at(task.opens_at)}`;
  return `${at(task.starts_at)} – ${at(task.ends_at)}`;
}

// sum is an answer in one sentence.
export function sum({ district, drops, tasks }: Answer): string {
  return `${district?.name ?? "Outside all districts"}: ${count(drops.length, "drop")} of ${count(tasks.length, "task")}`;
}

// curl is the same question from a command line.
export function curl(origin: string, p: Position): string {
  return `curl -s ${origin}/v1/lookup -H 'Content-Type: application/json' -d '${JSON.stringify(request(p))}'`;
}

// request is the body of a lookup. Seven decimals are 1 cm, all that the grid tells apart.
export function request(p: Position): Position {
  return { lat: Number(p.lat.toFixed(7)), lng: Number(p.lng.toFixed(7)) };
}

// wrapped is a longitude within ±180: the map goes round and round.
export function wrapped(lng: number): number {
  return ((((lng + 180) % 360) + 360) % 360) - 180;
}
