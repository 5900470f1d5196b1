// A request as code: a call of the Python client, or curl.

const V2 = [
  ["POST", /^conversations\/([^/]+)\/messages$/, (id, body) => `api.messages.post(${id}, ${body})`],
  ["GET", /^conversations\/([^/]+)\/messages$/, (id) => `list(api.messages.list(${id}))`],
  ["DELETE", /^conversations\/([^/]+)\/messages$/, (id) => `api.messages.delete_all(${id})`],
  ["GET", /^users\/([^/]+)$/, (id) => `api.users.get(${id})`],
  ["PATCH", /^users\/([^/]+)$/, (id, body) => `api.users.update(${id}, ${body})`],
  ["DELETE", /^users\/([^/]+)$/, (id) => `api.users.delete(${id})`],
  ["GET", /^conversations\/([^/]+)$/, (id) => `api.conversations.get(${id})`],
  ["PATCH", /^conversations\/([^/]+)$/, (id, body) => `api.conversations.update(${id}, ${body})`],
  ["DELETE", /^conversations\/([^/]+)$/, (id) => `api.conversations.delete(${id})`],
  ["GET", /^conversations\/([^/]+)\/participants$/, (id) => `list(api.participants.list(${id}))`],
  ["GET", /^integrations\/([^/]+)\/webhooks$/, (id) => `api.webhooks.list(integration_id=${id})`],
  ["GET", /^integrations$/, () => "list(api.integrations.list())"],
  ["POST", /^integrations$/, (body) => `api.integrations.create(${body})`],
  ["GET", /^integrations\/([^/]+)$/, (id) => `api.integrations.get(${id})`],
  ["GET", /^$/, () => "api.apps.get()"],
];

export function python(value, indent = "") {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((each) => python(each, inner))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${python(each, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  const line = `${open}${parts.join(", ")}${close}`;
  return line.length < 80 ? line : `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${indent}${close}`;
}

function generic({ method, path, query, body }) {
  const options = [query && `params=${python(query)}`, body !== undefined && `json=${python(body)}`].filter(Boolean);
  return `api.raw.get_httpx_client().request(${[python(method), python(path), ...options].join(", ")}).json()`;
}

function v2Call(request) {
  const [, rest = undefined] = request.path.match(/^(?:\/sc)?\/v2\/apps\/[^/]+\/?(.*)$/) ?? [];
  if (rest !== undefined && !request.query) {
    for (const [method, pattern, make] of V2) {
      const match = method === request.method && rest.match(pattern);
      if (match) {
        const ids = match.slice(1).map((id) => python(decodeURIComponent(id)));
        return make(...ids, ...(request.body === undefined ? [] : [python(request.body)]));
      }
    }
  }
  return generic(request);
}

function v1Call({ method, path, query, body }) {
  const endpoint = path.replace(/^(?:\/sc)?\/v1(?:\.1\/apps\/[^/]+)?\//, "");
  const data = body ?? query;
  const options = [data !== undefined && python(data), method !== "GET" && `method=${python(method.toLowerCase())}`];
  return `api.ask(${[python(endpoint), ...options].filter(Boolean).join(", ")}).json()`;
}

export function asPython(request) {
  const isV2 = /^(\/sc)?\/v2\//.test(request.path);
  const module = isV2 ? "smooch.v2" : "smooch";
  return `from ${module} import Smooch\n\napi = Smooch.from_env()\nprint(${isV2 ? v2Call(request) : v1Call(request)})\n`;
}

const quote = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;

export function asCurl({ method, path, query, body }, origin) {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  const lines = [`curl -X ${method} ${quote(origin + path + search)}`, '  -u "$SMOOCH_KEY_ID:$SMOOCH_SECRET"'];
  if (body !== undefined) lines.push("  -H 'content-type: application/json'", `  -d ${quote(JSON.stringify(body))}`);
  return lines.join(" \\\n");
}
