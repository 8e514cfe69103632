// What tests/pages/report.py asks of a page that is open: a list of faults, as texts.
(() => {
  const faults = [];
  // checkVisibility() ignores display: none within SVG.
  const visible = (element) => {
    for (let at = element; at; at = at.parentElement)
      if (getComputedStyle(at).display === "none") return false;
    return element.checkVisibility({ visibilityProperty: true });
  };
  const shorten = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);

  // ---- boxes of text, cut by the boxes that scroll ----
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, title, #tip, .why thead")) continue;
    if (!visible(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      let { left, right, top, bottom } = box;
      const scroll = parent.closest(".scroll");
      if (scroll) {
        const outer = scroll.getBoundingClientRect();
        left = Math.max(left, outer.left);
        right = Math.min(right, outer.right);
      }
      if (right - left < 1 || bottom - top < 1) continue;
      boxes.push({ left, right, top, bottom, node, parent });
      if (right > innerWidth + 1 || left < -1) faults.push("outside the page: " + shorten(node.data));
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length; i++)
    for (let k = i + 1; k < boxes.length && boxes[k].top < boxes[i].bottom; k++) {
      const a = boxes[i], b = boxes[k];
      if (a.node === b.node) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const least = 0.3 * Math.min(a.bottom - a.top, b.bottom - b.top); // lines may be set tight
      if (wide > 1 && high > least)
        faults.push("text on text: " + shorten(a.node.data) + " | " + shorten(b.node.data));
    }
  if (document.documentElement.scrollWidth > innerWidth)
    faults.push("the page scrolls sideways: " + document.documentElement.scrollWidth + " > " + innerWidth);

  // ---- contrast ----
  const channels = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(channels(a)), light(channels(b))].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor, parts = channels(colour);
      if (parts.length && (parts.length < 4 || parts[3] > 0.5)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const seen = new Set();
  for (const { parent, node } of boxes) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    const style = getComputedStyle(parent), colour = parent.closest("svg") ? style.fill : style.color;
    const ratio = contrast(colour, behind(parent));
    if (ratio < 4.5) faults.push("contrast " + ratio.toFixed(2) + ": " + shorten(node.data));
  }
  for (const mark of document.querySelectorAll("svg .bar, svg .spot, svg .p2")) {
    const ratio = contrast(getComputedStyle(mark).fill, behind(mark.closest("figure")));
    if (ratio < 4.5) faults.push("contrast of a mark " + ratio.toFixed(2));
  }

  for (const cell of document.querySelectorAll("svg .m:has(text) .cell:not(.b)")) { // numbers lie on them
    const text = cell.closest(".m").querySelector("text");
    const ratio = contrast(getComputedStyle(cell).fill, getComputedStyle(text).fill);
    if (ratio < 4.5) faults.push("contrast of a number on a cell " + ratio.toFixed(2));
  }

  // ---- size of text ----
  for (const { parent, node } of boxes) {
    const svg = parent.closest("svg");
    const scale = svg ? parent.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(parent).fontSize) * scale;
    if (size < 10 || (svg && size > 24)) faults.push("text of " + size.toFixed(1) + " px: " + shorten(node.data));
  }

  // ---- what a screen reader finds ----
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelectorAll("h1").length !== 1 || !document.title) faults.push("not one title");
  let level = 1;
  for (const head of document.querySelectorAll("h1, h2, h3")) {
    const own = Number(head.tagName[1]);
    if (own > level + 1 && !(own === 3 && level === 1)) faults.push("heading out of order: " + shorten(head.textContent));
    level = own;
  }
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.getAttribute("role") !== "img" || !svg.getAttribute("aria-label")) faults.push("a chart without a name");
    const figure = svg.closest("figure");
    if (!figure || !figure.querySelector("h3") || !figure.querySelector("details, .note")) faults.push("a chart without title or table");
  }
  for (const image of document.querySelectorAll("img"))
    if (!image.alt || !image.complete || !image.naturalWidth) faults.push("a picture without text or data");
  for (const cell of document.querySelectorAll("th")) if (!cell.getAttribute("scope")) faults.push("th without scope");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) faults.push("an id twice");
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.getAttribute("href").slice(1))) faults.push("a link to nothing: " + link.hash);
  return [...new Set(faults)];
})()
