/* The page's entry point. */
import { run } from "./page";
import "./ui/styles.css";

run();
