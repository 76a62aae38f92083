/* Components that come with the part of the page that is loaded later, and with its style. */
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../app/chat";
import { t } from "../i18n";
import { useChat } from "./context";

type Later = typeof import("./later");
let later: Later | null = null;
let loading: Promise<Later> | null = null;

/** Loads it once, and lets it listen for a chat; a failure is forgotten, so that the next wish tries again. */
export function loadLater(app?: Chat): Promise<Later> {
  return app ? load().then((part) => (part.listen(app), part)) : load();
}

function load(): Promise<Later> {
  loading ??= Promise.all([import("./later"), style()]).then(
    ([part]) => (later = part),
    (reason: unknown) => {
      loading = null;
      throw reason;
    },
  );
  return loading;
}

function style(): Promise<unknown> {
  const href = document.querySelector<HTMLMetaElement>("meta[name=later-style]")?.content;
  if (!href) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    Object.assign(link, { onload: resolve, onerror: reject });
    document.head.append(link);
  });
}

/** `meanwhile` stands in its place until it is there. */
function lazy<P extends object>(pick: (part: Later) => ComponentType<P>, meanwhile: (props: P) => ComponentChildren = () => null): ComponentType<P> {
  return function Lazy(props: P) {
    const app = useChat();
    const [part, setPart] = useState(later);
    useEffect(() => {
      if (!part) void loadLater(app).then(setPart, () => app.state.patch({ notice: t("notice.part") }));
    }, []);
    if (!part) return <>{meanwhile(props)}</>;
    const Component = pick(part);
    return <Component {...props} />;
  };
}

export const Actions = lazy((part) => part.Actions);
export const CodeBlock = lazy((part) => part.CodeBlock, ({ code }) => <pre class="code">{code}</pre>);
export const Completion = lazy((part) => part.Completion);
export const ComposingBar = lazy((part) => part.ComposingBar);
export const Dialogs = lazy((part) => part.Dialogs);
export const Failure = lazy((part) => part.Failure);
export const GalaxyLink = lazy((part) => part.GalaxyLink, ({ children }) => children);
export const NoRoom = lazy((part) => part.NoRoom);
export const Note = lazy((part) => part.Note);
export const OtherScreen = lazy((part) => part.OtherScreen);
export const Quote = lazy((part) => part.Quote);
export const Reactions = lazy((part) => part.Reactions);
export const RoomActions = lazy((part) => part.RoomActions);
export const RoomMenu = lazy((part) => part.RoomMenu);
export const RoomStart = lazy((part) => part.RoomStart);
export const SidePane = lazy((part) => part.SidePane);
export const TrafficLine = lazy((part) => part.TrafficLine);
export const Trouble = lazy((part) => part.Trouble);
