import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { MapView } from "./map/mapview";
import { AnswerView } from "./panel/answer";
import { Form } from "./panel/form";
import { Header } from "./panel/header";
import { ProblemView } from "./panel/problem";
import { Start } from "./panel/start";
import { useProbe, type Probe } from "./probe";
import { useRelease, type Served } from "./release";
import { sum } from "./words";

export function App() {
  const served = useRelease();
  const [probe, look] = useProbe();
  const [pointed, setPointed] = useState("");
  useLayoutEffect(() => setPointed(""), [probe.answer]); // what was pointed at may be gone
  const listener = useMemo(() => ({ probe: look, point: setPointed }), [look]);
  return (
    <>
      <Header served={served} />
      <main>
        <MapView data={served.map} release={served.release} probe={probe} pointed={pointed} listener={listener} />
        <aside class="panel" aria-label="Lookup">
          <Form at={probe.at} problem={probe.refusal?.problem} look={look} />
          <p class="spoken" role="status">
            {probe.answer && !probe.asking ? sum(probe.answer) : ""}
          </p>
          <div class="result" aria-busy={probe.asking}>
            <Result served={served} probe={probe} look={look} pointed={pointed} point={setPointed} />
          </div>
        </aside>
      </main>
    </>
  );
}

interface ResultProps {
  served: Served;
  probe: Probe;
  look: ReturnType<typeof useProbe>[1];
  pointed: string;
  point: (poi: string) => void;
}

function Result({ served, probe, look, pointed, point }: ResultProps) {
  const { at, answer, refusal } = probe;
  if (at && refusal) return <ProblemView refusal={refusal} retryAt={probe.retryAt} retry={() => look(at)} />;
  if (at && answer) return <AnswerView at={at} answer={answer} took={probe.took} pointed={pointed} point={point} />;
  if (at) return <p class="hint">Looking up…</p>;
  if (served.refusal && !served.release) return <ProblemView refusal={served.refusal} retryAt={served.retryAt} />;
  return <Start release={served.release} />;
}
