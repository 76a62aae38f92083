/* The questions that are asked in front of the page: a new room's name, an existing one's, and "really leave?". */
import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Outcome } from "../../app/membership";
import { roomHash } from "../../app/route";
import { t } from "../../i18n";
import type { Room } from "../../wire/generated";
import { useChat } from "../context";

interface Props {
  title: string;
  text: string;
  action: string;
  /** The wait for the server is this dialog's; `submit` says how it went. */
  submit(done: Outcome): void;
  close(): void;
  children?: ComponentChildren;
}

function Dialog({ title, text, action, submit, close, children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => box.current?.showModal(), []);

  const done: Outcome = (refused, room) => {
    setBusy(false);
    if (refused !== null) return setRefusal(refused);
    box.current?.close();
    if (room !== undefined) location.hash = roomHash(room);
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setRefusal("");
    setBusy(true);
    submit(done);
  };

  return (
    <dialog ref={box} aria-labelledby="dialog-title" aria-describedby="dialog-text" onClose={close}>
      <form onSubmit={onSubmit}>
        <h2 id="dialog-title" dir="auto">{title}</h2>
        <p id="dialog-text">{text}</p>
        {children}
        <p class="refusal" role="alert">{refusal}</p>
        <div class="buttons">
          <button type="button" onClick={() => box.current?.close()}>{t("dialog.cancel")}</button>
          <button class="primary" type="submit" disabled={busy}>{busy ? t("dialog.busy") : action}</button>
        </div>
      </form>
    </dialog>
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

export function CreateDialog({ close, longest }: { close(): void; longest: number }) {
  const app = useChat();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const submit = (done: Outcome) => app.membership.create(name.trim(), topic.trim(), done);
  return (
    <Dialog title={t("create.title")} text={t("create.text")} action={t("create.do")} submit={submit} close={close}>
      <Field label={t("create.name")} value={name} set={setName} required maxLength={longest} />
      <Field label={t("create.topic")} value={topic} set={setTopic} maxLength={250} />
    </Dialog>
  );
}

export function JoinDialog({ close }: { close(): void }) {
  const app = useChat();
  const [name, setName] = useState("");
  const submit = (done: Outcome) => app.membership.byName(name.trim(), done);
  return (
    <Dialog title={t("join.title")} text={t("join.text")} action={t("join.do")} submit={submit} close={close}>
      <Field label={t("join.name")} value={name} set={setName} required />
    </Dialog>
  );
}

export function LeaveDialog({ info, close }: { info: Room; close(): void }) {
  const app = useChat();
  const submit = (done: Outcome) => {
    app.membership.leave(info.room);
    done(null);
  };
  return (
    <Dialog title={t("leave.title", { room: info.name })} text={t("leave.text")} action={t("leave.do")} submit={submit} close={close} />
  );
}
