/* What is written: drafts, answers, corrections, and messages until the server has them. */
import { Drafts } from "../drafts/drafts";
import { Outbox } from "../outbox/outbox";
import type { Keys } from "../storage/keys";
import type { Core } from "./core";
import type { Loading } from "./loading";
import type { Composing } from "./state";
import { TypingNews } from "./typing";

const TYPING_AUDIENCE = 25;

export class Writing {
  readonly drafts = new Drafts();
  readonly outbox: Outbox;
  readonly #typingNews = new TypingNews();
  /** The composer, while there is one. */
  onInsertion: ((words: string, all: boolean) => void) | null = null;

  constructor(
    private readonly core: Core,
    private readonly loading: Loading,
    random: () => number,
  ) {
    this.outbox = new Outbox((command, listener) => core.ask(command, listener), (pending) => core.state.patch({ pending }), random);
  }

  /** What the composer of a room is about from now on; null: a new message. */
  compose(room: number, what: Composing | null): void {
    const composing = new Map(this.core.state.get().composing);
    if (what) composing.set(room, what);
    else composing.delete(room);
    this.core.state.patch({ composing });
  }

  /** One's own last message is what is written, until that is done or given up. */
  editLast(room: number): void {
    const { chat } = this.core.state.get();
    const mine = chat?.rooms.get(room)?.tail.findLast(({ user, deleted }) => user === chat.you.id && !deleted);
    if (mine) this.compose(room, { is: "edit", seq: mine.seq });
  }

  /** Sends what was written, as what it was written: a message, an answer, or a correction. */
  send(room: number, text: string): void {
    const { chat, composing } = this.core.state.get();
    const what = composing.get(room);
    if (what?.is === "edit") return this.#edit(room, what.seq, cleaned(text));
    const last = chat?.rooms.get(room)?.last ?? 0;
    this.drafts.set(room, "");
    this.compose(room, null);
    this.loading.latest(room);
    this.#typingNews.sent();
    this.outbox.add(room, cleaned(text), last, what?.seq);
  }

  /** Puts words where the reader writes, or in the place of all that is written there. */
  insert(words: string, all = false): void {
    this.onInsertion?.(words, all);
  }

  /** Tells the others that something is being written, where there are others, and few enough to care. */
  typing(room: number): void {
    const { chat, link } = this.core.state.get();
    const present = chat?.rooms.get(room)?.info.present ?? 0;
    const heard = link.phase === "online" && !chat?.you.read_only && present > 1 && present <= TYPING_AUDIENCE;
    if (heard && this.#typingNews.due(Date.now())) this.core.tell({ type: "typing", room });
  }

  /** From `welcome` on it is known whose words these are; `carry` keeps what is in memory. */
  use(keys: Keys, carry: boolean): void {
    this.drafts.use(keys, carry);
    this.outbox.use(keys, carry);
  }

  forget(): void {
    this.drafts.forget();
    this.outbox.forget();
  }

  #edit(room: number, seq: number, text: string): void {
    this.core.ask({ type: "edit", room, seq, text }, (answer) => {
      if (answer.type === "ok") this.compose(room, null);
      else this.core.complain(answer);
    });
  }
}

/** Without the control characters that the wire forbids; a terminal's output has them. */
function cleaned(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, "");
}
