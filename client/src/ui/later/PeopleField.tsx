/* A field in which a person is found by the beginning of their name: a combobox, as ARIA has them. */
import { useEffect, useId, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Avatar } from "../Avatar";
import { useChat } from "../context";

export interface Person {
  id: number;
  name: string;
}

interface Props {
  label: string;
  pick(person: Person): void;
}

const PAUSE = 150;

export function PeopleField({ label, pick }: Props) {
  const app = useChat();
  const list = useId();
  const [text, setText] = useState("");
  const [people, setPeople] = useState<readonly Person[] | null>(null);
  const [chosen, setChosen] = useState(0);
  const me = app.state.get().chat?.you.id;
  const prefix = text.trim().replace(/^@/, "");

  useEffect(() => {
    setPeople(null);
    if (!prefix) return;
    let current = true;
    const timer = setTimeout(() => {
      app.loading.people(prefix, (users) => {
        if (!current) return;
        setPeople(users.flatMap(({ id, name }) => (name === null || id === me ? [] : [{ id, name }])));
        setChosen(0);
      });
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [prefix]);

  const take = (at: number) => {
    const person = people?.[at];
    if (!person) return;
    setText("");
    pick(person);
  };
  const shown = people ?? [];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter") take(chosen);
    else if (shown.length === 0) return;
    else if (event.key === "ArrowDown") setChosen((chosen + 1) % shown.length);
    else if (event.key === "ArrowUp") setChosen((chosen + shown.length - 1) % shown.length);
    else if (event.key === "Escape") setPeople(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="people-field">
      <label class="input">
        <span>{label}</span>
        <input
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-autocomplete="list"
          aria-expanded={shown.length > 0}
          aria-controls={list}
          aria-activedescendant={shown.length > 0 ? `${list}-${chosen}` : undefined}
          placeholder={t("people.placeholder")}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <ul class="found-people" id={list} role="listbox" aria-label={label} hidden={shown.length === 0}>
        {shown.map(({ id, name }, at) => (
          <li key={id} id={`${list}-${at}`} role="option" aria-selected={at === chosen} onMouseDown={(event) => (event.preventDefault(), take(at))}>
            <Avatar user={id} name={name} small />
            <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
      <p class="nobody" role="status">{people?.length === 0 ? t("people.nobody") : ""}</p>
    </div>
  );
}
