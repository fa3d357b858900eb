import { useEffect, useState } from "preact/hooks";
import type { Refusal } from "../client";

interface Props {
  refusal: Refusal;
  retryAt?: number; // ms of the clock; 0 for never
  retry?: () => void;
}

// ProblemView says what the node said, and when the page asks again.
export function ProblemView({ refusal: { problem, retryAfter }, retryAt, retry }: Props) {
  return (
    <section class="problem" role="alert">
      <h2>{problem.title}</h2>
      {problem.detail && <p>{problem.detail}</p>}
      {retryAt ? <Countdown until={retryAt} /> : null}
      {retry && retryAfter > 0 && (
        <button type="button" onClick={retry}>
          Ask again now
        </button>
      )}
      <dl>
        <dt>Code</dt>
        <dd><code>{problem.code}</code></dd>
        {problem.field && <dt>Field</dt>}
        {problem.field && <dd><code>{problem.field}</code></dd>}
        {problem.instance && <dt>Request</dt>}
        {problem.instance && <dd><code>{problem.instance}</code></dd>}
      </dl>
    </section>
  );
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <p class="countdown" aria-live="off">Asking again in {seconds} s.</p>;
}
