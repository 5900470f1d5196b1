// The middle pane: the chat as the end user sees it.

import * as api from "./api.js";
import { attempt, byId, element, time } from "./dom.js";
import { render as renderContent } from "./content.js";
import { nameOf } from "./people.js";
import { restart } from "./restart.js";
import { notifyChange, loadOlderMessages, onChange, place, selectedUser, state } from "./state.js";

const rendered = new Map(); // message id -> [the data it was built from, its element]

const handlers = {
  onAction: (action) =>
    attempt(() => {
      const { userId } = state.selected;
      if (action.type === "locationRequest") {
        return api.say(userId, { type: "location", coordinates: { lat: 45.5234, long: -73.6003 } }, place());
      }
      return api.click(userId, action.id ?? action.payload ?? action.text, place());
    }),
  onSubmit: (values) => attempt(() => api.submit(state.selected.userId, values, place())),
};

function messageElement(message) {
  const isUser = message.author.type === "user";
  const again = element(
    "button",
    { type: "button", title: "Start again, and send what the user wrote up to here", onclick: () => attempt(() => restart(message)) },
    "Restart from here",
  );
  return element(
    "article",
    { class: `message ${isUser ? "user" : "business"}`, "data-id": message.id },
    renderContent(message.content, handlers),
    element(
      "footer", {},
      element("span", {}, isUser ? nameOf(selectedUser()) : (message.author.displayName ?? "business")),
      element("time", { datetime: message.received }, time(message.received)),
      isUser ? again : "",
    ),
  );
}

function tapElement(click) {
  return element(
    "article", { class: "message user tap" },
    element("div", { class: "bubble" }, `tapped “${click.action.text ?? click.action.payload}”`),
    element("footer", {}, element("time", { datetime: click.at }, time(click.at))),
  );
}

function cached(message) {
  const source = JSON.stringify(message);
  const known = rendered.get(message.id);
  if (known?.[0] === source) return known[1];
  const node = messageElement(message);
  rendered.set(message.id, [source, node]);
  return node;
}

function listNodes() {
  const oldest = state.messages[0]?.received ?? "";
  const taps = state.clicks.filter((click) => !state.hasOlderMessages || click.at >= oldest);
  const all = [
    ...state.messages.map((message) => [message.received, cached(message)]),
    ...taps.map((click) => [click.at, tapElement(click)]),
  ];
  return all.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, node]) => node);
}

let shownConversation;

function renderChat() {
  const user = selectedUser();
  const view = byId("messages");
  const { conversationId } = state.selected;
  if (shownConversation !== conversationId) rendered.clear();
  const isAtEnd = shownConversation !== conversationId || view.scrollHeight - view.scrollTop - view.clientHeight < 60;
  const fromEnd = view.scrollHeight - view.scrollTop;
  byId("chat-title").textContent = user ? nameOf(user) : "No conversation";
  byId("chat-tools").hidden = !conversationId;
  if (conversationId) byId("transcript").href = api.transcriptUrl(user.id, conversationId);
  byId("transcript").setAttribute("download", `${nameOf(user)}.jsonl`);
  const older = element("button", { type: "button", onclick: () => attempt(loadOlderMessages) }, "Earlier messages");
  const nodes = listNodes();
  const empty = element("p", {}, user ? "No message yet: write one below." : "Add a user, or write as anybody below.");
  updateChildren(view, [...(state.hasOlderMessages ? [older] : []), ...(nodes.length ? nodes : [empty])]);
  view.scrollTop = isAtEnd ? view.scrollHeight : view.scrollHeight - fromEnd;
  shownConversation = conversationId;
  renderChannels(user);
  renderTyping();
  markRead();
}

// Changes only the differences, to keep the focus and half-filled forms.
function updateChildren(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

function renderChannels(user) {
  const select = byId("channel");
  const channels = [...new Set((user?.clients ?? []).filter((client) => client.status !== "pending").map((client) => client.type))];
  const names = ["", ...channels];
  if (names.join() === [...select.options].map((option) => option.value).join()) return;
  select.replaceChildren(...names.map((name) => element("option", { value: name }, name || "used last")));
}

function renderTyping() {
  byId("typing").textContent = state.typing.get(state.selected.conversationId) ? "The business is typing…" : "";
}

// Marks the messages as read while the chat is open and visible.
function markRead() {
  const { userId, conversationId } = state.selected;
  const conversation = state.conversations.get(conversationId);
  const mine = conversation?.participants.find((one) => one.userId === userId);
  if (!mine?.unreadCount || document.hidden || !document.hasFocus()) return;
  mine.unreadCount = 0;
  notifyChange("people");
  attempt(() => api.markRead(userId, place()));
}

export function start() {
  onChange("chat", renderChat);
  onChange("typing", renderTyping);
  window.addEventListener("focus", markRead);
  document.addEventListener("visibilitychange", markRead);
  byId("restart").addEventListener("click", () => attempt(() => restart()));
  notifyChange("chat");
}
