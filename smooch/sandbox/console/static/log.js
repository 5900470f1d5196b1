// The right pane: requests and deliveries. Only the rows in view exist, so that the log may be long.

import { byId, element, time } from "./dom.js";
import { showDetail } from "./detail.js";
import { notifyChange, onChange, state } from "./state.js";

const ROW = 28;
const EXTRA = 10;
let visibleEntries = [];
let selectedKey;

function lastStatus(entry) {
  if (entry.kind === "request") return entry.data.status;
  const attempt = entry.data.attempts.at(-1);
  return attempt?.status ?? attempt?.error;
}

function hasFailed(entry) {
  return entry.kind === "request" ? entry.data.status >= 400 : entry.data.attempts.some((each) => !(each.status < 300) && (each.status || each.error));
}

const shorten = (path) => path.replace(/\/apps\/[0-9a-f]{24}/, "/apps/…");

const textOf = ({ kind, data }) =>
  kind === "request" ? `${data.method} ${shorten(data.path)}` : `⇢ ${data.trigger} → ${data.target}${data.attempts.length > 1 ? ` (attempt ${data.attempts.length})` : ""}`;

function filter() {
  const kind = byId("kind").value;
  const search = byId("search").value.toLowerCase();
  const matches = (entry) =>
    (!kind || (kind === "failed" ? hasFailed(entry) : entry.kind === kind)) &&
    (!search || `${textOf(entry)} ${lastStatus(entry) ?? ""}`.toLowerCase().includes(search));
  visibleEntries = kind || search ? state.log.filter(matches) : state.log;
}

function row(entry, index) {
  const status = lastStatus(entry);
  const milliseconds = entry.kind === "request" ? entry.data.milliseconds : entry.data.attempts.at(-1)?.milliseconds;
  const kind = status === undefined ? "warn" : status < 300 ? "good" : "bad";
  const label = typeof status === "string" ? "no response" : (status ?? entry.data.state ?? "…");
  const node = element(
    "div",
    {
      class: "entry", role: "option", id: `entry-${index}`, "data-index": index,
      "aria-selected": String(entry.key === selectedKey), onclick: () => choose(index),
    },
    element("span", { class: "at" }, time(entry.data.at)),
    element("span", {}, textOf(entry)),
    element("span", {}, element("span", { class: kind }, String(label)), " ", element("span", { class: "ms" }, milliseconds === undefined ? "" : `${Math.round(milliseconds)} ms`)),
  );
  node.style.setProperty("top", `${index * ROW}px`);
  return node;
}

function renderRows() {
  const view = byId("log-view");
  const first = Math.max(0, Math.floor(view.scrollTop / ROW) - EXTRA);
  const last = Math.min(visibleEntries.length, Math.ceil((view.scrollTop + view.clientHeight) / ROW) + EXTRA);
  const rows = [];
  for (let index = first; index < last; index++) rows.push(row(visibleEntries[index], index));
  byId("log-space").replaceChildren(...rows);
}

function render() {
  const view = byId("log-view");
  const isAtEnd = view.scrollHeight - view.scrollTop - view.clientHeight < ROW * 2;
  filter();
  byId("log-space").style.setProperty("height", `${visibleEntries.length * ROW}px`);
  if (isAtEnd) view.scrollTop = view.scrollHeight;
  renderRows();
  const selected = state.log.find((entry) => entry.key === selectedKey);
  if (selected) showDetail(selected, close);
}

function choose(index) {
  const entry = visibleEntries[index];
  if (!entry) return;
  selectedKey = entry.key;
  byId("log-view").setAttribute("aria-activedescendant", `entry-${index}`);
  showDetail(entry, close);
  renderRows();
}

function close() {
  selectedKey = undefined;
  byId("log-view").removeAttribute("aria-activedescendant");
  byId("log-view").focus();
  renderRows();
}

function move(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const current = visibleEntries.findIndex((entry) => entry.key === selectedKey);
  const index = Math.min(visibleEntries.length - 1, Math.max(0, (current < 0 ? visibleEntries.length : current) + steps[event.key]));
  const view = byId("log-view");
  if (index * ROW < view.scrollTop) view.scrollTop = index * ROW;
  if ((index + 1) * ROW > view.scrollTop + view.clientHeight) view.scrollTop = (index + 1) * ROW - view.clientHeight;
  choose(index);
}

export function start() {
  onChange("log", render);
  byId("log-view").addEventListener("scroll", renderRows, { passive: true });
  byId("log-view").addEventListener("keydown", move);
  byId("kind").addEventListener("change", () => notifyChange("log"));
  byId("search").addEventListener("input", () => notifyChange("log"));
  window.addEventListener("resize", () => notifyChange("log"));
}
