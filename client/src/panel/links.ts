/* Links in the panel: rooms change within it and leave no steps in the history of the page around; others go out. */

export function keepToThePanel(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const href = link.getAttribute("href") ?? "";
    if (href.startsWith("#")) {
      event.preventDefault();
      location.replace(href);
    } else if (!link.target) {
      link.target = "_top";
    }
  });
}
