// Builds elements. Text is always set as text, never parsed as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return node;
}

// Only URLs of pages or pictures: `javascript:` and the like stay text.
export function safeUrl(value) {
  try {
    const url = new URL(value);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export const time = (iso) => (iso ? new Date(iso).toLocaleTimeString([], { hour12: false }) : "");

let hiding;
export function notify(text) {
  byId("notice").textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => (byId("notice").textContent = ""), 5000);
}

// Runs an action of the user, and shows its error, if any.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    notify(error.message);
    return undefined;
  }
}
