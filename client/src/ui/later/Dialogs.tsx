/* The questions that are asked in front of the page, and what is told there of a room, a person, one's own settings. */
import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Outcome } from "../../app/membership";
import { roomHash } from "../../app/route";
import type { Dialog } from "../../app/state";
import { t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import type { Room } from "../../wire/generated";
import { useChat } from "../context";
import { displayName, roomName } from "../names";
import { remove } from "./amending";
import { PeopleField, type Person } from "./PeopleField";
import { PersonCard } from "./PersonCard";
import { Settings } from "./Settings";

export function Dialogs({ dialog, chat }: { dialog: Dialog; chat: ChatState }) {
  const app = useChat();
  const close = () => app.open(null);
  const info = "room" in dialog ? chat.rooms.get(dialog.room)?.info : undefined;
  switch (dialog.is) {
    case "create":
      return <CreateDialog close={close} longest={chat.limits.room_name_chars} />;
    case "join":
      return <JoinDialog close={close} />;
    case "people":
      return <PeopleDialog close={close} />;
    case "settings":
      return <Settings chat={chat} close={close} />;
    case "person":
      return <PersonCard key={dialog.user} chat={chat} user={dialog.user} close={close} />;
    case "delete":
      return <DeleteDialog {...dialog} close={close} />;
    case "leave":
      return info ? <LeaveDialog chat={chat} info={info} close={close} /> : null;
    case "details":
      return info ? <DetailsDialog chat={chat} info={info} close={close} /> : null;
  }
}

interface BoxProps {
  title: string;
  close(): void;
  children: ComponentChildren;
}

/** A modal box: takes the focus, gives it back, closes by Escape. */
export function Box({ title, close, children }: BoxProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = box;
    current?.showModal();
    return () => current?.close();
  }, []);
  // The panel in Galaxy closes by Escape as well; this one is spent.
  const onKeyDown = (event: KeyboardEvent) => event.key === "Escape" && event.stopPropagation();
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={close} onKeyDown={onKeyDown}>
      <h2 id="dialog-title" dir="auto">{title}</h2>
      {children}
    </dialog>
  );
}

interface Props {
  title: string;
  text: string;
  action: string;
  danger?: boolean;
  /** The wait for the server is this dialog's; `submit` says how it went. */
  submit(done: Outcome): void;
  close(): void;
  children?: ComponentChildren;
}

function Question({ title, text, action, danger, submit, close, children }: Props) {
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const done: Outcome = (refused, room) => {
    setBusy(false);
    if (refused !== null) return setRefusal(refused);
    close();
    if (room !== undefined) location.hash = roomHash(room);
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setRefusal("");
    setBusy(true);
    submit(done);
  };
  return (
    <Box title={title} close={close}>
      <form onSubmit={onSubmit}>
        <p>{text}</p>
        {children}
        <p class="refusal" role="alert">{refusal}</p>
        <div class="buttons">
          <button type="button" onClick={close}>{t("dialog.cancel")}</button>
          <button class={danger ? "primary danger" : "primary"} type="submit" disabled={busy}>{busy ? t("dialog.busy") : action}</button>
        </div>
      </form>
    </Box>
  );
}

interface FieldProps {
  label: string;
  value: string;
  set(value: string): void;
  required?: boolean;
  maxLength?: number;
}

function Field({ label, value, set, required, maxLength }: FieldProps) {
  return (
    <label class="input">
      <span>{label}</span>
      <input dir="auto" autocomplete="off" value={value} required={required} maxLength={maxLength} onInput={(event) => set(event.currentTarget.value)} />
    </label>
  );
}

const TOPIC = 500;
type Kind = "open" | "private";

