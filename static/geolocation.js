// "Use my location": asks the browser only when it is pressed, and sends a place as coarse as a neighborhood, by POST.
const GIVE_UP = 10_000;
const REASONS = ["", "denied", "unavailable", "timeout"]; // by the code of a GeolocationPositionError

if (window.isSecureContext && "geolocation" in navigator) {
  for (const button of document.querySelectorAll("[data-locate]")) offer(button);
}

function offer(button) {
  const box = button.form.elements.near;
  const said = button.form.querySelector("[data-denied]");
  let asking = false;

  function found({ coords }) {
    box.value = `${coords.latitude.toFixed(2)}, ${coords.longitude.toFixed(2)}`;
    button.form.requestSubmit();
    done();
  }

  function failed({ code }) {
    done();
    say(REASONS[code] || "unavailable");
    said.classList.add("wrong");
    box.setAttribute("aria-describedby", [box.dataset.described, said.id].filter(Boolean).join(" "));
    box.focus();
  }

  function say(what) {
    said.classList.remove("wrong");
    said.textContent = said.dataset[what];
  }

  function done() {
    asking = false;
    button.removeAttribute("aria-disabled");
  }

  box.dataset.described = box.getAttribute("aria-describedby") ?? "";
  button.hidden = false;
  button.addEventListener("click", () => {
    if (asking) return;
    asking = true;
    button.setAttribute("aria-disabled", "true");
    say("asking");
    navigator.geolocation.getCurrentPosition(found, failed, { maximumAge: 300_000, timeout: GIVE_UP });
  });
}
