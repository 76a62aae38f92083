/* What JSX is built into: the older form, which is smaller than the automatic one. */
export { Fragment, h } from "preact";
