// The state of the page, and listeners for its changes.

import * as api from "./api.js";

export const state = {
  users: new Map(),
  conversations: new Map(),
  selected: { userId: undefined, conversationId: undefined },
  messages: [],
  clicks: [],
  hasOlderMessages: false,
  typing: new Map(),
  log: [],
  faults: [],
};

const listeners = new Map();
let scheduled = new Set();

// `listener` runs before the next frame, once for many changes of `topic`.
export function onChange(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function notifyChange(...topics) {
  if (!scheduled.size) {
    requestAnimationFrame(() => {
      const due = scheduled;
      scheduled = new Set();
      for (const topic of due) for (const listener of listeners.get(topic) ?? []) listener();
    });
  }
  for (const topic of topics) scheduled.add(topic);
}

export const selectedUser = () => state.users.get(state.selected.userId);
export const conversationsOf = (userId) =>
  [...state.conversations.values()].filter((each) => each.participants.some((one) => one.userId === userId));
export const place = () =>
  state.selected.conversationId ? { conversationId: state.selected.conversationId } : {};

export async function select(userId, conversationId) {
  state.selected = { userId, conversationId };
  state.messages = [];
  state.clicks = [];
  state.hasOlderMessages = false;
  notifyChange("people", "chat");
  if (!conversationId) return;
  const page = await api.getMessages(conversationId);
  if (state.selected.conversationId !== conversationId) return;
  const known = new Set(page.messages.map((message) => message.id));
  state.messages = [...page.messages, ...state.messages.filter((message) => !known.has(message.id))];
  state.clicks = page.clicks;
  state.hasOlderMessages = page.hasMore;
  notifyChange("chat");
}

export async function loadOlderMessages() {
  const { conversationId } = state.selected;
  const page = await api.getMessages(conversationId, { before: state.messages[0].id, limit: 200 });
  if (state.selected.conversationId !== conversationId) return;
  state.messages = [...page.messages, ...state.messages];
  state.hasOlderMessages = page.hasMore;
  notifyChange("chat");
}
