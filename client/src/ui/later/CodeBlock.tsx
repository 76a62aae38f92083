/* A block of code: scrolls in its own box, can be copied, and is folded when it is long. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { count, t } from "../../i18n";
import type { Run } from "../../markup/tokens";
import { copyText } from "./clipboard";

export const FOLDED_LINES = 12;
const THANKS = 2000;

interface Props {
  language: string;
  code: string;
  /** What is of which class, from the beginning; none where it is not coloured. */
  runs: readonly Run[];
  tabIndex: 0 | -1;
}

export function CodeBlock({ language, code, runs, tabIndex }: Props) {
  const lines = code.split("\n");
  const [open, setOpen] = useState(false);
  const folds = lines.length > FOLDED_LINES;
  return (
    <div class="code" dir="ltr">
      <div class="code-bar">
        <span>{language}</span>
        <CopyButton code={code} tabIndex={tabIndex} />
      </div>
      <ScrollBox code={folds && !open ? lines.slice(0, FOLDED_LINES).join("\n") : code} runs={runs} />
      {folds && (
        <button class="fold" type="button" aria-expanded={open} tabIndex={tabIndex} onClick={() => setOpen(!open)}>
          {open ? t("code.fold") : count("code.unfold", lines.length)}
        </button>
      )}
    </div>
  );
}

/** Only what is wider than its box needs to be reached by keyboard, to be scrolled. */
function ScrollBox({ code, runs }: Pick<Props, "code" | "runs">) {
  const box = useRef<HTMLPreElement>(null);
  const [wide, setWide] = useState(false);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const measure = () => setWide(current.scrollWidth > current.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    measure();
    return () => observer.disconnect();
  }, [code]);
  const reach = wide ? { tabIndex: 0, role: "region", "aria-label": t("code.label") } as const : {};
  return (
    <pre ref={box} {...reach}>
      <code>{runs.length > 0 ? coloured(code, runs) : code}</code>
    </pre>
  );
}

function CopyButton({ code, tabIndex }: { code: string; tabIndex: 0 | -1 }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), THANKS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void copyText(code).then(setCopied);
  return (
    <button type="button" tabIndex={tabIndex} onClick={copy}>
      {copied ? t("code.copied") : t("code.copy")}
    </button>
  );
}

const CLASS = /^[a-z]{1,4}$/;

/** Lengths are in code points; what no run covers is shown as it is. */
export function coloured(code: string, runs: readonly Run[]): ComponentChildren[] {
  const points = [...code];
  const out: ComponentChildren[] = [];
  let at = 0;
  for (const [name, length] of runs) {
    if (at >= points.length) break;
    const part = points.slice(at, at + length).join("");
    out.push(CLASS.test(name) ? <span class={`hl-${name}`}>{part}</span> : part);
    at += length;
  }
  return at < points.length ? [...out, points.slice(at).join("")] : out;
}
