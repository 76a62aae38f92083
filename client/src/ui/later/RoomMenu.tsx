/* What can be done with a room, under the three dots of its head. */
import { useEffect, useRef } from "preact/hooks";
import { nameHash, roomHash } from "../../app/route";
import type { Side } from "../../app/state";
import { type Key, t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import type { Room } from "../../wire/generated";
import { useChat } from "../context";
import { Icon } from "../icons";
import { copyText } from "./clipboard";
import { Drawn, type SignName } from "./signs";

interface Props {
  chat: ChatState;
  info: Room;
  opener: HTMLElement;
  close(refocus: boolean): void;
  show(side: Side): void;
}

interface Item {
  sign: SignName | "pin" | "muted" | "people";
  label: Key;
  act(): void;
}

export function RoomMenu({ chat, info, opener, close, show }: Props) {
  const app = useChat();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector("button")?.focus();
    const elsewhere = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node) && !opener.contains(event.target as Node)) close(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);

  const { room, kind } = info;
  const copyLink = () => {
    const hash = kind === "private" || kind === "direct" || kind === "group" ? roomHash(room) : nameHash(info.name);
    void copyText(new URL(hash, document.baseURI).href).then((done) => done && app.state.patch({ notice: t("notice.link") }));
  };
  const hide = () =>
    app.ask({ type: "hide", room }, (answer) => {
      if (answer.type !== "ok") return app.complain(answer);
      app.keys?.remove("room"); // where one was last is not where to go now
      location.hash = "#/";
    });
  const may = (right: string, ...items: Item[]) => (info.can.includes(right) ? items : []);
  const items: Item[] = [
    { sign: "info", label: !info.can.includes("change") ? "room.details" : kind === "open" || kind === "private" ? "room.change" : "room.changeTopic", act: () => app.open({ is: "details", room }) },
    { sign: "pin", label: "room.pins", act: () => show("pins") },
    ...may("invite", { sign: "people", label: "room.invite", act: () => show("members") }),
    ...(kind === "direct" ? [] : [{ sign: "link", label: "room.link", act: copyLink } as Item]),
    ...(chat.you.read_only ? [] : [{ sign: info.muted ? "bell" : "muted", label: info.muted ? "room.unmute" : "room.mute", act: () => app.membership.mute(room, !info.muted) } as Item]),
    ...may("hide", { sign: "hide", label: "room.hide", act: hide }),
    ...may("leave", { sign: "leave", label: "room.leave", act: () => app.open({ is: "leave", room }) }),
  ];
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...box.current!.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: buttons.length - 1 }[event.key];
    if (event.key === "Escape") close(true);
    else if (step !== undefined) buttons[(at + step) % buttons.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={box} role="group" aria-label={t("room.more")} onKeyDown={onKeyDown}>
      {items.map(({ sign, label, act }) => (
        <button key={label} type="button" onClick={() => (close(true), act())}>
          {sign === "pin" || sign === "muted" || sign === "people" ? <Icon name={sign} /> : <Drawn name={sign} />}
          {t(label)}
        </button>
      ))}
    </div>
  );
}
