// Writes and uploads as the user.

import * as api from "./api.js";
import { attempt, byId } from "./dom.js";
import { place, state } from "./state.js";

const TYPING_ENDS = 3000;
let typingEnds;

function target() {
  const channel = byId("channel").value;
  return { ...place(), ...(channel && { channel }) };
}

async function send(event) {
  event?.preventDefault();
  const field = byId("composer-text");
  const text = field.value;
  if (!text.trim()) return;
  stopTyping();
  const said = await attempt(() => api.say(state.selected.userId ?? "ana", text, target()));
  if (said) field.value = "";
  field.focus();
}

async function upload(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  await attempt(async () => {
    const { mediaUrl, mediaType } = await api.upload(file);
    const type = mediaType.startsWith("image/") ? "image" : "file";
    await api.say(state.selected.userId ?? "ana", { type, mediaUrl, mediaType }, target());
  });
}

function startTyping() {
  const { userId } = state.selected;
  if (!userId) return;
  if (!typingEnds) attempt(() => api.setTyping(userId, true, place()));
  clearTimeout(typingEnds);
  typingEnds = setTimeout(stopTyping, TYPING_ENDS);
}

function stopTyping() {
  if (!typingEnds) return;
  clearTimeout(typingEnds);
  typingEnds = undefined;
  attempt(() => api.setTyping(state.selected.userId, false, place()));
}

export function start() {
  byId("composer").addEventListener("submit", send);
  byId("file").addEventListener("change", upload);
  byId("composer-text").addEventListener("input", startTyping);
  byId("composer-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
}
