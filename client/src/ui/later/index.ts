/* What is loaded when it is first wanted, in one piece and with its texts: the first load stays small. */
import { learnTexts } from "../../i18n";
import texts from "../../i18n/en.later.json";

// Nothing is wanted of it: what is shared with the first load is in one file, so all of that should be. Two compress worse.
import "../../page";

learnTexts(texts);

export { AdminHelp } from "./AdminHelp";
export { Completion } from "./Completion";
export { CreateDialog, JoinDialog, LeaveDialog } from "./dialogs";
export { MembersPane } from "./MembersPane";
export { LoginScreen, NoRoom, RefusedScreen } from "./screens";
