/* Where messages are written. Enter sends to the room that is shown at that moment. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Composing } from "../app/state";
import { LONGEST } from "../drafts/drafts";
import { t } from "../i18n";
import type { ChatState } from "../store/chat";
import { type HeldRoom, loaded } from "../store/room";
import { useChat } from "./context";
import { grow } from "./growing";
import { Icon } from "./icons";
import { Completion, ComposingBar, Note } from "./lazy";

interface Props {
  chat: ChatState;
  held: HeldRoom;
  name: string;
  composing: Composing | undefined;
}

/** From here on characters are counted as the server does. */
const NEARLY = 0.9;
const COMPOSING = 229;

export function Composer({ chat, held, name, composing }: Props) {
  const { writing } = useChat();
  const { room } = held.info;
  const { message_chars: limit } = chat.limits;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => writing.drafts.get(room));
  const [cut, setCut] = useState(false);
  const [names, setNames] = useState(false);
  const was = useRef<Composing | undefined>(undefined);
  const edited = composing?.is === "edit";
  useLayoutEffect(() => void (field.current && grow(field.current)), [text]);
  // While something is corrected the draft waits; the field has it again afterwards.
  useLayoutEffect(() => {
    if (edited) setText(loaded(held, composing.seq)?.text ?? "");
    else if (was.current?.is === "edit") setText(writing.drafts.get(room));
    if (composing && composing !== was.current) field.current?.focus();
    was.current = composing;
  }, [composing]);

  useLayoutEffect(() => {
    writing.onInsertion = (words, all) => {
      const { current } = field;
      current?.focus();
      if (all) current?.select();
      current?.setRangeText(words, current.selectionStart, current.selectionEnd, "end");
      if (current) write(current.value);
    };
    return () => void (writing.onInsertion = null);
  });

  const length = text.length > limit * NEARLY ? [...text].length : text.length;
  const left = limit - length;
  const sendable = left >= 0 && text.trim() !== "";

  function write(value: string): void {
    setText(value);
    if (!edited) writing.drafts.set(room, value);
  }

  function onInput(): void {
    const value = field.current!.value;
    setCut(cut && value.length >= LONGEST);
    write(value);
    if (value && !edited) writing.typing(room);
    if (/[@#]/.test(value)) setNames(true);
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData("text/plain").length ?? 0;
    if (pasted + text.length > LONGEST) setCut(true);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === COMPOSING) return;
    if (event.key === "Enter" && !event.shiftKey) send();
    else if (event.key === "ArrowUp" && !text && !composing) writing.editLast(room);
    else if (event.key === "Escape" && composing) writing.compose(room, null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function send(): void {
    if (!sendable) return;
    writing.send(room, text);
    if (!edited) setText("");
    field.current?.focus();
  }

  const label = t("composer.label", { room: name });
  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      {names && field.current && <Completion chat={chat} held={held} field={field.current} write={write} />}
      {composing && <ComposingBar chat={chat} held={held} composing={composing} />}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          maxLength={LONGEST}
          aria-label={label}
          placeholder={label}
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
      <div class={left < 0 ? "note bad" : "note"}><Note left={left} cut={cut} limit={limit} hint={text !== ""} /></div>
    </form>
  );
}
