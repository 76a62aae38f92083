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
import { Icon } from "./icons";
import { Actions, CodeBlock, Failure, GalaxyLink, Quote, Reactions } from "./lazy";
import { displayName } from "./names";

interface RowProps {
  id: string;
  /** Whether the list's one tab stop is here. */
  active: boolean;
  names: Names;
  me: number;
  /** What is answered, where it is loaded. */
  quote: Message | undefined;
}

interface MessageProps extends RowProps {
  message: Message;
  follows: boolean;
  pointed: boolean;
  /** Whether the pointer or the focus is here: what can be done is offered. */
  hot: boolean;
  /** What may be done in the room. */
  can: readonly string[];
  ignored: boolean;
}

interface State {
  revealed: boolean;
}

/** A class for its one gift: a row that did not change is not looked at again. */
export class MessageRow extends Component<MessageProps, State> {
  override state: State = { revealed: false };

  override shouldComponentUpdate(next: MessageProps, state: State): boolean {
    return state !== this.state || (Object.keys(next) as (keyof MessageProps)[]).some((key) => next[key] !== this.props[key]);
  }

  override render({ id, message, follows, active, pointed, hot, can, names, me, quote, ignored }: MessageProps, { revealed }: State) {
    const name = displayName(names, message.user);
    const labels = `${id}-who ${id}-when ${id}-what`;
    const style = `row${follows ? " follows" : ""}${pointed ? " pointed" : ""}${message.user === me ? " mine" : ""}`;
    const tabIndex = active ? 0 : -1;
    const isFolded = ignored && !revealed;
    const isThere = !message.deleted && !isFolded;
    return (
      <article class={style} data-key={id} data-seq={message.seq} tabIndex={tabIndex} aria-labelledby={labels}>
        {!follows && <Avatar user={message.user} name={name} />}
        <Who id={id} user={message.user} name={name} follows={follows} tabIndex={tabIndex} />
        <Time id={`${id}-when`} at={message.at} />
        {message.pinned && <span class="pinned"><Icon name="pin" /><span class="sr">{t("message.pinned")}</span></span>}
        <div class="body" id={`${id}-what`} dir="auto">
          {isThere && message.reply_to != null && <Quote room={message.room} seq={message.reply_to} message={quote} names={names} tabIndex={tabIndex} />}
          {message.deleted ? <p class="gone">{t("message.deleted")}</p> : isFolded ? this.#folded(tabIndex) : this.#body(message, tabIndex, names, me)}
          {message.edited && isThere && <span class="edited">{t("message.edited")}</span>}
        </div>
        {isThere && message.reactions && message.reactions.length > 0 && <Reactions message={message} names={names} me={me} can={can} tabIndex={tabIndex} />}
        {isThere && hot && <Actions message={message} can={can} me={me} tabIndex={tabIndex} />}
      </article>
    );
  }

  #folded(tabIndex: 0 | -1) {
    return <p class="gone">{t("message.ignored")} <button type="button" tabIndex={tabIndex} onClick={() => this.setState({ revealed: true })}>{t("message.reveal")}</button></p>;
  }

  #body(message: Message, tabIndex: 0 | -1, names: Names, me: number) {
    return renderBody(message.body, {
      nameOf: (user) => displayName(names, user),
      me,
      tabIndex,
      code: (language, code, runs) => <CodeBlock language={language} code={code} runs={runs} tabIndex={tabIndex} />,
      inLink: (href, children) => (/\/u\/./.test(href) ? <GalaxyLink href={href}>{children}</GalaxyLink> : children),
    });
  }
}

function Who({ id, user, name, follows, tabIndex }: { id: string; user: number; name: string; follows: boolean; tabIndex: 0 | -1 }) {
  const label = <bdi id={`${id}-who`}>{name}</bdi>;
  if (follows) return <span class="who sr">{label}</span>;
  return (
    <ChatContext.Consumer>
      {(app) => <button class="who" type="button" tabIndex={tabIndex} onClick={() => app?.open({ is: "person", user })}>{label}</button>}
    </ChatContext.Consumer>
  );
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

export function PendingRow({ id, item, follows, active, names, me, quote }: PendingProps) {
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
        {item.replyTo !== undefined && <Quote room={item.room} seq={item.replyTo} message={quote} names={names} tabIndex={-1} />}
        <p class="plain" dir="auto">{item.text}</p>
        {failed && <Failure item={item} tabIndex={active ? 0 : -1} />}
      </div>
    </article>
  );
}
