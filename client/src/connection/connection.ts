/* Machine, socket, timers and requests put together: the one connection to the server. */
import { decode, encode } from "../wire/codec";
import type { AnyCommand, AnyEvent, Welcome } from "../wire/generated";
import { type Effect, type Happening, type Link, OFFLINE, step } from "./machine";
import { type Listener, Requests } from "./requests";
import { OneSocket } from "./socket";

export interface ConnectionEvents {
  changed(link: Link): void;
  welcome(event: Welcome): void;
  event(event: AnyEvent): void;
  lost(): void;
  diagnose(): void;
  hide(): void;
  forget(): void;
}

/** The server gives a socket 10 s to be admitted; the way there may take some more. */
const ADMISSION = 15_000;

export class Connection {
  #link = OFFLINE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #socket: OneSocket;
  readonly #requests: Requests;

  constructor(
    make: () => WebSocket,
    private readonly events: ConnectionEvents,
    private readonly random: () => number = Math.random,
  ) {
    this.#socket = new OneSocket(make, {
      frame: (data) => this.#frame(data),
      closed: (code, reason) => this.#closed(code, reason),
    });
    this.#requests = new Requests(
      (command) => this.tell(command),
      () => this.#drop(),
    );
  }

  get link(): Link {
    return this.#link;
  }

  goOnline(): void {
    this.#happen({ is: "go online" });
  }

  goOffline(): void {
    this.#happen({ is: "go offline" });
    this.#gone();
  }

  /** The network is back, or the page is looked at again. */
  awake(): void {
    this.#happen({ is: "awake" });
  }

  /** A command that has no reply. */
  tell(command: AnyCommand): void {
    this.#socket.send(encode(command));
  }

  ask(command: AnyCommand, listener: Listener): void {
    if (this.#link.phase === "online") this.#requests.ask(command, listener);
    else listener({ type: "lost" });
  }

  #frame(data: unknown): void {
    const event = decode(data);
    if (!event) return;
    if (event.type === "welcome") {
      clearTimeout(this.#timer);
      this.#happen({ is: "welcome", now: Date.now() });
      this.events.welcome(event);
    } else if (event.type === "bye") {
      this.#happen({ is: "bye", retryIn: event.retry_in });
    } else if (!this.#requests.answer(event)) {
      this.events.event(event);
    }
  }

  #closed(code: number, reason: string): void {
    this.#happen({ is: "closed", code, reason, now: Date.now() });
    this.#gone();
  }

  /** The peer is silent: leave it without waiting for it to agree. */
  #drop(): void {
    this.#socket.close();
    this.#closed(1006, "");
  }

  #gone(): void {
    this.#requests.lost();
    this.events.lost();
  }

  #happen(happening: Happening): void {
    const [link, effects] = step(this.#link, happening, this.random);
    const changed = link !== this.#link;
    this.#link = link;
    for (const effect of effects) this.#carryOut(effect);
    if (changed) this.events.changed(link);
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case "open":
        this.#later(ADMISSION, () => this.#drop());
        return this.#socket.open();
      case "close":
        return this.#socket.close();
      case "wait":
        return this.#later(effect.ms, () => this.#happen({ is: "due" }));
      case "stop waiting":
        return clearTimeout(this.#timer);
      case "diagnose":
        return this.events.diagnose();
      case "hide":
        return this.events.hide();
      case "forget":
        return this.events.forget();
    }
  }

  /** One timer serves both: a link either waits to open or waits to be let in. */
  #later(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}
