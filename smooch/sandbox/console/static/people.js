// The left pane: users and their conversations, with unread counts.

import * as api from "./api.js";
import { attempt, byId, element } from "./dom.js";
import { notifyChange, conversationsOf, onChange, select, state } from "./state.js";
import { summarize } from "./content.js";
import { showPane } from "./panes.js";

export const nameOf = (user) => user?.externalId ?? user?.name ?? user?.id ?? "";

function row(user, conversation) {
  const mine = conversation?.participants.find((one) => one.userId === user.id);
  const isSelected = state.selected.userId === user.id && state.selected.conversationId === conversation?.id;
  const unread = mine?.unreadCount ?? 0;
  const last = conversation?.lastMessage ? summarize(conversation.lastMessage.content) : "no message yet";
  const label = conversation?.displayName ?? (conversation && !conversation.isDefault ? "another conversation" : "");
  return element(
    "li", {},
    element(
      "button",
      {
        type: "button",
        "aria-current": isSelected && "true",
        onclick: () => attempt(() => select(user.id, conversation?.id)).then(() => showPane("chat")),
      },
      element("span", {}, nameOf(user), label && ` · ${label}`),
      unread ? element("span", { class: "unread" }, String(unread), element("span", { class: "hidden" }, " unread")) : "",
      element("small", {}, `${user.clients.map((client) => client.type).join(", ")} · ${last}`),
    ),
  );
}

function render() {
  const rows = [...state.users.values()].flatMap((user) => {
    const conversations = conversationsOf(user.id);
    return conversations.length ? conversations.map((conversation) => row(user, conversation)) : [row(user)];
  });
  const list = byId("people-list");
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  list.replaceChildren(...(rows.length ? rows : [element("li", { class: "empty" }, "Nobody yet.")]));
  if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  const user = await attempt(() => api.addUser(fields));
  if (!user) return;
  state.users.set(user.id, user);
  form.reset();
  await select(user.id, conversationsOf(user.id)[0]?.id);
  showPane("chat");
  byId("composer-text").focus();
}

export function start() {
  onChange("people", render);
  const form = byId("new-user");
  byId("add-user").addEventListener("click", () => {
    form.hidden = !form.hidden;
    if (!form.hidden) form.elements.externalId.focus();
  });
  form.addEventListener("submit", add);
  form.addEventListener("reset", () => (form.hidden = true));
  notifyChange("people");
}
