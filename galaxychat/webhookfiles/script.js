// Written by `galaxychat install-webhook`. Loads embed.js from the chat's server, once Galaxy's page has nothing
// better to do, and only where that server is: an <object> that fails writes nothing to the console.
(() => {
  const chat = "{url}";
  const user = window.Galaxy?.user;
  const isAnonymous = typeof user?.isAnonymous === "function" ? user.isAnonymous() : user?.isAnonymous;
  // Galaxy may run a webhook's script twice.
  if (isAnonymous || window.galaxychatWebhook) return;
  window.galaxychatWebhook = true;

  let minutes = 1;

  function load() {
    const script = document.createElement("script");
    script.src = `${chat}embed.js`;
    document.head.append(script);
  }

  function later() {
    setTimeout(look, minutes * 60_000 * (1 + Math.random() / 2));
    minutes = Math.min(2 * minutes, 60);
  }

  function look() {
    if (document.hidden) return later();
    const probe = document.createElement("object");
    let isDone = false;
    const end = (next) => {
      if (isDone) return;
      isDone = true;
      probe.remove();
      next();
    };
    probe.onload = () => end(load);
    probe.onerror = () => setTimeout(end, 999, later);
    // Where the site's policy forbids objects there is no quiet way.
    document.addEventListener("securitypolicyviolation", (event) => event.effectiveDirective === "object-src" && end(load));
    probe.style.cssText = "position:fixed;top:100%";
    probe.data = `${chat}embed.html`;
    document.body.append(probe);
  }

  const whenIdle = () => (window.requestIdleCallback ?? setTimeout)(look);
  if (document.readyState === "complete") whenIdle();
  else addEventListener("load", whenIdle);
})();
