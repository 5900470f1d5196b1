// One request or delivery, with its JSON. Secrets are hidden until clicked.

import * as api from "./api.js";
import { asCurl, asPython } from "./code.js";
import { attempt, byId, element, notify } from "./dom.js";

const SECRET_HEADERS = new Set(["authorization", "app-token", "x-api-key", "cookie"]);
const SECRET_FIELD = /^(secret|.*(Secret|Token)|token|client_secret|access_token|code)$/;
let current; // key and version of the entry that is open

function secret(value) {
  const reveal = (event) => event.target.replaceWith(value);
  return element("button", { type: "button", onclick: reveal, "aria-label": "Show the secret" }, "••••••");
}

// JSON as text, with buttons in place of secrets.
export function json(value) {
  const secrets = [];
  const text = JSON.stringify(
    value,
    (name, field) => {
      if (!SECRET_FIELD.test(name) || typeof field !== "string") return field;
      secrets.push(field);
      return `\u0000${secrets.length - 1}\u0000`;
    },
    2,
  );
  // JSON writes the character as an escape.
  const parts = text.split(/\\u0000(\d+)\\u0000/);
  return element("pre", { tabindex: "0" }, parts.map((part, index) => (index % 2 ? secret(secrets[part]) : part)));
}

const formatBody = (value) => (typeof value === "string" ? element("pre", { tabindex: "0" }, value) : json(value));

function headers(values) {
  const rows = Object.entries(values).map(([name, value]) =>
    element("tr", {}, element("td", {}, name), element("td", {}, SECRET_HEADERS.has(name.toLowerCase()) ? secret(value) : value)),
  );
  return element("details", {}, element("summary", {}, "Headers"), element("table", {}, element("tbody", {}, rows)));
}

async function copy(text) {
  await attempt(() => navigator.clipboard.writeText(text));
  notify("Copied.");
}

function requestParts(request) {
  const errors = request.responseBody?.errors ?? (request.responseBody?.error ? [request.responseBody.error] : []);
  const problems = errors.map((error) => element("p", { class: "bad" }, error.title ?? error.description ?? error.code));
  return [
    element(
      "div", { class: "row" },
      element("button", { type: "button", onclick: () => copy(asPython(request)) }, "Copy as Python"),
      element("button", { type: "button", onclick: () => copy(asCurl(request, location.origin)) }, "Copy as curl"),
    ),
    ...problems,
    request.query && [element("h4", {}, "Query"), json(request.query)],
    request.body !== undefined && [element("h4", {}, "Request"), formatBody(request.body)],
    request.responseBody !== undefined && [element("h4", {}, `Response ${request.status ?? ""}`), formatBody(request.responseBody)],
    headers(request.headers),
  ];
}

function deliveryParts(delivery) {
  const attempts = delivery.attempts.map((each) =>
    element(
      "tr", {},
      element("td", {}, `attempt ${each.number}`),
      element("td", { class: each.status < 300 ? "good" : "bad" }, String(each.status ?? each.error ?? "under way")),
      element("td", {}, each.milliseconds === undefined ? "" : `${each.milliseconds} ms`),
    ),
  );
  return [
    element(
      "div", { class: "row" },
      element("button", { type: "button", onclick: () => attempt(() => api.redeliver(delivery.id)) }, "Deliver again"),
      element("button", { type: "button", onclick: () => copy(JSON.stringify(delivery.body, null, 2)) }, "Copy the body"),
    ),
    element("p", {}, `${delivery.version}, ${delivery.state}, to ${delivery.target}`),
    element("table", {}, element("tbody", {}, attempts)),
    element("h4", {}, "Body"),
    json(delivery.body),
  ];
}

export async function showDetail(entry, onClose) {
  const version = JSON.stringify(entry.data);
  if (current?.key === entry.key && current.version === version) return;
  current = { key: entry.key, version };
  const panel = byId("detail");
  const isRequest = entry.kind === "request";
  const full = await attempt(() => (isRequest ? api.getRequest(entry.data.id) : api.getDelivery(entry.data.id)));
  if (!full || current?.key !== entry.key) return;
  const close = () => {
    current = undefined;
    panel.hidden = true;
    onClose();
  };
  const title = isRequest ? `${full.method} ${full.path}` : full.trigger;
  panel.replaceChildren(
    element(
      "div", { class: "row" },
      element("h3", { id: "detail-title" }, title),
      element("button", { type: "button", onclick: close }, "Close"),
    ),
    ...[isRequest ? requestParts(full) : deliveryParts(full)].flat(2).filter(Boolean),
  );
  panel.hidden = false;
}
