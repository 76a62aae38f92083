/* What stands at the right of the messages, or over them where there is no space. */
import { type ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Side } from "../../app/state";
import { t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import type { HeldRoom } from "../../store/room";
import { Icon } from "../icons";
import { Members } from "./Members";
import { Pins } from "./Pins";
import { Search } from "./Search";

export interface PaneProps {
  chat: ChatState;
  held: HeldRoom;
  /** What was looked for is found: over the messages the pane makes way. */
  done(): void;
}

interface Props {
  side: Exclude<Side, null | undefined>;
  chat: ChatState;
  held: HeldRoom;
  /** Over the messages instead of beside them. */
  isDrawer: boolean;
  close(): void;
}

export function SidePane({ side, chat, held, isDrawer, close }: Props) {
  const done = () => isDrawer && close();
  if (side === "search") return <Pane title={t("search.title")} isDrawer={isDrawer} close={close}><Search chat={chat} held={held} done={done} /></Pane>;
  if (side === "pins") return <Pane title={t("room.pins")} isDrawer={isDrawer} close={close} takesFocus><Pins key={held.info.room} chat={chat} held={held} done={done} /></Pane>;
  return <Pane title={t("room.members")} isDrawer={isDrawer} close={close} takesFocus={isDrawer}><Members chat={chat} held={held} done={done} /></Pane>;
}

interface FrameProps {
  title: string;
  isDrawer: boolean;
  takesFocus?: boolean;
  close(): void;
  children: ComponentChildren;
}

function Pane({ title, isDrawer, takesFocus, close, children }: FrameProps) {
  const closer = useRef<HTMLButtonElement>(null);
  useEffect(() => void (takesFocus && closer.current?.focus()), [title, takesFocus]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const label = t("side.close", { name: title });
  return (
    <aside class={isDrawer ? "side drawer" : "side"} aria-label={title} onKeyDown={onKeyDown}>
      <div class="side-head">
        <h2>{title}</h2>
        <button ref={closer} class="tool" type="button" aria-label={label} title={label} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </aside>
  );
}
