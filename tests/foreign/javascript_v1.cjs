// A session with the vendor's JavaScript client for API v1.1 (smooch-core): every method of every resource.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");

// This client brings a FormData that takes streams, but prefers that of newer Node versions, which does not.
delete globalThis.FormData;
const Smooch = require("smooch-core");
const { environment, call, expect, finish } = require("./report.cjs");

const appId = environment.app_id;
const userId = "ana";
const app = new Smooch({ keyId: environment.key_id, secret: environment.secret, scope: "app", serviceUrl: environment.url });
const account = new Smooch({ keyId: environment.account_key_id, secret: environment.account_secret, scope: "account", serviceUrl: environment.url });

/** The resource of a client by its path, such as `apps.keys`. */
const resource = (client, api) => api.split(".").reduce((node, name) => node[name], client);
const on = (client) => (api, method, parameters = {}, options = {}) => call(api, method, () => resource(client, api)[method](parameters), options);
const byApp = on(app);
const byAccount = on(account);

async function main() {
  const ben = await byApp("appUsers", "create", { appId, appUser: { userId: "ben", givenName: "Ben" } });
  await byApp("appUsers", "get", { appId, userId });
  await byApp("appUsers", "update", { appId, userId, appUser: { surname: "Roy" } });
  await byApp("appUsers", "getChannels", { appId, userId });
  await byApp("appUsers", "getBusinessSystems", { appId, userId });
  await byApp("appUsers", "getAuthCode", { appId, userId });
  const image = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "smooch-")), "image.png");
  fs.writeFileSync(image, Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"));

  const link = { type: "link", text: "Shop", uri: "https://shop.example" };
  const postback = { type: "postback", text: "Take", payload: "T" };
  const messages = [
    { type: "text", text: "Hello", actions: [link, postback] },
    { type: "image", mediaUrl: "https://media.example/a.png" },
    { type: "file", mediaUrl: "https://media.example/a.pdf" },
    { type: "carousel", items: [{ title: "Tacos", actions: [postback] }] },
    { type: "list", items: [{ title: "Tacos", actions: [postback] }, { title: "Ramen", actions: [postback] }] },
  ];
  const sent = [];
  for (const message of messages) {
    sent.push(await byApp("appUsers", "sendMessage", { appId, userId, message: { role: "appMaker", ...message } }));
  }
  await byApp("appUsers", "uploadImage", { appId, userId, source: fs.createReadStream(image), message: { role: "appMaker" } });
  const found = await byApp("appUsers", "getMessages", { appId, userId, query: {} });
  expect("appUsers", "all messages are listed", found && found.messages.length === messages.length + 1);
  await byApp("appUsers", "conversationActivity", { appId, userId, activityProps: { role: "appMaker", type: "typing:start" } });
  await byApp("conversations", "get", { appId, userId });
  await byApp("conversations", "resetUnreadCount", { appId, userId });
  await byApp("conversations", "postPostback", { appId, userId, actionId: sent[0].message.actions[1]._id });
  await byApp("appUsers", "deleteMessage", { appId, userId, messageId: sent[0].message._id });
  await byApp("appUsers", "deleteMessages", { appId, userId });

  const upload = await byApp("attachments", "create", { appId, props: { for: "message", access: "public", appUserId: ben.appUser._id }, source: fs.createReadStream(image) });
  await byApp("attachments", "delete", { appId, mediaUrl: upload && upload.mediaUrl });
  const template = (await byApp("templates", "create", { appId, props: { name: "hello", message: { role: "appMaker", type: "text", text: "Hello" } } })).template._id;
  await byApp("templates", "list", { appId, props: { limit: 10, offset: 0 } });
  await byApp("templates", "get", { appId, templateId: template });
  await byApp("templates", "update", { appId, templateId: template, props: { name: "hi" } });
  await byApp("templates", "delete", { appId, templateId: template });
  await byApp("menu", "configure", { appId, props: { items: [link] } });
  await byApp("menu", "get", { appId });
  await byApp("menu", "remove", { appId });
  const hook = (await byApp("webhooks", "create", { appId, props: { target: "https://bot.example/hook", triggers: ["message:appUser"] } })).webhook._id;
  await byApp("webhooks", "list", { appId });
  await byApp("webhooks", "get", { appId, webhookId: hook });
  await byApp("webhooks", "update", { appId, webhookId: hook, props: { triggers: ["postback"] } });
  await byApp("webhooks", "delete", { appId, webhookId: hook });

  const number = (await byAccount("deployments", "create", { props: { hosting: "self", baseUrl: "https://wa.example", username: "a", password: "b", callbackUrl: "https://wa.example/back" } })).deployment._id;
  await byAccount("deployments", "list");
  await byAccount("deployments", "get", { deploymentId: number });
  await byAccount("deployments", "activate", { deploymentId: number, phoneNumber: "+15145555555", verifiedNameCertificate: "c2ln", method: "sms" });
  await byAccount("deployments", "confirmCode", { deploymentId: number, code: "123456" });
  const create = async (props) => (await byApp("integrations", "create", { appId, props })).integration._id;
  const whatsapp = await create({ type: "whatsapp", deploymentId: number });
  const messenger = await create({ type: "messenger", pageAccessToken: "a token", appId: "7", appSecret: "a secret" });
  const twilio = await create({ type: "twilio", accountSid: "AC3f0c", authToken: "1b7d", phoneNumberSid: "PN8b" });
  await create({ type: "viber", token: "a token" });
  await create({ type: "wechat", appId: "7", appSecret: "a secret" });
  await byApp("integrations", "list", { appId, types: "twilio,messenger" });
  await byApp("integrations", "get", { appId, integrationId: twilio });
  await byApp("integrations", "update", { appId, integrationId: twilio, props: { displayName: "SMS" } });
  await byApp("integrations.menu", "create", { appId, integrationId: messenger, props: { items: [link] } });
  await byApp("integrations.menu", "get", { appId, integrationId: messenger });
  await byApp("integrations.menu", "update", { appId, integrationId: messenger, props: { items: [postback] } });
  await byApp("integrations.menu", "delete", { appId, integrationId: messenger });
  await byApp("integrations.profile", "update", { appId, integrationId: whatsapp, profile: { about: "A shop" } });
  await byApp("integrations.profile", "get", { appId, integrationId: whatsapp });
  await byApp("integrations.profile.photo", "upload", { appId, integrationId: whatsapp, source: fs.createReadStream(image) });
  const body = { name: "ticket", category: "ALERT_UPDATE", language: "en_US", components: [{ type: "BODY", text: "Hello" }] };
  await byApp("integrations.messageTemplates", "create", { appId, integrationId: whatsapp, messageTemplate: body });
  await byApp("integrations.messageTemplates", "list", { appId, integrationId: whatsapp, query: { limit: 10 } });
  await byApp("integrations.messageTemplates", "delete", { appId, integrationId: whatsapp, messageTemplateName: "ticket" });

  await byApp("appUsers", "linkChannel", { appId, userId: "ben", data: { type: "twilio", integrationId: twilio, phoneNumber: "+15145555555", confirmation: { type: "immediate" } } });
  await byApp("appUsers", "pingChannel", { appId, userId: "ben", channel: "twilio" });
  await byApp("appUsers", "unlinkChannel", { appId, userId: "ben", channel: "twilio" });
  await byApp("appUsers", "getLinkRequests", { appId, userId: "ben", integrationIds: [messenger] });
  await byApp("appUsers.viber", "getQRCode", { appId, userId: "ben" });
  await byApp("appUsers.wechat", "getQRCode", { appId, userId: "ben" });
  await byApp("notifications", "postNotification", {
    appId, notification: { destination: { integrationId: twilio, destinationId: "+15145555556" }, author: { role: "appMaker" }, message: { type: "text", text: "Hello" } },
  });
  const cy = await byApp("appUsers", "create", { appId, appUser: { userId: "cy" } });
  await byApp("appUsers", "mergeUsers", { appId, props: { surviving: { _id: ben.appUser._id }, discarded: { _id: cy.appUser._id } } });
  await byApp("integrations", "delete", { appId, integrationId: twilio });
  await byApp("integrations", "delete", { appId, integrationId: whatsapp });
  // Payments by Stripe are not described: next to nothing is known of them.
  await byApp("stripe", "getAccount", { appId }, { refused: "404" });
  await byApp("appUsers.stripe", "updateCustomer", { appId, userId, token: "a token" }, { refused: "404" });
  await byApp("appUsers.stripe", "createTransaction", { appId, userId, actionId: "an action", token: "a token" }, { refused: "404" });

  await byAccount("deployments", "delete", { deploymentId: number });
  await byAccount("apps", "list", { limit: 10 });
  const other = (await byAccount("apps", "create", { name: "Another" })).app._id;
  await byAccount("apps", "get", { appId: other });
  await byAccount("apps", "update", { appId: other, data: { name: "Renamed" } });
  await byAccount("apps", "getSdkIds", { appId: other });
  const key = (await byAccount("apps.keys", "create", { appId: other, name: "A key" })).key._id;
  await byAccount("apps.keys", "list", { appId: other });
  await byAccount("apps.keys", "get", { appId: other, keyId: key });
  await byAccount("apps.keys", "getJwt", { appId: other, keyId: key });
  await byAccount("apps.keys", "delete", { appId: other, keyId: key });
  await byAccount("apps", "delete", { appId: other });
  const service = (await byAccount("serviceAccounts", "create", { name: "Robot" })).serviceAccount._id;
  await byAccount("serviceAccounts", "list", { limit: 10 });
  await byAccount("serviceAccounts", "get", { serviceAccountId: service });
  await byAccount("serviceAccounts", "update", { serviceAccountId: service, data: { name: "Renamed" } });
  const second = (await byAccount("serviceAccounts.keys", "create", { serviceAccountId: service, name: "A key" })).key._id;
  await byAccount("serviceAccounts.keys", "list", { serviceAccountId: service });
  await byAccount("serviceAccounts.keys", "get", { serviceAccountId: service, keyId: second });
  await byAccount("serviceAccounts.keys", "getJwt", { serviceAccountId: service, keyId: second });
  await byAccount("serviceAccounts.keys", "delete", { serviceAccountId: service, keyId: second });
  await byAccount("serviceAccounts", "delete", { serviceAccountId: service });
  await byApp("appUsers", "deleteProfile", { appId, userId: "ben" });
  await byApp("appUsers", "delete", { appId, userId: "ben" });
  finish(methods("", account));
}

/** The methods of all resources of a client. */
function methods(prefix, node) {
  return Object.entries(node)
    .filter(([name, child]) => child && typeof child === "object" && !["authHeaders", "utils", "httpAgent"].includes(name))
    .flatMap(([name, child]) => [
      ...Object.keys(Object.getPrototypeOf(child))
        .filter((method) => typeof child[method] === "function" && !method.startsWith("validate"))
        .map((method) => `${prefix}${name}.${method}`),
      ...methods(`${prefix}${name}.`, child),
    ]);
}

main();
