// One call on one screen: single keys, countdowns, and forms that outlive a lost network. Without it every button still works.
const KEYS_OFF = "desk-keys-off";
const TRY_AGAIN_AFTER = [1, 2, 4, 8, 15];
let busy = false;
let pressed = null;
let shown = performance.now();

const $ = (selector) => document.querySelector(selector);
const screen = () => $("#main");

// --- Keys

function inField(at) {
  return at.matches("input:not([type=checkbox], [type=radio]), select, textarea");
}

function keysOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "yes";
  } catch {
    return false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = document.activeElement;
  if (event.key === "Escape" && at && inField(at)) return at.blur();
  if ($("[data-keys]").open || (at && inField(at)) || keysOff() || event.repeat) return;
  if (event.key === "?") {
    event.preventDefault();
    return help();
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target) return;
  event.preventDefault();
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target.focus();
  if (target.matches("button")) target.click();
  else if (target.matches("input")) target.select();
});

function help() {
  const box = $("[data-keys]");
  $("[data-keys-on]").checked = !keysOff();
  box.showModal();
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-on]")) return;
  try {
    localStorage.setItem(KEYS_OFF, event.target.checked ? "no" : "yes");
  } catch {
    // A browser that keeps nothing has its keys on.
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-open]")) return help();
  const link = event.target.closest("#main a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (new URL(link.href).pathname !== location.pathname) return;
  event.preventDefault();
  send(link.href, {}, null);
});

// --- Forms

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!screen().contains(form) || form.getAttribute("method") === "dialog") return;
  event.preventDefault();
  if (busy) return;
  const sent = new URLSearchParams(new FormData(form, event.submitter));
  pressed = event.submitter;
  if (form.getAttribute("method") === "get") {
    for (const [name, value] of [...sent]) if (!value) sent.delete(name);
    send(`${form.action}?${sent}`, {}, form);
  } else {
    send(form.action, { method: "POST", body: sent }, form);
  }
});

async function send(address, options, form) {
  busy = true;
  screen().setAttribute("aria-busy", "true");
  try {
    const answer = await ask(address, options, !options.method || options.body.has("key"));
    if (answer) await show(answer, options, form);
  } finally {
    busy = false;
    screen().removeAttribute("aria-busy");
  }
}

// A lost answer is asked for again only where the form counts once: everything else waits for the agent.
async function ask(address, options, safe) {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch(address, { ...options, credentials: "same-origin" });
      if (answer.status !== 503) {
        say("");
        return answer;
      }
    } catch {
      // No answer at all.
    }
    if (!safe) {
      say("press");
      return null;
    }
    say("waits");
    await new Promise((done) => setTimeout(done, 1000 * TRY_AGAIN_AFTER[Math.min(tries, TRY_AGAIN_AFTER.length - 1)]));
  }
}

function say(which) {
  const words = $("[data-lost-words]");
  words.textContent = which ? words.dataset[which] : "";
  $("[data-lost]").hidden = !which;
}

async function show(answer, options, form) {
  if (answer.status === 401) return signIn(form);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("#main");
  if (!page.querySelector(".desk-columns")) {
    if (answer.redirected || !options.method) return location.assign(answer.url);
    return say("refused");
  }
  const asked = kept(form, main);
  screen().replaceChildren(...main.childNodes);
  if (asked) screen().querySelector(".desk-caller").replaceWith(asked);
  document.title = page.title;
  if (!options.method || answer.redirected) history.replaceState(null, "", answer.url);
  const seconds = page.querySelector("[data-session]")?.dataset.session;
  if (seconds) document.dispatchEvent(new CustomEvent("session-renewed", { detail: Number(seconds) }));
  begin();
  const next = screen().querySelector("[autofocus]") ?? firstEmpty(asked);
  next?.focus();
  if (next?.matches("input")) next.select();
}

// As long as nobody knows who calls, what was typed about them stays while something else is pressed.
function kept(form, main) {
  const asking = ".desk-caller[data-asking]";
  const now = screen().querySelector(asking);
  if (!now || !main.querySelector(asking) || form?.closest(asking)) return null;
  for (const field of now.querySelectorAll("[autofocus]")) field.removeAttribute("autofocus");
  return now;
}

function firstEmpty(part) {
  return part ? [...part.querySelectorAll("input, select")].find((field) => field.offsetParent && !field.value) : null;
}

// Nothing was done. Sent again as a page of its own, the form waits in the sign-in that answers.
function signIn(form) {
  if (pressed?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: pressed.name, value: pressed.value }));
  HTMLFormElement.prototype.submit.call(form);
}

// --- Countdowns

function begin() {
  shown = performance.now();
  for (const opens of document.querySelectorAll("[data-keys-open]")) opens.hidden = false;
  tick();
}

function tick() {
  for (const box of document.querySelectorAll("[data-left]")) {
    const left = Math.round(Number(box.dataset.left) - (performance.now() - shown) / 1000);
    const words = box.querySelector("[data-left-words]");
    const aloud = $("[data-left-said]");
    if (left <= 0) {
      words.textContent = box.dataset.ended;
      if (aloud.textContent !== box.dataset.ended) aloud.textContent = box.dataset.ended;
      continue;
    }
    box.dataset.until ??= words.textContent;
    words.textContent = `${box.dataset.until} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})`;
    if (left <= 120 && !box.dataset.told) {
      box.dataset.told = "yes";
      aloud.textContent = box.dataset.soon;
    }
  }
}

setInterval(tick, 1000);
begin();
