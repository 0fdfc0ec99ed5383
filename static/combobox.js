// Suggests places while somebody types into the one box: the "list autocomplete" combobox of the ARIA Authoring Practices.
// Nothing is chosen for anyone, and the form works the same without this.
const WAIT = 150;
const LONGEST = 200;

for (const box of document.querySelectorAll("[data-suggestions]")) suggest(box);

function suggest(box) {
  const list = element("ul", { id: `${box.id}-places`, role: "listbox", "aria-label": box.dataset.suggestions, hidden: "" });
  const said = element("p", { role: "status", class: "unseen" });
  box.after(list, said);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    box.setAttribute(name, value);
  }
  let timer, asking, marked = -1;

  const options = () => [...list.children];
  const open = () => !list.hidden;

  function close() {
    clearTimeout(timer);
    asking?.abort();
    mark(-1);
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    said.textContent = "";
  }

  function mark(number) {
    marked = number;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    if (number < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", options()[number].id);
    options()[number].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    box.value = option.textContent;
    close();
    box.focus();
  }

  function show(places) {
    list.replaceChildren(...places.map((place, number) => {
      const option = element("li", { id: `${list.id}-${number}`, role: "option", "aria-selected": "false" });
      option.textContent = place;
      return option;
    }));
    if (!places.length) return close();
    mark(-1);
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    said.textContent = (places.length === 1 ? box.dataset.one : box.dataset.many).replace("#", places.length);
  }

  async function ask() {
    asking?.abort();
    const typed = box.value.trim();
    if (typed.length < 2 || typed.length > LONGEST) return close();
    const mine = asking = new AbortController();
    try {
      const answer = await fetch(`${box.form.action}/suggestions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ typed }),
        signal: mine.signal,
      });
      const { places } = answer.ok ? await answer.json() : { places: [] };
      if (mine === asking && !mine.signal.aborted && document.activeElement === box) show(places);
    } catch {
      // Nobody waits for suggestions: without an answer the box is a box.
      if (mine === asking && !mine.signal.aborted) close();
    }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }

  box.addEventListener("input", (event) => {
    if (event.isComposing) return;
    box.autocomplete = "off"; // the browser's own list would lie over this one
    mark(-1);
    later();
  });
  box.addEventListener("compositionend", later);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const last = options().length - 1;
    switch (event.key) {
      case "ArrowDown":
        if (open()) { if (!event.altKey) mark(marked < last ? marked + 1 : 0); } else ask();
        break;
      case "ArrowUp":
        if (!open()) return;
        if (event.altKey) close(); else mark(marked > 0 ? marked - 1 : last);
        break;
      case "Enter":
        if (!open() || marked < 0) return close(); // the form is sent
        choose(options()[marked]);
        break;
      case "Escape":
        if (!open()) return;
        close();
        break;
      case "Home":
      case "End":
      case "ArrowLeft":
      case "ArrowRight":
        return mark(-1); // the cursor moves in the text again
      default:
        return;
    }
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