function CreateDialog({ close, longest }: { close(): void; longest: number }) {
  const app = useChat();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [kind, setKind] = useState<Kind>("open");
  const submit = (done: Outcome) => app.membership.enter({ type: "create", name: name.trim(), topic: topic.trim(), kind }, done);
  const choice = (one: Kind) => (
    <label>
      <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
      <span><strong>{t(`create.${one}`)}</strong> {t(`create.${one}.text`)}</span>
    </label>
  );
  return (
    <Question title={t("create.title")} text={t("create.text")} action={t("create.do")} submit={submit} close={close}>
      <Field label={t("create.name")} value={name} set={setName} required maxLength={longest} />
      <Field label={t("create.topic")} value={topic} set={setTopic} maxLength={TOPIC} />
      <fieldset class="choices">
        <legend>{t("create.who")}</legend>
        {choice("open")}
        {choice("private")}
      </fieldset>
    </Question>
  );
}

function JoinDialog({ close }: { close(): void }) {
  const app = useChat();
  const [name, setName] = useState("");
  const submit = (done: Outcome) => app.membership.enter({ type: "join", name: name.trim() }, done);
  return (
    <Question title={t("join.title")} text={t("join.text")} action={t("join.do")} submit={submit} close={close}>
      <Field label={t("join.name")} value={name} set={setName} required />
    </Question>
  );
}

function PeopleDialog({ close }: { close(): void }) {
  const app = useChat();
  const [refusal, setRefusal] = useState("");
  const write = ({ id }: Person) =>
    app.membership.enter({ type: "direct", user: id }, (refused, room) => {
      if (refused !== null) return setRefusal(refused);
      close();
      location.hash = roomHash(room!);
    });
  return (
    <Box title={t("people.title")} close={close}>
      <p>{t("people.text")}</p>
      <PeopleField label={t("people.label")} pick={write} />
      <p class="refusal" role="alert">{refusal}</p>
      <div class="buttons"><button type="button" onClick={close}>{t("dialog.cancel")}</button></div>
    </Box>
  );
}

function LeaveDialog({ chat, info, close }: { chat: ChatState; info: Room; close(): void }) {
  const app = useChat();
  const submit = (done: Outcome) => {
    app.membership.leave(info.room);
    done(null);
  };
  const text = t(info.kind === "private" ? "leave.private" : "leave.text");
  return <Question title={t("leave.title", { room: roomName(chat.names, info) })} text={text} action={t("leave.do")} submit={submit} close={close} />;
}

function DeleteDialog({ room, seq, close }: { room: number; seq: number; close(): void }) {
  const app = useChat();
  const submit = (done: Outcome) => {
    remove(app, room, seq);
    done(null);
  };
  return <Question title={t("delete.title")} text={t("delete.text")} action={t("delete.do")} danger submit={submit} close={close} />;
}

/** What a room is; and, for whom it is to decide, its name and topic. */
function DetailsDialog({ chat, info, close }: { chat: ChatState; info: Room; close(): void }) {
  const app = useChat();
  const [name, setName] = useState(info.name);
  const [topic, setTopic] = useState(info.topic);
  const may = info.can.includes("change");
  const named = may && (info.kind === "open" || info.kind === "private");
  const about = t(`details.${info.kind}`, { room: roomName(chat.names, info) });
  if (!may) {
    return (
      <Box title={roomName(chat.names, info)} close={close}>
        {info.topic && <p dir="auto">{info.topic}</p>}
        <p>{about}</p>
        {info.owner != null && <p>{t("details.owner", { name: displayName(chat.names, info.owner) })}</p>}
        <div class="buttons"><button type="button" onClick={close}>{t("dialog.close")}</button></div>
      </Box>
    );
  }
  const submit = (done: Outcome) => {
    const changed = { ...(named && name.trim() !== info.name && { name: name.trim() }), ...(topic.trim() !== info.topic && { topic: topic.trim() }) };
    if (Object.keys(changed).length === 0) return done(null);
    app.ask({ type: "change_room", room: info.room, ...changed }, (answer) => {
      done(answer.type === "ok" ? null : answer.type === "error" ? answer.detail : t("notice.lost"));
    });
  };
  return (
    <Question title={t(named ? "room.change" : "room.changeTopic")} text={about} action={t("details.do")} submit={submit} close={close}>
      {named && <Field label={t("create.name")} value={name} set={setName} required maxLength={chat.limits.room_name_chars} />}
      <Field label={t("details.topic")} value={topic} set={setTopic} maxLength={TOPIC} />
    </Question>
  );
}
