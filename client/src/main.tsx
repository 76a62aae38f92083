import { render } from "preact";
import "./ui/base.css";

render(<h1>Community chat</h1>, document.getElementById("app")!);
