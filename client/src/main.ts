/* The page's entry point. */
import { run } from "./page";
import { loadLater } from "./ui/lazy";
import "./ui/styles.css";

const app = run();
// A panel in a page of Galaxy's, by embed.js.
if (parent !== window) void loadLater(app).then(({ settle }) => settle(app));
