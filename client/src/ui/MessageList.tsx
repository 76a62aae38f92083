/* The messages of one room: rows, scrolling, the keyboard. Another room is another list. */
import { Component, createRef, type ComponentChildren } from "preact";
import type { Chat } from "../app/chat";
import type { View } from "../app/state";
import { t } from "../i18n";
import { dayName } from "../i18n/time";
import type { Pending } from "../outbox/pending";
import type { ChatState } from "../store/chat";
import type { Message } from "../wire/generated";
import { type HeldRoom, loaded, shown } from "../store/room";
import { RoomStart, TrafficLine } from "./lazy";
import { MessageRow, PendingRow } from "./MessageRow";
import { roomName } from "./names";
import { type Row, rows, together } from "./rows";
import { anchor, type Anchor, isAtBottom, newestSeen, restore, rowOf, toBottom, toRow } from "./scrolling";

interface Props {
  app: Chat;
  chat: ChatState;
  held: HeldRoom;
  view: View;
  pending: readonly Pending[];
  focused: boolean;
}

interface State {
  /** The row that holds the list's one tab stop; null for the last. */
  active: string | null;
  pointed: string | null;
  /** The row under the pointer, or with the focus: it offers what can be done with its message. */
  hot: string | null;
}

interface Before {
  anchor: Anchor | null;
  stuck: boolean;
}

const LOAD_AHEAD = 500;
const POINTED = 2500;

export class MessageList extends Component<Props, State> {
  override state: State = { active: null, pointed: null, hot: null };
  readonly #box = createRef<HTMLDivElement>();
  readonly #content = createRef<HTMLDivElement>();
  #observer: ResizeObserver | null = null;
  /** Whether the list has found its first place: before that there is nothing to keep. */
  #placed = false;
  #stuck = true;
  #top = 0;
  /** The request that was followed last: it stays in the properties until the state comes round. */
  #reached: View["target"] = null;

