// Shows the content of a message as the end user sees it.

import { element, safeUrl } from "./dom.js";

export function summarize(content) {
  return content.text || content.altText || content.title || `[${content.type}]`;
}

const isImage = (content) => content.type === "image";

function link(url, text) {
  const href = safeUrl(url);
  return href ? element("a", { href, target: "_blank", rel: "noopener noreferrer" }, text) : element("span", {}, text);
}

// Pictures may come from anywhere: the request has no Referer, and an <img> runs no scripts.
function picture(url, description) {
  const src = safeUrl(url);
  return src && element("img", { src, alt: description || "image", loading: "lazy", referrerpolicy: "no-referrer" });
}

function button(action, onAction) {
  if (action.type === "link" || action.type === "webview") return link(action.uri, action.text);
  const text = action.text + (action.type === "buy" ? ` (${action.amount / 100} ${action.currency ?? ""})` : "");
  return element("button", { type: "button", onclick: () => onAction(action) }, text);
}

function actions(part, onAction) {
  if (!part.actions?.length) return "";
  return element("div", { class: "actions" }, part.actions.map((action) => button(action, onAction)));
}

function items(content, onAction) {
  return element(
    "div",
    { class: `items ${content.type}`, role: "group", "aria-label": content.type, tabindex: "0" },
    content.items.map((item) =>
      element(
        "div", { class: "item" },
        picture(item.mediaUrl, item.altText || item.title),
        element("strong", {}, item.title),
        item.description && element("p", {}, item.description),
        actions(item, onAction),
      ),
    ),
  );
}

function field(definition) {
  const { name, label, type, placeholder, options = [] } = definition;
  const input =
    type === "select"
      ? element("select", { name, required: true }, options.map((each) => element("option", { value: each.name }, each.label)))
      : element("input", { name, type: type === "email" ? "email" : "text", placeholder, required: true });
  return element("label", {}, label, input);
}

function form(content, onSubmit) {
  if (content.submitted) return element("p", {}, "This form was sent.");
  const send = (event) => {
    event.preventDefault();
    onSubmit(Object.fromEntries(new FormData(event.target)));
  };
  return element("form", { class: "form", "aria-label": "Form", onsubmit: send }, content.fields.map(field), element("button", {}, "Send the form"));
}

function filledIn(content) {
  const value = (one) => one.text ?? one.email ?? one.select?.map((option) => option.label).join(", ") ?? "";
  return element(
    "dl", { class: "fields" },
    content.fields.flatMap((one) => [element("dt", {}, one.label ?? one.name), element("dd", {}, value(one))]),
  );
}

function location({ coordinates, location: where }) {
  const spot = `${coordinates.lat}, ${coordinates.long}`;
  return element(
    "div", {},
    `${where?.name ?? "Location"}: `,
    link(`https://www.openstreetmap.org/?mlat=${coordinates.lat}&mlon=${coordinates.long}`, where?.address ?? spot),
  );
}

function main(content, handlers) {
  switch (content.type) {
    case "text":
      return content.text ?? "";
    case "image":
      return [picture(content.mediaUrl, content.altText), content.text];
    case "file":
      return [link(content.mediaUrl, content.altText || decodeURIComponent(content.mediaUrl.split("/").pop()) || "file"), content.text && ` ${content.text}`];
    case "carousel":
    case "list":
      return items(content, handlers.onAction);
    case "location":
      return location(content);
    case "form":
      return form(content, handlers.onSubmit);
    case "formResponse":
      return filledIn(content);
    default:
      return element("pre", {}, JSON.stringify(content, null, 2));
  }
}

export function render(content, handlers) {
  let body;
  try {
    body = [main(content, handlers)].flat();
  } catch {
    body = [element("pre", {}, JSON.stringify(content, null, 2))]; // a type newer than this page, or incomplete
  }
  return element("div", { class: `bubble${isImage(content) ? " picture" : ""}` }, body, actions(content, handlers.onAction));
}
