/* Where the focus goes when the panel is opened: to where one writes, as soon as that is there. */

const PLACES = ["main textarea, .composer textarea", ".primary", ".rooms a"];

export class Focus {
  #isWanted = false;

  /** The word may come late: a panel that was closed meanwhile takes the focus when it is seen again. */
  wanted(): void {
    if (document.body.clientWidth === 0) return whenSeen(() => this.wanted());
    this.#isWanted = true;
    window.focus();
    this.settle();
  }

  /** Not any more, once the user has put the focus somewhere. */
  settle(): void {
    if (!this.#isWanted) return;
    const { activeElement } = document;
    const place = PLACES.map((selector) => document.querySelector<HTMLElement>(selector)).find((found) => found !== null);
    if (activeElement && activeElement !== document.body) this.#isWanted = false;
    else place?.focus();
  }
}

function whenSeen(call: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    call();
  });
  observer.observe(document.body);
}
