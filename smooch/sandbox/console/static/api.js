// Calls of the control API.

export async function call(method, path, body, headers = {}) {
  const isFile = body instanceof Blob;
  const response = await fetch(`/_sandbox${path}`, {
    method,
    headers: body === undefined || isFile ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined || isFile ? body : JSON.stringify(body),
  });
  const result = await response.json();
  if (!response.ok) throw new Error(result.error?.description ?? `The sandbox answered ${response.status}`);
  return result;
}

const user = (id) => `/users/${encodeURIComponent(id)}`;

export const getSandbox = () => call("GET", "");
export const getUsers = () => call("GET", "/users");
export const getConversations = () => call("GET", "/conversations");
export const getRequest = (id) => call("GET", `/requests/${id}`).then((result) => result.request);
export const getDelivery = (id) => call("GET", `/deliveries/${id}`).then((result) => result.delivery);
export const redeliver = (id) => call("POST", `/deliveries/${id}/redeliver`);
export const getFaults = () => call("GET", "/faults").then((result) => result.faults);
export const addFault = (fault) => call("POST", "/faults", fault);
export const deleteFaults = () => call("DELETE", "/faults");
export const addUser = (fields) => call("POST", "/users", fields).then((result) => result.user);
export const say = (id, content, place = {}) => call("POST", `${user(id)}/say`, { content, ...place });
export const click = (id, action, place = {}) => call("POST", `${user(id)}/click`, { action, ...place });
export const submit = (id, values, place = {}) => call("POST", `${user(id)}/submit`, { values, ...place });
export const setTyping = (id, isTyping, place = {}) => call("POST", `${user(id)}/type`, { isTyping, ...place });
export const markRead = (id, place = {}) => call("POST", `${user(id)}/read`, place);
export const waitForDeliveries = (timeout) => call("POST", "/deliveries/wait", { timeout });
export const upload = (file) =>
  call("POST", `/files?name=${encodeURIComponent(file.name)}`, file, {
    "content-type": file.type || "application/octet-stream",
  });
export const transcriptUrl = (id, conversationId) =>
  `/_sandbox${user(id)}/transcript?conversationId=${encodeURIComponent(conversationId)}`;

export function getMessages(conversationId, { before, limit = 100 } = {}) {
  const query = new URLSearchParams({ limit, ...(before && { before }) });
  return call("GET", `/conversations/${conversationId}/messages?${query}`);
}

export function getPage(list, before) {
  const query = new URLSearchParams({ limit: 1000, ...(before !== undefined && { before }) });
  return call("GET", `/${list}?${query}`);
}
