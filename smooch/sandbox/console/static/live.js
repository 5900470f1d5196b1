// Loads everything, then follows the events of the sandbox.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { notifyChange, select, state } from "./state.js";

let positions = new Map();
let source;

export async function load() {
  source?.close();
  const { lastEventId } = await api.getSandbox();
  await loadPeople();
  state.log = [];
  positions = new Map();
  await loadFaults();
  follow(lastEventId);
  await Promise.all([loadLog("requests", "request"), loadLog("deliveries", "delivery")]);
}

async function loadPeople() {
  const [{ users }, { conversations }] = await Promise.all([api.getUsers(), api.getConversations()]);
  state.users = new Map(users.map((user) => [user.id, user]));
  state.conversations = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  const { userId, conversationId } = state.selected;
  if (!state.users.has(userId)) {
    const latest = conversations.filter((each) => each.lastMessage).at(-1) ?? conversations.at(-1);
    const first = latest?.participants.find((one) => state.users.has(one.userId))?.userId ?? users[0]?.id;
    await select(first, latest?.id);
  } else await select(userId, state.conversations.has(conversationId) ? conversationId : undefined);
  notifyChange("people", "chat");
}

async function loadFaults() {
  state.faults = await api.getFaults();
  notifyChange("faults");
}

// Pages come from the newest to the oldest.
async function loadLog(list, kind) {
  for (let before, hasMore = true; hasMore; ) {
    const page = await api.getPage(list, before);
    for (const entry of page[list]) record(kind, entry, false);
    before = page[list][0]?.id;
    hasMore = page.hasMore && before !== undefined;
    state.log.sort((one, other) => (one.data.at < other.data.at ? -1 : 1));
    positions = new Map(state.log.map((entry, index) => [entry.key, index]));
    notifyChange("log");
  }
}

function record(kind, data, isNew) {
  const key = `${kind} ${data.id}`;
  const index = positions.get(key);
  if (index === undefined) {
    positions.set(key, state.log.length);
    state.log.push({ key, kind, data });
  } else if (isNew) state.log[index] = { key, kind, data };
  notifyChange("log");
}

function follow(lastEventId) {
  source = new EventSource(`/_sandbox/events?after=${encodeURIComponent(lastEventId)}`);
  source.onopen = () => (byId("connection").textContent = "live");
  source.onerror = () => (byId("connection").textContent = "not connected; trying again");
  const on = (type, handle) => source.addEventListener(type, (event) => handle(JSON.parse(event.data)));
  on("request", (data) => record("request", data, true));
  on("delivery", (data) => record("delivery", data, true));
  on("user", (user) => {
    state.users.set(user.id, user);
    if (!state.selected.userId) select(user.id);
    notifyChange("people", "chat");
  });
  on("userRemoved", ({ id }) => {
    state.users.delete(id);
    if (state.selected.userId === id) select(state.users.keys().next().value);
    notifyChange("people");
  });
  on("conversation", (conversation) => {
    state.conversations.set(conversation.id, conversation);
    selectFirstConversation(conversation);
    notifyChange("people", "receipts");
  });
  on("conversationRemoved", ({ id }) => {
    state.conversations.delete(id);
    if (state.selected.conversationId === id) select(state.selected.userId);
    notifyChange("people");
  });
  on("message", ({ conversationId, message }) => addMessage(conversationId, message));
  on("click", (click) => {
    if (click.conversationId === state.selected.conversationId) state.clicks.push(click);
    notifyChange("chat");
  });
  on("typing", ({ conversationId, author, isTyping }) => {
    if (author === "business") state.typing.set(conversationId, isTyping);
    notifyChange("typing");
  });
  on("faults", loadFaults);
  on("refresh", load);
  on("reset", () => {
    state.selected = {};
    state.typing.clear();
    load();
  });
}

// Selects the first conversation of the selected user as soon as it begins.
function selectFirstConversation(conversation) {
  const { userId, conversationId } = state.selected;
  const isOurs = conversation.participants.some((one) => one.userId === userId);
  if (isOurs && !state.conversations.has(conversationId)) select(userId, conversation.id);
}

// As in the sandbox, a form response belongs to the newest form that is not submitted yet.
function markSubmitted() {
  const index = state.messages.findLastIndex(({ content }) => content.type === "form" && !content.submitted);
  const form = state.messages[index];
  if (form) state.messages[index] = { ...form, content: { ...form.content, submitted: true } };
}

function addMessage(conversationId, message) {
  const conversation = state.conversations.get(conversationId);
  if (conversation) {
    conversation.lastMessage = message;
    if (message.author.type === "business") {
      state.typing.delete(conversationId);
      for (const one of conversation.participants) one.unreadCount = (one.unreadCount ?? 0) + 1;
    }
  }
  if (conversationId === state.selected.conversationId && !state.messages.some((each) => each.id === message.id)) {
    if (message.content.type === "formResponse") markSubmitted();
    state.messages.push(message);
  }
  notifyChange("people", "chat", "typing");
}
