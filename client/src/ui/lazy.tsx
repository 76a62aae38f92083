/* Components that come with the part of the page that is loaded later. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { useChat } from "./context";

type Later = typeof import("./later");
let later: Later | null = null;

function lazy<P extends object>(pick: (part: Later) => ComponentType<P>): ComponentType<P> {
  return function Lazy(props: P) {
    const app = useChat();
    const [part, setPart] = useState(later);
    useEffect(() => {
      if (part) return;
      const failed = () => app.state.patch({ notice: t("notice.part") });
      import("./later").then((loaded) => setPart((later = loaded)), failed);
    }, []);
    if (!part) return null;
    const Component = pick(part);
    return <Component {...props} />;
  };
}

export const AdminHelp = lazy((part) => part.AdminHelp);
export const Completion = lazy((part) => part.Completion);
export const CreateDialog = lazy((part) => part.CreateDialog);
export const JoinDialog = lazy((part) => part.JoinDialog);
export const LeaveDialog = lazy((part) => part.LeaveDialog);
export const MembersPane = lazy((part) => part.MembersPane);
export const LoginScreen = lazy((part) => part.LoginScreen);
export const NoRoom = lazy((part) => part.NoRoom);
export const RefusedScreen = lazy((part) => part.RefusedScreen);
