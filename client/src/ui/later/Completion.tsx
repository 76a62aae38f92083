/*
 * Completing a name after `@` or `#`: suggestions above the text field, moved through with the arrow keys.
 * It listens to the field itself, before the composer does, so that the composer knows nothing of it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { count, t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import type { HeldRoom } from "../../store/room";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { startedMention } from "./startedMention";
import { rooms, speakers, type Suggestion, withFound } from "./suggestions";

const PAUSE = 150;
const LIST = "mention-list";

interface Props {
  chat: ChatState;
  held: HeldRoom;
  field: HTMLTextAreaElement;
  write(text: string): void;
}

export function Completion({ chat, held, field, write }: Props) {
  const app = useChat();
  const [offered, setOffered] = useState<readonly Suggestion[]>([]);
  const [chosen, setChosen] = useState(0);
  const started = () => startedMention(field.value, field.selectionStart);

  function offer(suggestions: readonly Suggestion[]): void {
    setOffered(suggestions);
    setChosen(0);
  }

  function look(): void {
    const begun = started();
    if (!begun) return setOffered([]);
    const { sign, prefix } = begun;
    if (sign === "#") return offer(rooms(chat, prefix, document.baseURI));
    const first = speakers(chat, held, prefix);
    offer(first);
    if (!prefix) return;
    app.loading.people(prefix, (users) => {
      const now = started();
      if (now?.sign === "@" && now.prefix === prefix) setOffered(withFound(first, users, prefix));
    });
  }

  function take(at: number): void {
    const begun = started();
    const one = offered[at];
    setOffered([]);
    if (!one || !begun) return;
    field.setRangeText(one.text, field.selectionStart - begun.prefix.length - 1, field.selectionStart, "end");
    write(field.value);
  }

  function onKey(event: KeyboardEvent): void {
    if (offered.length === 0 || event.isComposing) return;
    if (event.key === "ArrowDown") setChosen((chosen + 1) % offered.length);
    else if (event.key === "ArrowUp") setChosen((chosen + offered.length - 1) % offered.length);
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") setOffered([]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  useListeners(field, { look, close: () => setOffered([]), onKey });
  useEffect(() => describe(field, offered.length > 0 ? chosen : null), [offered, chosen]);
  return (
    <>
      <p class="sr" role="status">{offered.length > 0 && count("mentions.count", offered.length)}</p>
      {offered.length > 0 && (
        <ul class="suggestions" id={LIST} role="listbox" aria-label={t(offered[0]!.user === null ? "mentions.rooms" : "mentions.label")}>
          {offered.map(({ key, user, label }, at) => (
            <li key={key} id={`mention-${at}`} role="option" aria-selected={at === chosen} onMouseDown={(event) => (event.preventDefault(), take(at))}>
              {user === null ? <span aria-hidden="true">#</span> : <Avatar user={user} name={label} small />}
              <bdi>{label}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface Listeners {
  look(): void;
  close(): void;
  onKey(event: KeyboardEvent): void;
}

/** Attached once; what they call is always the newest. */
function useListeners(field: HTMLTextAreaElement, listeners: Listeners): void {
  const newest = useRef(listeners);
  newest.current = listeners;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const stop = new AbortController();
    const { signal } = stop;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => newest.current.look(), PAUSE);
    };
    field.addEventListener("input", later, { signal });
    field.addEventListener("blur", () => newest.current.close(), { signal });
    field.addEventListener("keydown", (event) => newest.current.onKey(event), { signal, capture: true });
    later();
    return () => {
      clearTimeout(timer);
      stop.abort();
      describe(field, null);
    };
  }, [field]);
}

function describe(field: HTMLTextAreaElement, chosen: number | null): void {
  field.setAttribute("aria-autocomplete", "list");
  if (chosen === null) {
    field.removeAttribute("aria-controls");
    field.removeAttribute("aria-activedescendant");
  } else {
    field.setAttribute("aria-controls", LIST);
    field.setAttribute("aria-activedescendant", `mention-${chosen}`);
  }
}
