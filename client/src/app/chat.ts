/* The application without its screen: puts its parts together, of which the screen asks things, and tells them what happens. */
import { Connection } from "../connection/connection";
import type { Diagnosis } from "../connection/diagnosis";
import type { Link } from "../connection/machine";
import type { Answer, Listener } from "../connection/requests";
import { t } from "../i18n";
import { applyEvent, applyWelcome, type Consequence, disconnected, updateRoom, withUsers } from "../store/chat";
import { Observable } from "../store/observable";
import { hold, trim } from "../store/room";
import { Choice, Keys, removeEverybodys } from "../storage/keys";
import type { AnyCommand, AnyEvent, Joined, Message, Welcome } from "../wire/generated";
import { Away } from "./away";
import { type Core, updateChat } from "./core";
import { Loading } from "./loading";
import { Membership } from "./membership";
import { Reading } from "./reading";
import { parseRoute } from "./route";
import { Showing } from "./showing";
import { type AppState, type Dialog, initialState } from "./state";
import { TypingWatch } from "./typing";
import { Writing } from "./writing";

/** The world around: a browser, or a test. */
export interface Surroundings {
  base: string;
  storage: Storage | null;
  makeSocket: () => WebSocket;
  /** What is wrong when no connection comes about. */
  diagnose(): Promise<Diagnosis>;
  hash: string;
  focused: boolean;
  random?: () => number;
}

const LONG_TAIL = 400;
const SHORT_TAIL = 100;

export class Chat implements Core {
  readonly state: Observable<AppState>;
  readonly reading: Reading;
  readonly loading: Loading;
  readonly membership: Membership;
  readonly showing: Showing;
  readonly writing: Writing;
  readonly #connection: Connection;
  readonly #choice: Choice;
  readonly #typing: TypingWatch;
  readonly #away: Away;
  #keys: Keys | null = null;
  /** Who else wants to know of new messages. */
  readonly onArrival = new Set<(message: Message) => void>();

  constructor(private readonly world: Surroundings) {
    const random = world.random ?? Math.random;
    this.#choice = new Choice(world.storage);
    this.state = new Observable(initialState(this.#choice.get(), parseRoute(world.hash), world.focused));
    this.#connection = new Connection(world.makeSocket, this.#connectionEvents(), random);
    this.#typing = new TypingWatch((typing) => this.state.patch({ typing }));
    this.#away = new Away((away) => this.state.patch({ away }));
    this.reading = new Reading(this, random);
    this.loading = new Loading(this);
    this.membership = new Membership(this, (all) => all.forEach((one) => this.#follow(one)), (reply) => this.#joined(reply));
    this.showing = new Showing(this, this.reading, this.loading);
    this.writing = new Writing(this, this.loading, random);
  }

  get keys(): Keys | null {
    return this.#keys;
  }

  start(): void {
    if (this.state.get().choice) this.#connection.goOnline();
  }

  // ---- what the screen asks for

  goOnline(): void {
    this.#choose(true);
    this.#connection.goOnline();
  }

  goOffline(): void {
    this.reading.leave();
    this.#choose(false);
    this.#connection.goOffline();
  }

  open(dialog: Dialog | null): void {
    this.state.patch({ dialog });
  }

  /** An answer that is no refusal is no complaint. */
  complain(answer: Answer): void {
    if (answer.type === "error") this.state.patch({ notice: answer.detail });
    if (answer.type === "lost") this.state.patch({ notice: t("notice.lost") });
  }

  focus(focused: boolean): void {
    if (!focused) this.writing.drafts.flush();
    this.reading.focus(focused);
  }

  awake(): void {
    this.#connection.awake();
  }

  dismissNotice(): void {
    this.state.patch({ notice: "" });
  }

  ask(command: AnyCommand, listener: Listener): void {
    this.#connection.ask(command, listener);
  }

  tell(command: AnyCommand): void {
    this.#connection.tell(command);
  }

  // ---- what happens

  #connectionEvents() {
    return {
      changed: (link: Link) => {
        this.state.patch({ link });
        this.#away.linkChanged(link);
      },
      welcome: (event: Welcome) => this.#welcome(event),
      event: (event: AnyEvent) => this.#event(event),
      lost: () => this.#lost(),
      diagnose: () => void this.#diagnose(),
      hide: () => this.state.patch({ hidden: true, notice: "", dialog: null }),
      forget: () => {
        removeEverybodys(this.world.storage, this.world.base);
        this.#forget();
      },
    };
  }

  #choose(choice: boolean): void {
    this.#choice.set(choice);
    this.state.patch({ choice, diagnosis: null });
  }

  #welcome(event: Welcome): void {
    const { chat: before } = this.state.get();
    const sameUser = before?.you.id === event.you.id;
    if (!sameUser) this.#forget();
    if (!this.#keys || before?.epoch !== event.epoch) this.#unlock(event, sameUser);
    const chat = applyWelcome(sameUser ? before : null, event);
    this.state.patch({ chat, hidden: false, diagnosis: null });
    this.showing.follow();
    this.#joinAll(chat.rooms.keys());
  }

  #unlock(event: Welcome, carry: boolean): void {
    this.#keys = new Keys(this.world.storage, this.world.base, event.epoch, event.you.id);
    this.#keys.removeOthers();
    this.writing.use(this.#keys, carry);
  }

  /** The room that is looked at comes first. */
  #joinAll(rooms: Iterable<number>): void {
    const shown = this.state.get().view?.room;
    const order = [...rooms].sort((one, other) => Number(other === shown) - Number(one === shown));
    for (const room of order) this.membership.resume(room);
  }

  #joined({ room: info }: Joined): void {
    this.reading.known(info.room, info.read);
    this.writing.outbox.ready(info.room, info.rev);
    this.showing.joined();
  }

