/*
 * Notifications of the browser: for a mention or a private word, never while any window shows the room, and one
 * for all windows of the user. They need a secure origin, and so may need what only those have: locks and channels.
 */
import type { Chat } from "../../app/chat";
import { roomHash } from "../../app/route";
import { t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import { mentions } from "../../store/unread";
import type { Message, Room } from "../../wire/generated";
import { displayName, roomName } from "../names";
import { firstLine } from "./answering";

/** How long other windows have to say that they show the room. */
const OBJECTION = 250;
/** After how long every window reads what one has written down. */
const KNOWN = 5_000;
const CHOICE = "notify";

export function permission(): NotificationPermission | "none" {
  return "Notification" in window && "locks" in navigator ? Notification.permission : "none";
}

export function wants(app: Chat): boolean {
  return app.keys?.get(CHOICE) === "1";
}

/** Only ever called by a click: browsers punish those who ask by themselves. */
export async function allow(app: Chat, on: boolean): Promise<void> {
  const granted = on ? (await Notification.requestPermission()) === "granted" : true;
  if (granted) app.keys?.set(CHOICE, on ? "1" : "0");
}

let channel: BroadcastChannel | null = null;

export function notify(app: Chat): void {
  if (typeof BroadcastChannel === "undefined") return;
  channel = new BroadcastChannel(`galaxychat:${new URL(".", document.baseURI).pathname}`);
  channel.addEventListener("message", ({ data }: MessageEvent<{ ask?: number }>) => {
    if (data.ask !== undefined && shows(app, data.ask)) channel?.postMessage({ shown: data.ask });
  });
  app.onArrival.add((message) => void consider(app, message));
}

/** Whether somebody who looks at this window sees the room. A frame that is not displayed has no width. */
function shows(app: Chat, room: number): boolean {
  return document.visibilityState === "visible" && innerWidth > 0 && app.state.get().view?.room === room;
}

export function concerns({ you, ignored }: ChatState, info: Room, message: Message): boolean {
  if (message.user === you.id || message.deleted || info.muted || ignored.has(message.user)) return false;
  return info.kind === "direct" || mentions(message.body, you.id);
}

async function consider(app: Chat, message: Message): Promise<void> {
  const { chat } = app.state.get();
  const info = chat?.rooms.get(message.room)?.info;
  if (!chat || !info || permission() !== "granted" || !wants(app) || !concerns(chat, info, message)) return;
  if (message.seq <= info.read || shows(app, message.room)) return;
  if ((await isFirst(app, message)) && !(await isShownElsewhere(message.room))) show(chat, info, message);
}

/**
 * One window takes the message; the others find that it is taken. Of those that hear of it now the lock tells, which is
 * held until the number, too, is known everywhere: what one window writes down, another may read a moment later.
 */
async function isFirst(app: Chat, { room, seq }: Message): Promise<boolean> {
  const { keys } = app;
  if (!keys) return false;
  const name = `told:${room}`;
  return new Promise((resolve) => {
    void navigator.locks.request(`galaxychat:notify:${keys.scope}:${room}:${seq}`, { ifAvailable: true }, async (lock) => {
      const isMine = lock !== null && Number(keys.get(name) ?? 0) < seq && keys.set(name, String(seq));
      resolve(isMine);
      if (isMine) await new Promise((released) => setTimeout(released, KNOWN));
    });
  });
}

function isShownElsewhere(room: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (shown: boolean) => {
      channel?.removeEventListener("message", listen);
      clearTimeout(timer);
      resolve(shown);
    };
    const listen = ({ data }: MessageEvent<{ shown?: number }>) => data.shown === room && done(true);
    const timer = setTimeout(() => done(false), OBJECTION);
    channel?.addEventListener("message", listen);
    channel?.postMessage({ ask: room });
  });
}

function show(chat: ChatState, info: Room, message: Message): void {
  const who = displayName(chat.names, message.user);
  const title = info.kind === "direct" ? who : t("notification.title", { name: who, room: roomName(chat.names, info) });
  const notification = new Notification(title, { body: firstLine(message), tag: `${info.room}` });
  notification.onclick = () => {
    window.focus();
    location.hash = roomHash(message.room, message.seq);
    notification.close();
  };
}
