/*
 * Completing a name after `@`: suggestions above the text field, moved through with the arrow keys.
 * It listens to the field itself, before the composer does, so that the composer knows nothing of it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { User } from "../../wire/generated";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { startedMention } from "./startedMention";

const PAUSE = 150;
const LIST = "mention-list";

type Named = User & { name: string };

interface Props {
  field: HTMLTextAreaElement;
  write(text: string): void;
}

export function Completion({ field, write }: Props) {
  const app = useChat();
  const [people, setPeople] = useState<readonly Named[]>([]);
  const [chosen, setChosen] = useState(0);
  const started = () => startedMention(field.value, field.selectionStart);

  function look(): void {
    const prefix = started();
    setPeople([]);
    if (!prefix) return;
    app.loading.people(prefix, (users) => {
      if (started() !== prefix) return;
      setPeople(users.filter((user): user is Named => user.name !== null));
      setChosen(0);
    });
  }

  function take(at: number): void {
    const prefix = started();
    const person = people[at];
    setPeople([]);
    if (!person || prefix === null) return;
    field.setRangeText(`${person.name} `, field.selectionStart - prefix.length, field.selectionStart, "end");
    write(field.value);
  }

  function onKey(event: KeyboardEvent): void {
    if (people.length === 0 || event.isComposing) return;
    if (event.key === "ArrowDown") setChosen((chosen + 1) % people.length);
    else if (event.key === "ArrowUp") setChosen((chosen + people.length - 1) % people.length);
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") setPeople([]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  useListeners(field, { look, close: () => setPeople([]), onKey });
  useEffect(() => describe(field, people.length > 0 ? chosen : null), [people, chosen]);
  if (people.length === 0) return null;
  return (
    <ul class="suggestions" id={LIST} role="listbox" aria-label={t("mentions.label")}>
      {people.map(({ id, name }, at) => (
        <li key={id} id={`mention-${at}`} role="option" aria-selected={at === chosen} onMouseDown={(event) => (event.preventDefault(), take(at))}>
          <Avatar user={id} name={name} small />
          <bdi>{name}</bdi>
        </li>
      ))}
    </ul>
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
