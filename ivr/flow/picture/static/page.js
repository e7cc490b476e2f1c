// The page of all flows: which language is shown, searching, and the ways of the card under the pointer. All words are
// there without it.
"use strict";

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    const code = button.dataset.language;
    const map = code || document.body.className.match(/map-(\S+)/)[1];
    document.body.className = `map-${map}` + (code ? ` words-${code}` : "");
    for (const other of document.querySelectorAll("[data-language]")) other.setAttribute("aria-pressed", other === button);
  });
}

const search = document.querySelector("#search");
const articles = [...document.querySelectorAll("article")].map((article) => [article, article.textContent.toLowerCase()]);

search.addEventListener("input", () => {
  const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const [article, text] of articles) {
    article.hidden = !words.every((word) => text.includes(word));
    found += !article.hidden;
  }
  for (const part of document.querySelectorAll(".map, details")) part.hidden = words.length > 0;
  for (const section of document.querySelectorAll("section")) {
    section.hidden = words.length > 0 && !section.querySelector("article:not([hidden])");
  }
  document.querySelector("#nothing").hidden = found > 0;
  scrollTo(0, 0);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && document.activeElement === search) {
    search.value = "";
    search.dispatchEvent(new Event("input"));
  }
});

function light(card, on) {
  const state = card.dataset.state;
  const map = card.closest("svg");
  card.classList.toggle("lit", on);
  for (const arrow of map.querySelectorAll(".arrow")) {
    if (arrow.dataset.from === state || arrow.dataset.to === state) {
      arrow.classList.toggle("lit", on);
      const other = arrow.dataset.from === state ? arrow.dataset.to : arrow.dataset.from;
      map.querySelector(`[data-state="${CSS.escape(other)}"]`).classList.toggle("lit", on);
    }
  }
}

for (const card of document.querySelectorAll("svg .card")) {
  for (const [event, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
    card.addEventListener(event, () => light(card, on));
  }
}

for (const map of document.querySelectorAll(".map")) {
  const start = map.querySelector(".start");
  if (start) map.scrollTop = start.getBoundingClientRect().top - map.getBoundingClientRect().top - map.clientHeight / 3;
}
