/* Where messages are written. Enter sends to the room that is shown at that moment. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { LONGEST } from "../drafts/drafts";
import { count, t } from "../i18n";
import type { WireLimits } from "../wire/generated";
import { useChat } from "./context";
import { grow } from "./growing";
import { Icon } from "./icons";
import { Completion } from "./lazy";

interface Props {
  room: number;
  name: string;
  limits: WireLimits;
}

/** From here on it is said how much is left. */
const NEARLY = 0.9;
const COMPOSING = 229;

export function Composer({ room, name, limits }: Props) {
  const app = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => app.drafts.get(room));
  const [cut, setCut] = useState(false);
  const [names, setNames] = useState(false);
  useLayoutEffect(() => void (field.current && grow(field.current)), [text]);

  const length = text.length > limits.message_chars * NEARLY ? [...text].length : text.length;
  const left = limits.message_chars - length;
  const sendable = left >= 0 && text.trim() !== "";

  function write(value: string): void {
    setText(value);
    app.drafts.set(room, value);
  }

  function onInput(): void {
    const value = field.current!.value;
    setCut(cut && value.length >= LONGEST);
    write(value);
    if (value) app.typing(room);
    if (value.includes("@")) setNames(true);
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData("text/plain").length ?? 0;
    if (pasted + text.length > LONGEST) setCut(true);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === COMPOSING) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  }

  function send(): void {
    if (!sendable) return;
    app.send(room, text);
    setText("");
    field.current?.focus();
  }

  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      {names && field.current && <Completion field={field.current} write={write} />}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          maxLength={LONGEST}
          aria-label={t("composer.label", { room: name })}
          placeholder={t("composer.label", { room: name })}
          aria-describedby={left < 0 || cut ? "composer-note" : undefined}
          aria-invalid={left < 0}
          onInput={onInput}
          onPaste={onPaste}
          onKeyDown={onKeyDown}
        />
        <button class="send" type="submit" aria-disabled={!sendable} aria-label={t("composer.send")} title={t("composer.send")}>
          <Icon name="send" />
        </button>
      </div>
      <Note left={left} cut={cut} limit={limits.message_chars} />
    </form>
  );
}

function Note({ left, cut, limit }: { left: number; cut: boolean; limit: number }) {
  const isNear = left < limit * (1 - NEARLY);
  return (
    <p class={left < 0 ? "note bad" : "note"} id="composer-note" role="status">
      {cut && `${t("composer.cut", { n: LONGEST })} `}
      {isNear && (left < 0 ? count("composer.over", -left) : count("composer.left", left))}
    </p>
  );
}