  #event(event: AnyEvent): void {
    const { chat } = this.state.get();
    if (!chat) return;
    const [next, consequences] = applyEvent(chat, event);
    this.state.patch({ chat: next });
    if (event.type === "read") this.reading.known(event.room, event.seq);
    if (event.type === "message") this.writing.outbox.seen(event.message);
    consequences.forEach((one) => this.#follow(one));
  }

  #follow(consequence: Consequence): void {
    switch (consequence.is) {
      case "join":
        return this.membership.resume(consequence.room);
      case "typing":
        return this.#typing.heard(consequence.room, consequence.user);
      case "gone":
        return this.#gone(consequence.room);
      case "arrived":
        return this.#arrived(consequence.message, consequence.live);
      case "back":
        return this.#back();
      case "notice":
        return this.state.patch({ notice: consequence.text });
    }
  }

  #arrived(message: Message, live: boolean): void {
    const { chat, view } = this.state.get();
    this.#typing.stopped(message.room, message.user);
    if (!live || !chat) return;
    this.reading.arrived(message);
    for (const tell of this.onArrival) tell(message);
    const isShown = view?.room === message.room;
    if (!isShown || view.atBottom) updateChat(this, (one) => updateRoom(one, message.room, (held) => trim(held, LONG_TAIL, SHORT_TAIL)));
  }

  #back(): void {
    this.ask({ type: "rooms" }, (answer) => {
      if (answer.type !== "rooms") return this.complain(answer);
      updateChat(this, (chat) => withUsers({ ...chat, rooms: new Map(answer.rooms.map((info) => [info.room, hold(info)])) }, answer.users));
      this.showing.follow();
      this.#joinAll(answer.rooms.map(({ room }) => room));
    });
  }

  #gone(room: number): void {
    if (this.state.get().view?.room !== room) return;
    this.state.patch({ notice: t("notice.left"), route: { is: "none" } });
    this.showing.follow();
  }

  #lost(): void {
    updateChat(this, disconnected);
    this.writing.outbox.lost();
    this.#typing.clear();
  }

  async #diagnose(): Promise<void> {
    const diagnosis = await this.world.diagnose();
    if (this.state.get().link.phase !== "online" && this.state.get().choice) this.state.patch({ diagnosis });
  }

  /** The last user's traces go from memory and from the screen. */
  #forget(): void {
    this.#keys = null;
    this.writing.forget();
    this.reading.forget();
    this.#typing.clear();
    this.state.patch({ chat: null, view: null, notice: "", spoken: "", composing: new Map(), dialog: null, side: undefined });
  }
}
