// The colours of the map are custom properties of style.css, so that light and
// dark are decided in one place.

export type Colour = (name: string) => string;

const dark = matchMedia("(prefers-color-scheme: dark)");

export function colours(): Colour {
  const css = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (name) => {
    let value = known.get(name);
    if (value === undefined) known.set(name, (value = css.getPropertyValue(`--map-${name}`).trim()));
    return value;
  };
}

// onThemeChange calls back until the answer is called.
export function onThemeChange(callback: () => void): () => void {
  dark.addEventListener("change", callback);
  return () => dark.removeEventListener("change", callback);
}

// calm is what somebody asked for whom moving maps make unwell.
export function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
