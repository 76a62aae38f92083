/*
 * Messages on their way. Per room one `send` at a time, in the order written; each keeps its nonce until the server
 * has answered, whatever happens to the connection or the page, so that nothing is posted twice and nothing is lost.
 */
import { jittered } from "../connection/backoff";
import type { Answer, Listener } from "../connection/requests";
import type { Keys } from "../storage/keys";
import type { Message, Send } from "../wire/generated";
import { newNonce, type Pending, restore } from "./pending";

export type Items = ReadonlyMap<number, readonly Pending[]>;

/** Refusals that say nothing about the message: the same command goes again. */
export const PASSING = new Set(["rate_limited", "slow_mode", "unavailable", "internal"]);

export class Outbox {
  #items = new Map<number, readonly Pending[]>();
  /** Subscribed rooms, each with the revision it was caught up to. */
  #ready = new Map<number, number>();
  #pauses = new Map<number, { tries: number; timer?: ReturnType<typeof setTimeout> }>();
  #keys: Keys | null = null;

  constructor(
    private readonly ask: (command: Send, listener: Listener) => void,
    private readonly changed: (items: Items) => void,
    private readonly random: () => number = Math.random,
  ) {}

  /** From `welcome` on it is known whose messages these are; `carry` keeps what is in memory. */
  use(keys: Keys, carry: boolean): void {
    const held = carry ? [...this.#items.values()].flat() : [];
    this.#keys = keys;
    this.#items.clear();
    const kept = keys.names("out:").map((name) => restore(keys.get(name), Date.now())).filter((item) => item !== null);
    const all = new Map([...kept, ...held].map((item) => [item.nonce, item]));
    for (const item of [...all.values()].sort((one, other) => one.at - other.at)) this.#put(item);
    this.#tell();
  }

  add(room: number, text: string, since: number, replyTo?: number): void {
    this.#put({ nonce: newNonce(), room, text, replyTo, at: Date.now(), state: "waiting", tried: false, since });
    this.#tell();
    this.#pump(room);
  }

  /** The room is subscribed and caught up with: what waited goes now. */
  ready(room: number, last: number): void {
    for (const item of this.#of(room)) if (item.seq !== undefined && item.seq <= last) this.#drop(item);
    this.#ready.set(room, last);
    this.#tell();
    this.#pump(room);
  }

  lost(): void {
    this.#ready.clear();
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    this.#pauses.clear();
    for (const item of [...this.#items.values()].flat()) if (item.state === "sending") this.#put({ ...item, state: "waiting" });
    this.#tell();
  }

  /** A message came; it may be one of these. */
  seen(message: Message): void {
    const mine = this.#of(message.room).find(
      (item) => item.nonce === message.nonce || (item.seq !== undefined && item.seq === message.seq),
    );
    if (!mine) return;
    this.#drop(mine);
    this.#tell();
  }

  retry(item: Pending): void {
    const nonce = item.code === "nonce_reused" || item.code === undefined ? newNonce() : item.nonce;
    // What it answers may have been deleted: then it stands alone.
    const replyTo = item.code === "no_such_message" ? undefined : item.replyTo;
    this.#drop(item);
    this.#put({ ...item, nonce, replyTo, at: Date.now(), state: "waiting", code: undefined, detail: undefined });
    this.#tell();
    this.#pump(item.room);
  }

  discard(item: Pending): void {
    this.#drop(item);
    this.#tell();
  }

  forget(): void {
    this.lost();
    this.#items.clear();
    this.#keys = null;
    this.#tell();
  }

  #pump(room: number): void {
    const items = this.#of(room);
    const busy = items.some((item) => item.state === "sending");
    const next = items.find((item) => item.state === "waiting");
    if (!next || busy || !this.#ready.has(room) || this.#pauses.get(room)?.timer !== undefined) return;
    this.#put({ ...next, state: "sending", tried: true });
    this.#tell();
    const { text, nonce, replyTo } = next;
    this.ask({ type: "send", room, text, nonce, ...(replyTo !== undefined && { reply_to: replyTo }) }, (answer) => this.#answered(nonce, room, answer));
  }

  #answered(nonce: string, room: number, answer: Answer): void {
    const item = this.#of(room).find((one) => one.nonce === nonce);
    if (answer.type === "lost") return; // `lost` has put it back already
    const passing = answer.type === "error" && PASSING.has(answer.code);
    if (!passing) this.#pauses.delete(room);
    if (item && answer.type === "sent") this.#acknowledged(item, answer.seq);
    if (item && answer.type === "error") this.#refused(item, answer, passing);
    this.#tell();
    if (passing) this.#pause(room, answer.retry_after ?? null);
    else this.#pump(room);
  }

  /** No event follows for what had been posted on an earlier connection: it came with the join. */
  #acknowledged(item: Pending, seq: number): void {
    if (seq <= (this.#ready.get(item.room) ?? 0)) this.#drop(item);
    else this.#put({ ...item, state: "sent", seq });
  }

  #refused(item: Pending, { code, detail }: { code: string; detail: string }, passing: boolean): void {
    this.#put(passing ? { ...item, state: "waiting" } : { ...item, state: "failed", code, detail });
  }

  #pause(room: number, seconds: number | null): void {
    const tries = (this.#pauses.get(room)?.tries ?? 0) + 1;
    const ms = seconds === null ? 500 + jittered(tries, this.random()) : seconds * 1000;
    const timer = setTimeout(() => {
      this.#pauses.set(room, { tries });
      this.#pump(room);
    }, ms);
    this.#pauses.set(room, { tries, timer });
  }

  #of(room: number): readonly Pending[] {
    return this.#items.get(room) ?? [];
  }

  /** Adds it at the end, or puts it in the place of its older state. What is durable on the server need not be here. */
  #put(item: Pending): void {
    const items = this.#of(item.room);
    const at = items.findIndex(({ nonce }) => nonce === item.nonce);
    this.#items.set(item.room, at < 0 ? [...items, item] : items.with(at, item));
    if (item.state === "sent") this.#keys?.remove(name(item));
    else this.#keys?.set(name(item), JSON.stringify(item));
  }

  #drop(item: Pending): void {
    this.#items.set(item.room, this.#of(item.room).filter(({ nonce }) => nonce !== item.nonce));
    this.#keys?.remove(name(item));
  }

  #tell(): void {
    this.changed(new Map(this.#items));
  }
}

function name({ room, nonce }: Pending): string {
  return `out:${room}:${nonce}`;
}
