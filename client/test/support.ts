/* What tests are made of: things of the wire with sensible defaults, a socket and a storage that tests hold in hand. */
import type { AnyCommand, AnyEvent, Joined, Message, MessageEvent, Room, Welcome } from "../src/wire/generated";

export const ME = 1;
export const ALICE = 2;
export const ROOM = 7;

export function aMessage(seq: number, part: Partial<Message> = {}): Message {
  return { room: ROOM, seq, rev: seq, user: ALICE, at: "2026-05-01T12:00:00.000Z", text: `text ${seq}`, body: [["text", `text ${seq}`]], ...part };
}

export function aRoom(part: Partial<Room> = {}): Room {
  return {
    room: ROOM, name: "Lobby", kind: "lobby", topic: "", rev: 0, floor: 0, read: 0, unread: 0, mentions: 0,
    member: true, muted: false, present: 1, can: ["send"], ...part,
  };
}

export function aWelcome(part: Partial<Welcome> = {}): Welcome {
  return {
    type: "welcome", protocol: 1, version: "1", epoch: "e1", you: { id: ME, name: "me", role: "user", read_only: false },
    rooms: [aRoom()], users: [], limits: { message_chars: 6000, frame_bytes: 131072, room_name_chars: 64 }, ...part,
  };
}

export function aJoined(part: Partial<Joined> = {}): Joined {
  return { type: "joined", room: aRoom(), messages: [], more: false, users: [], ...part };
}

export function live(message: Message, rev = message.rev): MessageEvent {
  return { type: "message", room: message.room, rev, message, users: [] };
}

export function seqs(messages: readonly Message[]): number[] {
  return messages.map(({ seq }) => seq);
}

export class FakeSocket {
  static all: FakeSocket[] = [];
  readyState: number = WebSocket.CONNECTING;
  sent: AnyCommand[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }

  static make(): WebSocket {
    return new FakeSocket() as unknown as WebSocket;
  }

  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  /** Those that a server would count. */
  static get living(): FakeSocket[] {
    return FakeSocket.all.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
  }

  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as AnyCommand);
  }

  close(): void {
    this.readyState = WebSocket.CLOSING;
  }

  // ---- what the server does

  says(event: AnyEvent): void {
    this.readyState = WebSocket.OPEN;
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** Answers the newest unanswered command of this kind. */
  answers(type: AnyCommand["type"], event: AnyEvent): void {
    const asked = this.sent.findLast((command) => command.type === type);
    if (!asked) throw new Error(`nobody asked for ${type}`);
    this.says({ ...event, re: asked.id } as AnyEvent);
  }

  ends(code: number, reason = ""): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code, reason });
  }

  of<T extends AnyCommand["type"]>(type: T): Extract<AnyCommand, { type: T }>[] {
    return this.sent.filter((command) => command.type === type) as Extract<AnyCommand, { type: T }>[];
  }
}

export class FakeStorage implements Storage {
  readonly held = new Map<string, string>();
  full = false;

  get length(): number {
    return this.held.size;
  }
  clear(): void {
    this.held.clear();
  }
  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }
  key(at: number): string | null {
    return [...this.held.keys()][at] ?? null;
  }
  removeItem(key: string): void {
    this.held.delete(key);
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.held.set(key, value);
  }
}
