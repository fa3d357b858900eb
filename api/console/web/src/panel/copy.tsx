import { useRef, useState } from "preact/hooks";

// Copied is text to take elsewhere.
export function Copied({ label, text }: { label: string; text: string }) {
  const shown = useRef<HTMLPreElement>(null);
  const [told, setTold] = useState("");
  const copy = async () => {
    const done = (await toClipboard(text)) || select(shown.current!);
    setTold(done ? "Copied" : "Selected: press Ctrl-C");
  };
  return (
    <div class="copied">
      <pre ref={shown} tabIndex={0} aria-label={label}>{text}</pre>
      <button type="button" onClick={() => void copy()} onBlur={() => setTold("")}>
        {told || "Copy"}
      </button>
    </div>
  );
}

// toClipboard works on pages of this machine and over TLS.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// select is for all other pages; it reports whether the browser copied, too.
function select(element: HTMLElement): boolean {
  getSelection()?.selectAllChildren(element);
  return document.execCommand("copy");
}
