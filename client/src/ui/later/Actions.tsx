/* What can be done with a message, offered where the pointer or the focus is. What moderators may do besides goes into `offers`. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../../app/chat";
import { roomHash } from "../../app/route";
import { type Key, t } from "../../i18n";
import type { Message } from "../../wire/generated";
import { useChat } from "../context";
import { Icon } from "../icons";
import { pin, react } from "./amending";
import { copyText } from "./clipboard";
import { EMOJI, emojiName } from "./emoji";
import { Drawn, type SignName } from "./signs";

interface Props {
  message: Message;
  can: readonly string[];
  me: number;
  tabIndex: 0 | -1;
}

interface Offer {
  sign: SignName | "pin";
  label: Key;
  act(app: Chat): void;
}

function offers(message: Message, can: readonly string[], me: number): Offer[] {
  const { room, seq, pinned, user } = message;
  const mine = user === me;
  const may = (right: string, what: Offer): Offer[] => (can.includes(right) ? [what] : []);
  return [
    ...may("send", { sign: "reply", label: "act.reply", act: (app) => answer(app, message) }),
    ...(mine ? may("send", { sign: "edit", label: "act.edit", act: (app) => app.writing.compose(room, { is: "edit", seq }) }) : []),
    { sign: "link", label: "act.link", act: (app) => copyLink(app, message) },
    ...may("pin", { sign: "pin", label: pinned ? "act.unpin" : "act.pin", act: (app) => pin(app, message, !pinned) }),
    ...may(mine ? "send" : "edit_any", { sign: "trash", label: "act.delete", act: (app) => app.open({ is: "delete", room, seq }) }),
  ];
}

/** Whoever is answered is named, and so is told of it; it can be deleted like any word. */
function answer(app: Chat, { room, seq, user }: Message): void {
  const { chat } = app.state.get();
  const name = chat?.names.get(user);
  const isNamed = chat && name && user !== chat.you.id && chat.rooms.get(room)?.info.kind !== "direct";
  app.writing.compose(room, { is: "reply", seq });
  // What is written stays, unless it is no more than the name of whom one was about to answer before.
  if (isNamed && /^(@\S+ )?$/.test(app.writing.drafts.get(room))) app.writing.insert(`@${name} `, true);
}

function copyLink(app: Chat, { room, seq }: Message): void {
  const url = new URL(roomHash(room, seq), document.baseURI).href;
  void copyText(url).then((done) => done && app.state.patch({ notice: t("notice.messageLink") }));
}

export function Actions({ message, can, me, tabIndex }: Props) {
  const app = useChat();
  const [picking, setPicking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (refocus: boolean) => {
    setPicking(false);
    if (refocus) opener.current?.focus();
  };
  return (
    <div class="acts" role="group" aria-label={t("act.label")} data-open={picking || undefined}>
      {can.includes("send") && (
        <button ref={opener} type="button" tabIndex={tabIndex} aria-label={t("act.react")} title={t("act.react")} aria-expanded={picking} onClick={() => setPicking(!picking)}>
          <Drawn name="smile" />
        </button>
      )}
      {offers(message, can, me).map(({ sign, label, act }) => (
        <button key={label} type="button" tabIndex={tabIndex} aria-label={t(label)} title={t(label)} onClick={() => act(app)}>
          {sign === "pin" ? <Icon name="pin" /> : <Drawn name={sign} />}
        </button>
      ))}
      {picking && opener.current && <Picker opener={opener.current} pick={(emoji) => (react(app, message, emoji, true), close(true))} close={close} />}
    </div>
  );
}

const COLUMNS = 8;

interface PickerProps {
  opener: HTMLElement;
  pick(emoji: (typeof EMOJI)[number]): void;
  close(refocus: boolean): void;
}

function Picker({ opener, pick, close }: PickerProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    beside(current, opener);
    current.querySelector("button")?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const elsewhere = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node) && !opener.contains(event.target as Node)) close(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...box.current!.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (event.key === "Escape") close(true);
    else if (step !== undefined) buttons[at + step]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="picker" ref={box} role="dialog" aria-label={t("act.react")} onKeyDown={onKeyDown}>
      {EMOJI.map((emoji, at) => (
        <button key={emoji} type="button" tabIndex={at === 0 ? 0 : -1} aria-label={emojiName(emoji)} title={emojiName(emoji)} onClick={() => pick(emoji)}>{emoji}</button>
      ))}
    </div>
  );
}

/** Above or below what opened it, wherever there is space; never beyond the window. */
function beside(box: HTMLElement, opener: HTMLElement): void {
  const { top, bottom, right } = opener.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const above = top - height - 4;
  box.style.top = `${Math.max(4, above > 4 ? above : Math.min(bottom + 4, innerHeight - height - 4))}px`;
  box.style.left = `${Math.max(4, Math.min(right - width, innerWidth - width - 4))}px`;
}
