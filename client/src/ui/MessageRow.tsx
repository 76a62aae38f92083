/* One message, or one that is on its way. */
import { Component } from "preact";
import { t } from "../i18n";
import { clockTime, fullTime } from "../i18n/time";
import { renderBody } from "../markup/tokens";
import type { Pending } from "../outbox/pending";
import type { Names } from "../store/people";
import type { Message } from "../wire/generated";
import { Avatar } from "./Avatar";
import { ChatContext } from "./context";

export function displayName(names: Names, user: number): string {
  const name = names.get(user);
  return name ?? t(name === null ? "user.forgotten" : "user.unknown");
}

interface RowProps {
  id: string;
  /** Whether the list's one tab stop is here. */
  active: boolean;
  names: Names;
  me: number;
}

interface MessageProps extends RowProps {
  message: Message;
  follows: boolean;
  pointed: boolean;
}

/** A class for its one gift: a row that did not change is not looked at again. */
export class MessageRow extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    return (Object.keys(next) as (keyof MessageProps)[]).some((key) => next[key] !== this.props[key]);
  }

  override render({ id, message, follows, active, pointed, names, me }: MessageProps) {
    const name = displayName(names, message.user);
    const labels = `${id}-who ${id}-when ${id}-what`;
    const style = `row${follows ? " follows" : ""}${pointed ? " pointed" : ""}${message.user === me ? " mine" : ""}`;
    return (
      <article class={style} data-key={id} data-seq={message.seq} tabIndex={active ? 0 : -1} aria-labelledby={labels}>
        {!follows && <Avatar user={message.user} name={name} />}
        <span class={follows ? "who sr" : "who"} id={`${id}-who`}>
          <bdi>{name}</bdi>
        </span>
        <Time id={`${id}-when`} at={message.at} />
        <div class="body" id={`${id}-what`} dir="auto">
          {message.deleted ? <p class="gone">{t("message.deleted")}</p> : this.#body(message, active, names, me)}
          {message.edited && !message.deleted && <span class="edited">{t("message.edited")}</span>}
        </div>
      </article>
    );
  }

  #body(message: Message, active: boolean, names: Names, me: number) {
    return renderBody(message.body, { nameOf: (user) => displayName(names, user), me, tabIndex: active ? 0 : -1 });
  }
}

function Time({ id, at }: { id: string; at: string }) {
  return (
    <time class="when" id={id} dateTime={at}>
      <span class="short">{clockTime(at)}</span>
      <span class="full">{fullTime(at)}</span>
    </time>
  );
}

interface PendingProps extends RowProps {
  item: Pending;
  follows: boolean;
}

export function PendingRow({ id, item, follows, active, names, me }: PendingProps) {
  const name = displayName(names, me);
  const failed = item.state === "failed";
  return (
    <article
      class={`row mine pending${follows ? " follows" : ""}${failed ? " failed" : ""}`}
      data-key={id}
      tabIndex={active ? 0 : -1}
      aria-labelledby={`${id}-who ${id}-when ${id}-what`}
    >
      {!follows && <Avatar user={me} name={name} />}
      <span class={follows ? "who sr" : "who"} id={`${id}-who`}>
        <bdi>{name}</bdi>
      </span>
      <span class="when" id={`${id}-when`}>
        {!failed && t(item.state === "sent" ? "pending.sent" : "pending.sending")}
      </span>
      <div class="body" id={`${id}-what`} dir="auto">
        <p class="plain" dir="auto">{item.text}</p>
        {failed && <Failure item={item} tabIndex={active ? 0 : -1} />}
      </div>
    </article>
  );
}

function Failure({ item, tabIndex }: { item: Pending; tabIndex: 0 | -1 }) {
  return (
    <ChatContext.Consumer>
      {(chat) => (
        <p class="failure" dir="auto">
          <span>
            {t("pending.failed")} {item.detail ?? t("pending.stale")}
          </span>
          <button type="button" tabIndex={tabIndex} onClick={() => chat?.retry(item)}>
            {t("pending.retry")}
          </button>
          <button type="button" tabIndex={tabIndex} onClick={() => chat?.discard(item)}>
            {t("pending.discard")}
          </button>
        </p>
      )}
    </ChatContext.Consumer>
  );
}
