import { useLayoutEffect, useState } from "preact/hooks";
import type { TargetedSubmitEvent } from "preact";
import type { Position, Problem } from "../wire";

interface Props {
  at?: Position;
  problem?: Problem;
  look: (at: Position) => void;
}

interface Fields {
  lat: string;
  lng: string;
}

// Form is the way without a pointer. It shows where the map was clicked.
export function Form({ at, problem, look }: Props) {
  const [fields, setFields] = useState<Fields>({ lat: "", lng: "" });
  const [wrong, setWrong] = useState<keyof Fields>();
  useLayoutEffect(() => {
    if (at) setFields({ lat: at.lat.toFixed(5), lng: at.lng.toFixed(5) });
    setWrong(undefined);
  }, [at]);

  const change = (field: keyof Fields, value: string) => {
    setWrong(undefined);
    setFields(pair(value) ?? { ...fields, [field]: value });
  };
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const [lat, lng] = [number(fields.lat), number(fields.lng)];
    if (Number.isNaN(lat)) return setWrong("lat");
    if (Number.isNaN(lng)) return setWrong("lng");
    look({ lat, lng });
  };
  const invalid = wrong ?? problem?.field;
  return (
    <form onSubmit={submit} noValidate>
      <Field name="lat" label="Latitude" value={fields.lat} invalid={invalid === "lat"} change={change} />
      <Field name="lng" label="Longitude" value={fields.lng} invalid={invalid === "lng"} change={change} />
      <button type="submit">Look up</button>
      {wrong && <p class="wrong" role="alert">{wrong === "lat" ? "Latitude" : "Longitude"} is a number of degrees, like 51.5145.</p>}
    </form>
  );
}

interface FieldProps {
  name: keyof Fields;
  label: string;
  value: string;
  invalid: boolean;
  change: (field: keyof Fields, value: string) => void;
}

function Field({ name, label, value, invalid, change }: FieldProps) {
  return (
    <label>
      <span>{label}</span>
      <input
        name={name}
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        placeholder={name === "lat" ? "51.5145" : "-0.1270"}
        value={value}
        aria-invalid={invalid}
        onInput={(event) => change(name, event.currentTarget.value)}
      />
    </label>
  );
}

// number refuses the empty text, which Number takes for 0, and takes the minus
// sign of typesetters.
function number(text: string): number {
  const plain = text.trim().replace("−", "-");
  return plain === "" ? NaN : Number(plain);
}

// pair is a position that was pasted into one field.
function pair(text: string): Fields | undefined {
  const [, lat, lng] = /^\s*([-−+]?[\d.]+)\s*[,;\s]\s*([-−+]?[\d.]+)\s*$/.exec(text) ?? [];
  return lat && lng ? { lat, lng } : undefined;
}
