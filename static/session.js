// A while before a session ends by itself: says so, and keeps it alive on a press. What is on the page stays.
const box = document.querySelector("[data-session]");
const words = box.querySelector("[data-session-words]");
let ends = Number(box.dataset.session);

function look() {
  const left = ends - performance.now() / 1000;
  if (left <= 0) {
    words.textContent = words.dataset.ended;
    box.querySelector("button").hidden = true;
    box.hidden = false;
    return;
  }
  if (left <= Number(box.dataset.warn)) {
    box.hidden = false;
    words.textContent = words.dataset.soon;
  }
  setTimeout(look, 1000 * Math.max(1, left > box.dataset.warn ? left - box.dataset.warn : left));
}

box.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(box.action, { method: "POST", body: new URLSearchParams(new FormData(box)) }).catch(() => null);
  if (answer?.status !== 204) return;
  ends = performance.now() / 1000 + Number(answer.headers.get("X-Session-Seconds"));
  box.hidden = true;
  words.textContent = "";
  look();
});

// A page that swaps its main part tells that the server has heard from it.
document.addEventListener("session-renewed", (event) => {
  ends = performance.now() / 1000 + event.detail;
  box.hidden = true;
});

look();
