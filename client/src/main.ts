/* The page's entry point. */
import { run } from "./page";
import "./ui/styles.css";

const app = run();
// A panel in a page of Galaxy's, by embed.js.
if (parent !== window) void import("./ui/later").then(({ settle }) => settle(app));
