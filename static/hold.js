// How long a time is still kept, minute by minute: from the server's seconds and a clock that nobody can set.
const WARN_AT = 120;

for (const box of document.querySelectorAll("[data-hold]")) watch(box);

function watch(box) {
  const words = box.querySelector("[data-hold-words]");
  if (!words) return; // it had ended when the page was made
  const left = box.querySelector("[data-hold-left]");
  const said = box.querySelector("[data-hold-said]");
  const longer = box.querySelector("[data-hold-longer]");
  const extend = document.querySelector("[data-hold-extend]");
  let warned = false;

  longer?.addEventListener("click", () => extend.click());

  function look() {
    // Counted from when the page was asked for: what is said here never outlives what is kept.
    const seconds = Number(box.dataset.hold) - performance.now() / 1000;
    if (seconds <= 0) {
      words.textContent = said.textContent = box.dataset.ended;
      box.classList.replace("said", "note");
      return;
    }
    const minutes = Math.ceil(seconds / 60);
    left.textContent = `(${minutes} minute${minutes === 1 ? "" : "s"})`;
    if (seconds <= WARN_AT && !warned) {
      warned = true;
      said.textContent = said.dataset.soon;
      if (longer && extend) longer.hidden = false;
    }
    setTimeout(look, (seconds % 60 || 60) * 1000 + 50);
  }

  look();
}
