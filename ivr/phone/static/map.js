// The map of the flow in which the call stands: where it is, and which way it has come. Drawn only while it is looked at.

export class FlowMap {
  constructor(box, details, lang) {
    this.box = box;
    this.details = details;
    this.lang = lang;
    this.begin("");
    details.addEventListener("toggle", () => this.draw());
  }

  begin(call) {
    this.call = call;
    this.way = []; // the states of the call, in order
    this.flow = ""; // the one that is drawn
    this.box.hidden = true;
    this.box.replaceChildren();
  }

  walk(states) {
    this.way.push(...states);
    this.draw();
  }

  async draw() {
    const here = this.way.at(-1);
    if (!this.details.open || !here) return;
    const [call, flow] = [this.call, here.split(".")[0]];
    if (flow !== this.flow) {
      const answer = await fetch(`calls/${call}/map/${flow}.svg?lang=${this.lang}`);
      if (!answer.ok || call !== this.call || here !== this.way.at(-1)) return; // it has gone on meanwhile
      const drawn = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
      this.box.replaceChildren(document.adoptNode(drawn));
      this.flow = flow;
      this.box.hidden = false;
    }
    this.light(here);
  }

  light(here) {
    const been = new Set(this.way);
    const taken = new Set(this.way.map((state, at) => `${this.way[at - 1]} ${state}`));
    for (const card of this.box.querySelectorAll(".card")) {
      card.classList.toggle("been", been.has(card.dataset.state));
      card.classList.toggle("here", card.dataset.state === here);
    }
    for (const arrow of this.box.querySelectorAll(".arrow[data-from]")) {
      arrow.classList.toggle("been", taken.has(`${arrow.dataset.from} ${arrow.dataset.to}`));
    }
    const [card, box] = [this.box.querySelector(".here"), this.box].map((one) => one.getBoundingClientRect());
    this.box.scrollBy({
      left: card.left - box.left - (box.width - card.width) / 2,
      top: card.top - box.top - (box.height - card.height) / 2,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  }
}
