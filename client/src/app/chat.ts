/* The application without its screen: everything that happens passes here, everything the screen can ask for starts here. */
import { Connection } from "../connection/connection";
import type { Diagnosis } from "../connection/diagnosis";
import type { Link } from "../connection/machine";
import type { Answer, Listener } from "../connection/requests";
import { Drafts } from "../drafts/drafts";
import { t } from "../i18n";
import type { Pending } from "../outbox/pending";
import { Outbox } from "../outbox/outbox";
import { applyEvent, applyWelcome, type Consequence, disconnected, updateRoom, withUsers } from "../store/chat";
import { Observable } from "../store/observable";
import { hold, type HeldRoom, trim } from "../store/room";
import { Choice, Keys, removeEverybodys } from "../storage/keys";
import type { AnyCommand, AnyEvent, Joined, Message, Welcome } from "../wire/generated";
import { type Core, updateChat } from "./core";
import { Loading } from "./loading";
import { Membership } from "./membership";
import { Reading } from "./reading";
import { parseRoute, roomHash, type Route, sameName } from "./route";
import { type AppState, type Composing, type Dialog, initialState } from "./state";
import { TypingNews, TypingWatch } from "./typing";

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

const AWAY = 3_000;
const TYPING_AUDIENCE = 25;
const LONG_TAIL = 400;
const SHORT_TAIL = 100;

export class Chat implements Core {
  readonly state: Observable<AppState>;
  readonly drafts = new Drafts();
  readonly reading: Reading;
  readonly loading: Loading;
  readonly membership: Membership;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #choice: Choice;
  readonly #typing: TypingWatch;
  readonly #typingNews = new TypingNews();
  #keys: Keys | null = null;
  /** Who else wants to know of new messages. */
  readonly onArrival = new Set<(message: Message) => void>();
  onInsertion: ((words: string, all: boolean) => void) | null = null;
  /** Whether the address still waits to be followed: once, lest a reconnection jump again. */
  #following = true;
  #awayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly world: Surroundings) {
    const random = world.random ?? Math.random;
    this.#choice = new Choice(world.storage);
    this.state = new Observable(initialState(this.#choice.get(), parseRoute(world.hash), world.focused));
    this.#connection = new Connection(world.makeSocket, this.#connectionEvents(), random);
    this.#outbox = new Outbox((command, listener) => this.ask(command, listener), (pending) => this.state.patch({ pending }), random);
    this.#typing = new TypingWatch((typing) => this.state.patch({ typing }));
    this.reading = new Reading(this, random);
    this.loading = new Loading(this);
    this.membership = new Membership(this, (all) => all.forEach((one) => this.#follow(one)), (reply) => this.#joined(reply));
  }

  /** What is written down in this browser, once it is known for whom. */
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

  navigate(hash: string): void {
    this.state.patch({ route: parseRoute(hash) });
    this.#following = true;
    this.#showRoute();
  }

  /** Shows a message, wherever it is, and points it out. */
  jump(room: number, seq: number): void {
    if (this.state.get().view?.room !== room) return void (location.hash = roomHash(room, seq));
    this.reading.show(room, seq);
    this.loading.bring(room, seq);
  }

  /** What the composer of a room is about from now on; null: a new message. */
  compose(room: number, what: Composing | null): void {
    const composing = new Map(this.state.get().composing);
    if (what) composing.set(room, what);
    else composing.delete(room);
    this.state.patch({ composing });
  }

  /** Sends what was written, as what it was written: a message, an answer, or a correction. */
  send(room: number, text: string): void {
    const what = this.state.get().composing.get(room);
    if (what?.is === "edit") return this.#edit(room, what.seq, cleaned(text));
    const last = this.state.get().chat?.rooms.get(room)?.last ?? 0;
    this.drafts.set(room, "");
    this.compose(room, null);
    this.loading.latest(room);
    this.#typingNews.sent();
    this.#outbox.add(room, cleaned(text), last, what?.seq);
  }

  #edit(room: number, seq: number, text: string): void {
    this.ask({ type: "edit", room, seq, text }, (answer) => {
      if (answer.type === "ok") this.compose(room, null);
      else this.complain(answer);
    });
  }

  /** One's own last message is what is written, until that is done or given up. */
  editLast(room: number): void {
    const { chat } = this.state.get();
    const mine = chat?.rooms.get(room)?.tail.findLast(({ user, deleted }) => user === chat.you.id && !deleted);
    if (mine) this.compose(room, { is: "edit", seq: mine.seq });
  }

  /** Puts words where the reader writes, or in the place of all that is written there. */
  insert(words: string, all = false): void {
    this.onInsertion?.(words, all);
  }

  /** The room that this user was in last, while it is still one of theirs. */
  get lastRoom(): number | null {
    const room = Number(this.#keys?.get("room"));
    return this.state.get().chat?.rooms.has(room) ? room : null;
  }

  open(dialog: Dialog | null): void {
    this.state.patch({ dialog });
  }

  /** Tells the reader of a refusal; an answer that is none is no complaint. */
  complain(answer: Answer): void {
    if (answer.type === "error") this.state.patch({ notice: answer.detail });
    if (answer.type === "lost") this.state.patch({ notice: t("notice.lost") });
  }

  retry(item: Pending): void {
    this.#outbox.retry(item);
  }

  discard(item: Pending): void {
    this.#outbox.discard(item);
  }

  typing(room: number): void {
    const { chat, link } = this.state.get();
    const present = chat?.rooms.get(room)?.info.present ?? 0;
    const heard = link.phase === "online" && !chat?.you.read_only && present > 1 && present <= TYPING_AUDIENCE;
    if (heard && this.#typingNews.due(Date.now())) this.#connection.tell({ type: "typing", room });
  }

  focus(focused: boolean): void {
    if (!focused) this.drafts.flush();
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

  // ---- what happens

  #connectionEvents() {
    return {
      changed: (link: Link) => this.#linkChanged(link),
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

  #linkChanged(link: Link): void {
    this.state.patch({ link });
    const isAway = link.phase === "waiting" || link.phase === "connecting";
    if (!isAway) {
      clearTimeout(this.#awayTimer);
      this.#awayTimer = undefined;
      this.state.patch({ away: false });
    } else {
      this.#awayTimer ??= setTimeout(() => this.state.patch({ away: true }), AWAY);
    }
  }

  #welcome(event: Welcome): void {
    const { chat: before } = this.state.get();
    const sameUser = before?.you.id === event.you.id;
    if (!sameUser) this.#forget();
    if (!this.#keys || before?.epoch !== event.epoch) this.#unlock(event, sameUser);
    const chat = applyWelcome(sameUser ? before : null, event);
    this.state.patch({ chat, hidden: false, diagnosis: null });
    this.#showRoute();
    this.#joinAll(chat.rooms.keys());
  }

  #unlock(event: Welcome, carry: boolean): void {
    this.#keys = new Keys(this.world.storage, this.world.base, event.epoch, event.you.id);
    this.#keys.removeOthers();
    this.drafts.use(this.#keys, carry);
    this.#outbox.use(this.#keys, carry);
  }

  /** The room that is looked at comes first. */
  #joinAll(rooms: Iterable<number>): void {
    const shown = this.state.get().view?.room;
    const order = [...rooms].sort((one, other) => Number(other === shown) - Number(one === shown));
    for (const room of order) this.membership.resume(room);
  }

  #joined({ room: info }: Joined): void {
    this.reading.known(info.room, info.read);
    this.#outbox.ready(info.room, info.rev);
    if (this.#following) this.#showRoute();
  }

  #event(event: AnyEvent): void {
    const { chat } = this.state.get();
    if (!chat) return;
    const [next, consequences] = applyEvent(chat, event);
    this.state.patch({ chat: next });
    if (event.type === "read") this.reading.known(event.room, event.seq);
    if (event.type === "message") this.#outbox.seen(event.message);
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
      this.#showRoute();
      this.#joinAll(answer.rooms.map(({ room }) => room));
    });
  }

  #gone(room: number): void {
    if (this.state.get().view?.room !== room) return;
    this.state.patch({ notice: t("notice.left"), route: { is: "none" } });
    this.#showRoute();
  }

  #lost(): void {
    updateChat(this, disconnected);
    this.#outbox.lost();
    this.#typing.clear();
  }

