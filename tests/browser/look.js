// What eyes, thumbs and keyboards meet on a page, measured. Each function returns a list of faults, in words; none is good.
globalThis.look = (() => {
  const TARGETS = "a[href], button, select, summary, textarea, input:not([type=hidden]), [role=button], [role=option]";
  const SMALLEST = 24; // CSS pixels: WCAG 2.2, criterion 2.5.8
  const COMFORTABLE = 44; // what has the look of a button or a field

  const name = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 140);
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const words = (element) => element.textContent.trim();
  // Said to screen readers only, in a box of one pixel, or waiting beside the window for the focus.
  const unseen = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const { width, height, right } = at.getBoundingClientRect();
      if (getComputedStyle(at).position === "absolute" && (width <= 1 || height <= 1 || right <= 0)) return true;
    }
    return false;
  };
  const all = (which) => [...document.querySelectorAll(which)].filter((element) => shown(element) && !unseen(element));

  function open() {
    for (const closed of document.querySelectorAll("details:not([open])")) closed.open = true;
  }

  const page = ({ left, top, right, bottom }) => ({ left, right, top: top + scrollY, bottom: bottom + scrollY });

  // Boxes and circles are hit by their words, too, and by whatever room the words take: what lies there is asked.
  function area(target) {
    let { left, top, right, bottom } = page(target.getBoundingClientRect());
    const middle = (top + bottom) / 2;
    if (/radio|checkbox/.test(target.type)) {
      target.scrollIntoView({ block: "center" });
      const { x, y, width, height } = target.getBoundingClientRect();
      const hit = (down) => document.elementFromPoint(x + width / 2, y + height / 2 + down);
      const mine = (there) => there === target || there?.closest("label")?.control === target;
      let up = 0, down = 0;
      while (up < COMFORTABLE && mine(hit(-up - 1))) up += 1;
      while (down < COMFORTABLE && mine(hit(down + 1))) down += 1;
      const labels = [...target.labels].map((label) => page(label.getBoundingClientRect()));
      left = Math.min(left, ...labels.map((label) => label.left));
      right = Math.max(right, ...labels.map((label) => label.right));
      top = middle - up;
      bottom = middle + down + 1;
    }
    return { left, top, right, bottom, width: right - left, height: bottom - top, x: (left + right) / 2, y: (top + bottom) / 2 };
  }

  function inSentence(target) {
    if (getComputedStyle(target).display !== "inline") return false;
    let block = target.parentElement;
    while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    return words(block).length > words(target).length;
  }

  // The criterion's own exception: a circle of 24 pixels around the middle touches no other target, nor its circle.
  function hasRoom(mine, others) {
    return others.every((box) => {
      const x = Math.max(box.left, Math.min(mine.x, box.right)), y = Math.max(box.top, Math.min(mine.y, box.bottom));
      const small = Math.min(box.width, box.height) < SMALLEST;
      return Math.hypot(mine.x - x, mine.y - y) >= SMALLEST / 2 && !(small && Math.hypot(mine.x - box.x, mine.y - box.y) < SMALLEST);
    });
  }

  function looksLikeButton(target) {
    if (target.matches("button, select, summary, textarea, input")) return true;
    const style = getComputedStyle(target);
    const drawn = style.borderTopStyle !== "none" || !/, 0\)$|transparent/.test(style.backgroundColor);
    return drawn && style.display !== "inline" && !target.closest("svg");
  }

  function targets() {
    const found = all(TARGETS).map((target) => ({ target, box: area(target) }));
    return found.flatMap(({ target, box }) => {
      const size = `${Math.round(box.width)} x ${Math.round(box.height)}: ${name(target)}`;
      if (looksLikeButton(target) && box.height < COMFORTABLE - 0.5) return [`lower than ${COMFORTABLE}, ${size}`];
      if (Math.min(box.width, box.height) >= SMALLEST || inSentence(target)) return [];
      return hasRoom(box, found.filter((other) => other.target !== target).map((other) => other.box)) ? [] : [`too small, ${size}`];
    });
  }

  // Nothing to be scrolled sideways, and no word out of sight.
  function wide() {
    const root = document.scrollingElement, faults = [];
    if (root.scrollWidth > innerWidth) faults.push(`${root.scrollWidth} wide in a window of ${innerWidth}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (texts.nextNode()) {
      const text = texts.currentNode, parent = text.parentElement;
      if (!text.data.trim() || parent.closest("svg, script, option, [tabindex='0']") || !shown(parent) || unseen(parent)) continue;
      range.selectNodeContents(text);
      const { left, right } = range.getBoundingClientRect();
      if (left < -0.5 || right > innerWidth + 0.5) faults.push(`from ${Math.round(left)} to ${Math.round(right)}: ${text.data.trim().slice(0, 80)}`);
    }
    return faults;
  }

  // No words cut off by their box, nor sticking out of it.
  function clipped() {
    const found = all("body *").filter((element) => {
      // What scrolls by itself, and can be reached by the keyboard to do so, hides nothing.
      if (element.closest("svg, [tabindex='0']") || element.matches("input, textarea, select, option, br") || !words(element)) return false;
      const style = getComputedStyle(element);
      if (style.display === "inline" || style.display === "contents") return false;
      const hides = style.overflowY !== "visible" || style.textOverflow === "ellipsis";
      return element.scrollWidth > element.clientWidth + 1 || (hides && element.scrollHeight > element.clientHeight + 1);
    });
    const inner = found.filter((element) => !found.some((other) => other !== element && element.contains(other)));
    return inner.map((element) => `${element.scrollWidth} x ${element.scrollHeight} in ${element.clientWidth} x ${element.clientHeight}: ${name(element)}`);
  }

  // No plain word is cut in two because its column is too narrow for it. (Addresses and keys may be.)
  function torn() {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange(), faults = [];
    while (texts.nextNode()) {
      const text = texts.currentNode, parent = text.parentElement;
      if (!text.data.trim() || parent.closest("svg, script, option, textarea") || !shown(parent) || unseen(parent)) continue;
      range.selectNodeContents(text);
      if (range.getClientRects().length < 2) continue;
      for (const { 0: word, index } of text.data.matchAll(/(?<!\S)\p{P}*[\p{L}\p{M}'’]{2,20}\p{P}*(?!\S)/gu)) {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const [first, ...others] = range.getClientRects();
        if (others.some((rest) => rest.top >= first.bottom - 1)) faults.push(`torn, “${word}”: ${name(parent)}`);
      }
    }
    return faults;
  }

  // WCAG 1.4.12: a reader's own spacing. Not an inline style, so the page's policy has nothing to say about it.
  function space() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  const unspace = () => { document.adoptedStyleSheets = []; };

  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  function channels(color) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = color;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data];
  }
  function luminance(color) {
    const [red, green, blue] = channels(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((first, second) => first - second);
    return (high + 0.05) / (low + 0.05);
  }
  function ground(element) {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] > 250) return color;
    }
    return "white";
  }

  // The marks that a focus may draw, on the thing itself, around it or inside it.
  function marks(target) {
    const around = [target.parentElement, target.parentElement?.parentElement, target.labels?.[0]].filter(Boolean);
    return [target, ...around, ...target.querySelectorAll("*")].flatMap((element) => [null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part);
      const outline = style.outlineStyle === "none" ? "" : `${style.outlineWidth} ${style.outlineColor}`;
      return { element, part, outline, color: style.outlineColor, width: parseFloat(style.outlineWidth), outside: parseFloat(style.outlineOffset) >= 0, shadow: style.boxShadow, stroke: style.stroke };
    }));
  }

  function seen(target) {
    const box = target.getClientRects()[0];
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right <= left || bottom <= top) return false;
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return Boolean(there) && (target.contains(there) || there.closest("label")?.control === target || (there.contains(target) && !there.matches("body, html, main")));
  }

  const stops = () => [...document.querySelectorAll(`${TARGETS}, [tabindex="0"]`)].filter((target) => shown(target) && !target.disabled && target.tabIndex >= 0);

  // Circles of a group are one stop for the Tab key: the chosen one, else the first.
  const tabs = () => stops().filter((target, at, every) => {
    if (target.type !== "radio") return true;
    const group = every.filter((other) => other.type === "radio" && other.name === target.name && other.form === target.form);
    return target === (group.find((other) => other.checked) ?? group[0]);
  });

  // Links within the page lead somewhere, those of a list of mistakes to a field.
  function fragments() {
    return [...document.querySelectorAll("a[href^='#']")].filter((link) => {
      const aim = document.getElementById(decodeURIComponent(link.getAttribute("href").slice(1)));
      return !aim || (link.closest("[role=alert]") && !aim.matches("input, select, textarea"));
    }).map((link) => `leads nowhere: ${name(link)}`);
  }

  // Press Tab once before, so that the browser knows that there is a keyboard.
  function focus() {
    return stops().flatMap((target) => {
      document.activeElement.blur();
      const before = marks(target);
      target.focus();
      if (document.activeElement !== target) return [`takes no focus: ${name(target)}`];
      const after = marks(target), faults = [];
      const drawn = after.filter((mark, at) => mark.outline !== before[at].outline || mark.shadow !== before[at].shadow || mark.stroke !== before[at].stroke);
      if (!drawn.length) faults.push(`the focus is not seen: ${name(target)}`);
      for (const mark of drawn.filter((mark) => mark.outline)) {
        const behind = ground(mark.outside ? mark.element.parentElement : mark.element);
        if (mark.width < 2) faults.push(`a thin focus, ${mark.outline}: ${name(target)}`);
        else if (contrast(mark.color, behind) < 3) faults.push(`a pale focus, ${mark.color} on ${behind}: ${name(target)}`);
      }
      if (!seen(target)) faults.push(`covered or out of sight while focused: ${name(target)}`);
      return faults;
    });
  }

  // The same without asking how it is marked.
  function covered() {
    return stops().filter((target) => {
      target.focus();
      return !seen(target);
    }).map((target) => `covered or out of sight while focused: ${name(target)}`);
  }

  // A drawing is pressed by its first shape, anything else by its boxes: a link has one on each line that its words take.
  function* places(target) {
    const drawn = target instanceof SVGElement && target.querySelector("circle, path, rect");
    const inverse = drawn && drawn.getScreenCTM().inverse();
    for (const { left, top, width, height } of drawn ? [drawn.getBoundingClientRect()] : target.getClientRects()) {
      if (width < 1 || height < 1) continue;
      for (const [across, down] of [[0.5, 0.5], [0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]) {
        const [x, y] = [left + across * width, top + down * height];
        if (!drawn || drawn.isPointInFill(new DOMPoint(x, y).matrixTransform(inverse))) yield [x, y];
      }
    }
  }

  // A label is as good as its control, and the other way about.
  const presses = (target, there) => Boolean(there) && (target.contains(there)
    || there.closest("label")?.control === target || Boolean(target.control?.contains(there)));

  // Every control is pressed wherever one presses it: the middle, and a quarter in from each corner. A control that is covered
  // where it stands gets another chance in the middle of the window, and each of its points one, as it may be taller than that.
  function pressed() {
    const controls = all(`${TARGETS}, label`), faults = [];
    let points = 0;
    for (const target of controls) {
      const missed = () => [...places(target)].map((point, at) => ({ point, at })).filter(({ point }) => !presses(target, document.elementFromPoint(...point)));
      points += [...places(target)].length;
      if (missed().length) target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      for (const { at } of missed()) {
        scrollBy({ top: [...places(target)][at][1] - innerHeight / 2, behavior: "instant" });
        const [x, y] = [...places(target)][at], there = document.elementFromPoint(x, y);
        if (presses(target, there)) continue;
        const box = target.getBoundingClientRect(), where = `${Math.round(x - box.left)}, ${Math.round(y - box.top)} of ${Math.round(box.width)} x ${Math.round(box.height)}`;
        faults.push(`${there ? `under ${name(there)}` : "out of sight"} at ${where}: ${name(target)}`);
      }
    }
    return { controls: controls.length, points, faults };
  }

  return { name, open, pressed, targets, wide, clipped, torn, space, unspace, fragments, focus, covered, stops: () => tabs().map(name) };
})();
