/* Looking for messages, in the room that is shown or in all of one's own. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { withUsers } from "../../store/chat";
import { updateChat } from "../../app/core";
import type { Message } from "../../wire/generated";
import { useChat } from "../context";
import { Listing } from "./Listing";
import type { PaneProps } from "./SidePane";

interface Result {
  text: string;
  messages: readonly Message[];
  cursor: string | null;
}

const LONGEST = 200;

export function Search({ chat, held, done }: PaneProps) {
  const app = useChat();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [everywhere, setEverywhere] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const [state, setState] = useState<{ busy: boolean; refusal: string }>({ busy: false, refusal: "" });
  const asked = useRef(0);
  const { room } = held.info;
  useEffect(() => field.current?.focus(), []);
  // Another room, other messages: what was found in the last one would only mislead.
  useEffect(() => void (everywhere || !result || look(result.text, null)), [room]);

  function look(what: string, cursor: string | null, all = everywhere): void {
    const mine = ++asked.current;
    setState({ busy: true, refusal: "" });
    app.ask({ type: "search", text: what, ...(!all && { room }), ...(cursor !== null && { cursor }) }, (answer) => {
      if (mine !== asked.current) return;
      setState({ busy: false, refusal: answer.type === "error" ? answer.detail : answer.type === "lost" ? t("notice.lost") : "" });
      if (answer.type !== "found") return;
      updateChat(app, (one) => withUsers(one, answer.users));
      const before = cursor === null ? [] : (result?.messages ?? []);
      setResult({ text: what, messages: [...before, ...answer.messages], cursor: answer.cursor ?? null });
    });
  }
  const start = (all = everywhere) => {
    const what = text.trim();
    if (what) look(what, null, all);
    else setResult(null);
  };
  const scope = (all: boolean) => {
    setEverywhere(all);
    start(all);
  };
  return (
    <>
      <form class="search" role="search" onSubmit={(event) => (event.preventDefault(), start())}>
        <label class="input">
          <span>{t("search.label")}</span>
          <input ref={field} type="search" dir="auto" enterkeyhint="search" maxLength={LONGEST} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <fieldset>
          <legend class="sr">{t("search.where")}</legend>
          <label><input type="radio" name="scope" checked={!everywhere} onChange={() => scope(false)} />{t("search.here")}</label>
          <label><input type="radio" name="scope" checked={everywhere} onChange={() => scope(true)} />{t("search.everywhere")}</label>
        </fieldset>
        <button class="primary" type="submit">{t("search.do")}</button>
      </form>
      <p class="said" role="status">{state.refusal || (state.busy ? t("list.loading") : result?.messages.length === 0 ? t("search.nothing") : "")}</p>
      {!result && !state.busy && <p class="said">{t("search.hint")}</p>}
      {result && <Listing chat={chat} messages={result.messages} words={words(result.text)} showsRoom={everywhere} done={done} />}
      {result?.cursor && <button class="more" type="button" disabled={state.busy} onClick={() => look(result.text, result.cursor)}>{t("members.more")}</button>}
    </>
  );
}

/** The words and "phrases in quotes" of a search. */
export function words(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"|[^\s"]+/g)].map(([all, phrase]) => phrase ?? all);
}
