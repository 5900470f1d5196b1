// Faults by a click.

import * as api from "./api.js";
import { attempt, byId, element } from "./dom.js";
import { onChange, state } from "./state.js";

function render() {
  const { faults } = state;
  byId("open-faults").textContent = faults.length ? `Faults (${faults.length})` : "Faults";
  byId("fault-list").replaceChildren(
    ...faults.map(({ kind, times, ...options }) => {
      const details = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ");
      return element("li", {}, `${kind}${times > 1 ? ` ×${times}` : ""}${details && `: ${details}`}`);
    }),
  );
  byId("clear-faults").hidden = !faults.length;
}

export function start() {
  onChange("faults", render);
  byId("open-faults").addEventListener("click", (event) => {
    const panel = byId("faults");
    panel.hidden = !panel.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!panel.hidden));
  });
  for (const button of document.querySelectorAll("[data-fault]")) {
    button.addEventListener("click", () => attempt(() => api.addFault(JSON.parse(button.dataset.fault))));
  }
  byId("clear-faults").addEventListener("click", () => attempt(api.deleteFaults));
}
