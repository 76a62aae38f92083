/* The browser's WebSocket behind four verbs. However they are called, there is never a second one beside the first. */

export interface SocketEvents {
  frame(data: unknown): void;
  closed(code: number, reason: string): void;
}

/** A peer that has gone without a word answers no close frame; nobody waits for it longer than this. */
const CLOSING_TIME = 3_000;

export class OneSocket {
  #current: WebSocket | null = null;
  #leaving: WebSocket | null = null;
  #wanted = false;

  constructor(
    private readonly make: () => WebSocket,
    private readonly events: SocketEvents,
  ) {}

  open(): void {
    if (this.#current) return;
    this.#wanted = true;
    if (!this.#leaving) this.#connect();
  }

  send(frame: string): void {
    if (this.#current?.readyState === WebSocket.OPEN) this.#current.send(frame);
  }

  /** Ends the connection; nothing more is heard of it. */
  close(): void {
    this.#wanted = false;
    const socket = this.#current;
    if (!socket) return;
    this.#current = null;
    this.#leaving = socket;
    const done = () => this.#left(socket);
    socket.onmessage = null;
    socket.onclose = done;
    socket.close(1000);
    setTimeout(done, CLOSING_TIME);
  }

  #left(socket: WebSocket): void {
    if (this.#leaving !== socket) return;
    this.#leaving = null;
    if (this.#wanted) this.#connect();
  }

  #connect(): void {
    this.#wanted = false;
    const socket = this.make();
    this.#current = socket;
    socket.onmessage = (event) => this.events.frame(event.data);
    socket.onclose = (event) => {
      this.#current = null;
      this.events.closed(event.code, event.reason);
    };
  }
}