  override componentDidMount(): void {
    this.#observer = new ResizeObserver(() => this.#resized());
    for (const { current } of [this.#box, this.#content]) if (current) this.#observer.observe(current);
    this.#settle(null, this.props);
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect();
  }

  override getSnapshotBeforeUpdate(): Before | null {
    const box = this.#box.current;
    if (!box || !this.#placed) return null;
    // The reader may have scrolled up without the browser having said so yet.
    if (box.scrollTop < this.#top) this.#stuck = isAtBottom(box);
    return { anchor: anchor(box), stuck: this.#stuck };
  }

  override componentDidUpdate(before: Props, _state: State, place: Before | null): void {
    this.#settle(place, before);
  }

  #settle(before: Before | null, old: Props): void {
    const box = this.#box.current;
    if (!box) return;
    const sentNow = this.props.pending.some((item) => !item.tried && !old.pending.includes(item));
    if (this.#reachTarget(box)) this.#placed = true;
    else if (!this.#placed) this.#firstPlace(box);
    else if (sentNow || (before?.stuck && !this.props.held.window)) toBottom(box);
    else if (before?.anchor) restore(box, before.anchor);
    this.#look();
  }

  #firstPlace(box: HTMLDivElement): void {
    toBottom(box);
    const line = rowOf(box, "new");
    if (line && line.getBoundingClientRect().top < box.getBoundingClientRect().top) toRow(box, line, 0.1);
    this.#placed = this.props.held.last !== null;
  }

  #reachTarget(box: HTMLDivElement): boolean {
    const { target } = this.props.view;
    if (!target || target === this.#reached) return false;
    const key = `m${target.seq}`;
    const row = rowOf(box, key);
    if (target.seq === "newest") toBottom(box);
    else if (row) this.#point(box, row, key);
    else return false;
    this.#reached = target;
    this.props.app.reading.targetReached();
    return true;
  }

  #point(box: HTMLElement, row: HTMLElement, key: string): void {
    toRow(box, row, 0.3);
    this.setState({ pointed: key, active: key });
    setTimeout(() => this.setState({ pointed: null }), POINTED);
  }

  /** The window, the composer or a block of code has another size: whoever is at the bottom stays there. */
  #resized(): void {
    const box = this.#box.current;
    if (!box) return;
    if (this.#stuck && this.#placed && !this.props.held.window) toBottom(box);
    this.#look();
  }

  /** Tells where the list stands, and asks for more where it comes to an end. */
  #look = (): void => {
    const box = this.#box.current;
    if (!box || !this.#placed) return;
    const { app, held } = this.props;
    const { moreBefore, moreAfter } = shown(held);
    // Whoever was at the bottom and did not scroll up is still there: it is the list or its box that has another size.
    this.#stuck = !held.window && (isAtBottom(box) || (this.#stuck && box.scrollTop >= this.#top));
    this.#top = box.scrollTop;
    app.reading.scrolled(this.#stuck, newestSeen(box));
    if (moreBefore && box.scrollTop < LOAD_AHEAD) app.loading.older(held.info.room);
    if (moreAfter && box.scrollHeight - box.scrollTop - box.clientHeight < LOAD_AHEAD) app.loading.newer(held.info.room);
  };

  #move = (event: KeyboardEvent): void => {
    const box = this.#box.current;
    const target = event.target as HTMLElement;
    if (!box || !target.dataset["key"]) return;
    const all = [...box.querySelectorAll<HTMLElement>("article[data-key]")];
    const at = all.indexOf(target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const row = all[Math.max(0, Math.min(to, all.length - 1))];
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };

  #focused = (event: FocusEvent): void => {
    const key = keyAt(event.target);
    if (key) this.setState({ active: key, hot: key });
  };

  /** Nothing that has the focus, or is open, goes because a pointer passes by. */
  #hover = (event: PointerEvent): void => {
    const key = event.type === "pointerleave" ? null : keyAt(event.target);
    if (key === this.state.hot || this.#box.current?.querySelector(".acts :focus-visible, [data-open]")) return;
    this.setState({ hot: key });
  };

  override render({ chat, held, view, pending, app }: Props, { active }: State) {
    const stretch = shown(held);
    const list = rows(stretch, view.line, chat.you.id, held.traffic);
    const waiting = held.window ? [] : pending;
    const keys = [...list.filter((row) => row.is === "message").map((row) => row.key), ...waiting.map((item) => `p${item.nonce}`)];
    const stop = active !== null && keys.includes(active) ? active : keys.at(-1);
    const common = { names: chat.names, me: chat.you.id };
    return (
      <div class="list" ref={this.#box} onScroll={this.#look}>
        <div
          class="log"
          ref={this.#content}
          role="log"
          aria-label={t("list.label", { room: roomName(chat.names, held.info) })}
          aria-live="off"
          aria-busy={held.kept !== null}
          onKeyDown={this.#move}
          onFocusIn={this.#focused}
          onPointerOver={this.#hover}
          onPointerLeave={this.#hover}
        >
          <Start chat={chat} held={held} moreBefore={stretch.moreBefore} isEmpty={keys.length === 0} app={app} />
          {list.map((row) => this.#row(row, stop, common))}
          {waiting.map((item, at) => {
            const key = `p${item.nonce}`;
            return <PendingRow key={key} id={key} item={item} follows={follows(stretch.messages.at(-1), item, at, common.me)} active={key === stop} quote={quoted(held, item.replyTo)} {...common} />;
          })}
        </div>
      </div>
    );
  }

  #row(row: Row, stop: string | undefined, common: { names: ChatState["names"]; me: number }): ComponentChildren {
    const { chat, held } = this.props;
    const { key } = row;
    switch (row.is) {
      case "day":
        return <h3 class="day" key={key}>{dayName(row.at, new Date())}</h3>;
      case "new":
        return <div class="new" key={key} data-key="new" role="separator" aria-label={t("list.new")}><span>{t("list.new")}</span></div>;
      case "traffic":
        return <TrafficLine key={key} traffic={row.traffic} names={common.names} />;
      case "message":
        return (
          <MessageRow
            key={key}
            id={key}
            message={row.message}
            follows={row.follows}
            active={key === stop}
            pointed={key === this.state.pointed}
            hot={key === this.state.hot}
            can={held.info.can}
            quote={quoted(held, row.message.reply_to)}
            ignored={chat.ignored.has(row.message.user)}
            {...common}
          />
        );
    }
  }
}

function keyAt(target: EventTarget | null): string | null {
  return (target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset["key"] ?? null;
}

function quoted(held: HeldRoom, seq: number | null | undefined): Message | undefined {
  return seq == null ? undefined : loaded(held, seq);
}

function follows(last: { user: number; at: string } | undefined, item: Pending, at: number, me: number): boolean {
  if (at > 0) return true;
  return last !== undefined && last.user === me && together(last, { user: me, at: new Date(item.at).toISOString() });
}

function Start({ chat, held, moreBefore, isEmpty, app }: { chat: ChatState; held: HeldRoom; moreBefore: boolean; isEmpty: boolean; app: Chat }) {
  if (held.last === null) return <p class="loading">{t("list.loading")}</p>;
  if (!moreBefore) return <RoomStart name={roomName(chat.names, held.info)} info={held.info} isEmpty={isEmpty} />;
  return (
    <p class="loading">
      {held.kept !== null ? t("list.loading") : <button type="button" onClick={() => app.loading.older(held.info.room)}>{t("list.older")}</button>}
    </p>
  );
}
