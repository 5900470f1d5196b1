// Starts a new conversation as a new user, and repeats the actions of the user up to a message.

import * as api from "./api.js";
import { notify } from "./dom.js";
import { select, selectedUser, state } from "./state.js";

const QUIET = 400;
const LIMIT = 10_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function loadHistory(conversationId) {
  let messages = [];
  let clicks = [];
  for (let before, hasMore = true; hasMore; ) {
    const page = await api.getMessages(conversationId, { before, limit: 1000 });
    messages = [...page.messages, ...messages];
    clicks = page.clicks;
    before = messages[0]?.id;
    hasMore = page.hasMore;
  }
  return { messages, clicks };
}

// The bot's turn is over when no delivery is under way and nothing has been written for a while.
async function waitForAnswers(conversationId) {
  const end = Date.now() + LIMIT;
  let count = -1;
  while (Date.now() < end) {
    await api.waitForDeliveries(5);
    const { messages } = await api.getMessages(conversationId, { limit: 1000 });
    if (messages.length === count) return;
    count = messages.length;
    await pause(QUIET);
  }
}

function performStep(userId, step, place) {
  if (step.action) return api.click(userId, step.action.text, place);
  const { content } = step;
  if (content.type === "formResponse") {
    const value = (field) => field.text ?? field.email ?? field.select.map((option) => option.name);
    return api.submit(userId, Object.fromEntries(content.fields.map((field) => [field.name, value(field)])), place);
  }
  return api.say(userId, content.type === "text" ? content.text : { content }, place);
}

export async function restart(message) {
  const user = selectedUser();
  const { conversationId } = state.selected;
  const { messages, clicks } = await loadHistory(conversationId);
  const base = (user.externalId ?? user.name ?? "user").replace(/ #\d+$/, "");
  const numbers = [...state.users.values()].map((one) => Number(one.externalId?.match(/ #(\d+)$/)?.[1] ?? 1));
  const newUser = await api.addUser({
    externalId: `${base} #${Math.max(...numbers) + 1}`,
    ...(user.profile?.givenName && { givenName: user.profile.givenName }),
    channel: user.clients[0]?.type ?? "web",
  });
  state.users.set(newUser.id, newUser);
  await select(newUser.id);
  const steps = message
    ? [
        ...messages.filter((one) => one.author.type === "user").map((one) => ({ at: one.received, ...one })),
        ...clicks,
      ]
        .filter((step) => step.at <= message.received)
        .sort((one, other) => (one.at < other.at ? -1 : 1))
    : [];
  let place = {};
  for (const [index, step] of steps.entries()) {
    notify(`Sending again: ${index + 1} of ${steps.length}`);
    const created = await performStep(newUser.id, step, place);
    if (created.conversationId) place = { conversationId: created.conversationId };
    await waitForAnswers(place.conversationId);
  }
  notify(message ? "Restarted up to this message." : "Restarted: write the first message.");
}
