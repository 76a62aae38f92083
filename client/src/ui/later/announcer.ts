/* What a screen reader says of new messages: bursts together, and gone after a moment so that nobody reads it twice. */
import type { Chat } from "../../app/chat";
import { count, t } from "../../i18n";
import { displayName } from "../names";

const BURST = 400;
const SHOWN = 1200;
const MOST = 4;

export class Announcer {
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly say: (text: string) => void,
    private readonly summarize: (left: number) => string,
  ) {}

  add(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#speak(), BURST);
  }

  #speak(): void {
    const said = this.#waiting.slice(0, MOST);
    const left = this.#waiting.length - said.length;
    this.#waiting = [];
    this.say([...said, ...(left > 0 ? [this.summarize(left)] : [])].join("\n"));
    this.#timer = setTimeout(() => this.#clear(), SHOWN);
  }

  #clear(): void {
    this.#timer = undefined;
    this.say("");
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#speak(), BURST);
  }
}

const LONGEST = 500;

/** From now on what arrives in the room that is shown is told of; by others, and not by those one ignores. */
export function announce(app: Chat): void {
  const announcer = new Announcer((spoken) => app.state.patch({ spoken }), (left) => count("announce.more", left));
  app.onArrival.add(({ room, user, text }) => {
    const { chat, view } = app.state.get();
    if (!chat || view?.room !== room || user === chat.you.id || chat.ignored.has(user)) return;
    announcer.add(t("announce.message", { name: displayName(chat.names, user), text: text.slice(0, LONGEST) }));
  });
}
