"use strict";
(() => {
  // What a mark says is shown beside it: under the pointer, and with the arrow keys in a focused chart.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);
  let shown = null;
  const hide = () => {
    if (shown) shown.classList.remove("on");
    shown = null;
    tip.hidden = true;
  };
  const show = (mark) => {
    hide();
    shown = mark;
    mark.classList.add("on");
    tip.textContent = mark.dataset.words;
    tip.hidden = false;
    const at = mark.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const middle = at.left + at.width / 2 - own.width / 2;
    tip.style.left = Math.max(4, Math.min(middle, innerWidth - own.width - 4)) + "px";
    tip.style.top = (at.top > own.height + 8 ? at.top - own.height - 6 : at.bottom + 6) + "px";
  };
  for (const mark of document.querySelectorAll("svg .m")) {
    const title = mark.querySelector("title");
    mark.dataset.words = title.textContent;
    title.remove();
    mark.addEventListener("pointerenter", () => show(mark));
    mark.addEventListener("pointerleave", hide);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const step = (by) => {
      const marks = [...svg.querySelectorAll(".m")].filter((m) => !m.closest(svg.classList.contains("is-log") ? ".lin" : ".log"));
      if (!marks.length) return;
      const now = marks.indexOf(shown);
      show(marks[(now < 0 ? (by > 0 ? 0 : marks.length - 1) : now + by + marks.length) % marks.length]);
    };
    svg.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!by) return;
      event.preventDefault();
      step(by);
    });
    svg.addEventListener("blur", hide);
  }
  addEventListener("scroll", () => { if (shown) show(shown); }, { passive: true });

  // Charts with a second scale get a switch.
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.querySelector(".log")) continue;
    const button = document.createElement("button");
    button.type = "button";
    const name = () => {
      button.textContent = svg.classList.contains("is-log") ? "Linear scale" : "Logarithmic scale";
    };
    button.addEventListener("click", () => {
      hide();
      svg.classList.toggle("is-log");
      name();
    });
    name();
    svg.after(button);
  }
})();