  async #diagnose(): Promise<void> {
    const diagnosis = await this.world.diagnose();
    if (this.state.get().link.phase !== "online" && this.state.get().choice) this.state.patch({ diagnosis });
  }

  /** The last user's traces go from memory and from the screen. */
  #forget(): void {
    this.#keys = null;
    this.drafts.forget();
    this.#outbox.forget();
    this.reading.forget();
    this.#typing.clear();
    this.state.patch({ chat: null, view: null, notice: "", spoken: "", composing: new Map(), dialog: null, side: undefined });
  }

  #showRoute(): void {
    const { route, chat } = this.state.get();
    const held = chat ? meant(route, [...chat.rooms.values()]) : undefined;
    const seq = this.#following && route.is === "room" ? route.seq : undefined;
    this.reading.show(held?.info.room ?? null, seq);
    if (held) this.#keys?.set("room", String(held.info.room));
    if (held?.subscription !== "live") return;
    this.#following = false;
    if (seq !== undefined) this.loading.bring(held.info.room, seq);
  }
}

/** Without the control characters that the wire forbids; a terminal's output has them. */
function cleaned(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, "");
}

function meant(route: Route, rooms: readonly HeldRoom[]): HeldRoom | undefined {
  if (route.is === "none") return undefined;
  return rooms.find(({ info }) => (route.is === "room" ? info.room === route.room : sameName(info.name, route.name)));
}
