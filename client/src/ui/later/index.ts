/* What is loaded when it is first wanted, in one piece and with its texts: the first load stays small. */
import { learnTexts } from "../../i18n";
import texts from "../../i18n/en.later.json";

// Nothing is wanted of it: what is shared with the first load is in one file, so all of that should be. Two compress worse.
import "../../page";

learnTexts(texts);

export { diagnose } from "../../connection/diagnosis";
export { Actions } from "./Actions";
export { CodeBlock } from "./CodeBlock";
export { Completion } from "./Completion";
export { ComposingBar, Quote } from "./answering";
export { Dialogs } from "./Dialogs";
export { Failure } from "./Failure";
export { GalaxyLink } from "./GalaxyLink";
export { listen } from "./listening";
export { Note } from "./Note";
export { Reactions } from "./Reactions";
export { RoomActions } from "./RoomActions";
export { RoomMenu } from "./RoomMenu";
export { RoomStart } from "./RoomStart";
export { NoRoom, OtherScreen, Trouble } from "./screens";
export { SidePane } from "./SidePane";
export { TrafficLine } from "./TrafficLine";

// What makes the page a panel in a page of Galaxy's: here, since a third piece would make the first load larger.
export { settle } from "../../panel";
