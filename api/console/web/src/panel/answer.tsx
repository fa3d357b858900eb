import type { Answer, Drop, Position, Remaining, Task } from "../wire";
import { at as timeOf, count, curl, degrees, hours, metres, state } from "../words";
import { Copied } from "./copy";

interface Props {
  at: Position;
  answer: Answer;
  took: number;
  pointed: string;
  point: (poi: string) => void;
}

// AnswerView is what a phone at the place is told.
export function AnswerView({ at, answer, took, pointed, point }: Props) {
  const titles = new Map(answer.tasks.map((task) => [task.id, task.title || task.id]));
  return (
    <>
      <Summary at={at} answer={answer} took={took} />
      {answer.drops.length === 0 && <p class="hint">No drops within sight of this place. Try where the dots are.</p>}
      {answer.tasks.length > 0 && <h3>Tasks</h3>}
      <ul class="tasks">
        {answer.tasks.map((task) => (
          <TaskView key={task.id} task={task} left={answer.remaining.filter((r) => r.task === task.id)} />
        ))}
      </ul>
      {answer.drops.length > 0 && <h3>Drops, nearest first</h3>}
      <ol class="drops">
        {answer.drops.map((drop) => (
          <DropView key={drop.poi} drop={drop} titles={titles} pointed={drop.poi === pointed} point={point} />
        ))}
      </ol>
      {answer.truncated && <p class="hint">There are more; the answer was cut at its limit.</p>}
      <Same at={at} answer={answer} />
    </>
  );
}

function Summary({ at, answer, took }: { at: Position; answer: Answer; took: number }) {
  return (
    <section class="summary">
      <h2>{answer.district?.name ?? "Outside all districts"}</h2>
      <p class="figures">
        <strong>{count(answer.drops.length, "drop")}</strong> of <strong>{count(answer.tasks.length, "task")}</strong>
      </p>
      <dl>
        <dt>Position</dt>
        <dd>{degrees(at)}</dd>
        <dt>Cell</dt>
        <dd><code>{answer.cell}</code></dd>
        {answer.district && <dt>District</dt>}
        {answer.district && <dd><code>{answer.district.id}</code></dd>}
        {answer.as_of && <dt>As of</dt>}
        {answer.as_of && <dd>{timeOf(answer.as_of)}{answer.stale && ", counts are stale"}</dd>}
        <dt>Answered in</dt>
        <dd>{took < 10 ? took.toFixed(1) : Math.round(took)} ms</dd>
      </dl>
    </section>
  );
}

function TaskView({ task, left }: { task: Task; left: Remaining[] }) {
  return (
    <li>
      <p class="title">
        <strong>{task.title || task.id}</strong>
        <span class={`badge ${task.state === "active" ? "on" : ""}`}>{state(task.state)}</span>
      </p>
      <p class="more">
        {task.merchant} · {hours(task)}
        {task.claim_radius_m > 0 && ` · claim within ${metres(task.claim_radius_m)}`}
      </p>
      {left.map((r) => (
        <p class="more" key={r.prize}>{r.prize}: {r.remaining} of {r.quota} left</p>
      ))}
    </li>
  );
}

interface DropProps {
  drop: Drop;
  titles: Map<string, string>;
  pointed: boolean;
  point: (poi: string) => void;
}

function DropView({ drop, titles, pointed, point }: DropProps) {
  return (
    <li
      class={pointed ? "pointed" : ""}
      tabIndex={0}
      onPointerEnter={() => point(drop.poi)}
      onPointerLeave={() => point("")}
      onFocus={() => point(drop.poi)}
      onBlur={() => point("")}
    >
      <p class="title">
        <span>{drop.name || drop.poi}</span>
        <span class="distance">{metres(drop.distance_m)}</span>
      </p>
      <p class="more">{drop.tasks.map((id) => titles.get(id) ?? id).join(" · ")}</p>
    </li>
  );
}

// Same is the question for a command line, and the answer as it came.
function Same({ at, answer }: { at: Position; answer: Answer }) {
  return (
    <section class="same">
      <h3>The same from a command line</h3>
      <Copied label="curl command" text={curl(location.origin, at)} />
      <details>
        <summary>Answer as JSON</summary>
        <Copied label="Answer as JSON" text={JSON.stringify(answer, null, 2)} />
      </details>
    </section>
  );
}
