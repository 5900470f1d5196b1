// A session with the vendor's JavaScript SDK for API v2: every method of every API class, responses read by its models.
"use strict";

const sdk = require("sunshine-conversations-client");
const { environment, call, expect, finish } = require("./report.cjs");

const APP = environment.app_id;
const USER = "ana";

function client(key) {
  const made = new sdk.ApiClient();
  made.basePath = environment.url;
  if (key !== undefined) {
    made.authentications.basicAuth.username = environment[`${key}key_id`];
    made.authentications.basicAuth.password = environment[`${key}secret`];
  }
  return made;
}

const app = client("");
const account = client("account_");
const on = (where) => (api, method, ...parameters) => call(api, method, () => new sdk[api](where)[method](...parameters));
const byApp = on(app);
const byAccount = on(account);

async function main() {
  const ben = await byApp("UsersApi", "createUser", APP, { externalId: "ben", profile: { givenName: "Ben" } });
  const ana = (await byApp("UsersApi", "getUser", APP, USER)).user.id;
  await byApp("UsersApi", "updateUser", APP, USER, { profile: { surname: "Roy" }, metadata: { tier: 2 } });
  const devices = await byApp("DevicesApi", "listDevices", APP, USER);
  await byApp("DevicesApi", "getDevice", APP, USER, devices.devices[0].id);

  const made = await byApp("ConversationsApi", "createConversation", APP, {
    type: "personal", participants: [{ userExternalId: USER }], displayName: "Order 7",
  });
  const conversation = made.conversation.id;
  await byApp("ConversationsApi", "getConversation", APP, conversation);
  await byApp("ConversationsApi", "listConversations", APP, { userExternalId: USER }, { page: { size: 10 } });
  await byApp("ConversationsApi", "updateConversation", APP, conversation, { displayName: "Order 8" });
  const postback = { type: "postback", text: "Take", payload: "T" };
  const contents = [
    { type: "text", text: "Hello", actions: [{ type: "link", text: "Shop", uri: "https://shop.example" }, postback] },
    { type: "image", mediaUrl: "https://media.example/a.png" },
    { type: "file", mediaUrl: "https://media.example/a.pdf" },
    { type: "location", coordinates: { lat: 45.5, long: -73.5 } },
    { type: "carousel", items: [{ title: "Tacos", actions: [postback] }] },
    { type: "list", items: [{ title: "Tacos", actions: [postback] }] },
    { type: "form", fields: [{ type: "text", name: "name", label: "Name" }] },
  ];
  for (const content of contents) {
    await byApp("MessagesApi", "postMessage", APP, conversation, { author: { type: "business" }, content });
  }
  const found = await byApp("MessagesApi", "listMessages", APP, conversation, {});
  expect("MessagesApi", "all messages are listed", found.messages.length === contents.length);
  await byApp("MessagesApi", "deleteMessage", APP, conversation, found.messages[0].id);
  await byApp("ActivitiesApi", "postActivity", APP, conversation, { author: { type: "business" }, type: "typing:start" });
  const reference = { url: "https://a.example", bid: "b", key: "k", signature: "s", owner: "o" };
  await byApp("ConversationsApi", "downloadMessageRef", APP, conversation, { userId: ana, apple: { interactiveDataRef: reference } });
  const group = (await byApp("ConversationsApi", "createConversation", APP, { type: "sdkGroup", displayName: "Friends" })).conversation.id;
  await byApp("ParticipantsApi", "joinConversation", APP, group, { userExternalId: USER, subscribeSDKClient: false });
  await byApp("ParticipantsApi", "listParticipants", APP, group, {});
  await byApp("ParticipantsApi", "leaveConversation", APP, group, { userExternalId: USER });

  const file = Buffer.from("text");
  file.name = "a.txt";
  const upload = await byApp("AttachmentsApi", "uploadAttachment", APP, "public", file, { _for: "message", conversationId: conversation });
  await byApp("AttachmentsApi", "deleteAttachment", APP, { mediaUrl: upload.attachment.mediaUrl });

  const hook = { target: "https://bot.example/hook", triggers: ["conversation:message"] };
  const custom = (await byApp("IntegrationsApi", "createIntegration", APP, { type: "custom", status: "active", displayName: "Bot", webhooks: [hook] })).integration.id;
  const twilio = (await byApp("IntegrationsApi", "createIntegration", APP, { type: "twilio", accountSid: "AC3f0c", authToken: "1b7d", phoneNumberSid: "PN8b" })).integration.id;
  const all = await byApp("IntegrationsApi", "listIntegrations", APP, { filter: { types: "custom,twilio" } });
  expect("IntegrationsApi", "integrations are filtered", all.integrations.every((each) => ["custom", "twilio"].includes(each.type)));
  await byApp("IntegrationsApi", "getIntegration", APP, custom);
  await byApp("IntegrationsApi", "updateIntegration", APP, custom, { displayName: "Robot" });
  const bens = await byApp("ConversationsApi", "createConversation", APP, { type: "personal", participants: [{ userId: ben.user.id }] });
  const linked = await byApp("ClientsApi", "createClient", APP, "ben", {
    matchCriteria: { type: "twilio", integrationId: twilio, phoneNumber: "+15145555555", primary: true },
    confirmation: { type: "immediate" },
    target: { conversationId: bens.conversation.id },
  });
  await byApp("ClientsApi", "listClients", APP, "ben", {});
  await byApp("ClientsApi", "removeClient", APP, "ben", linked.client.id);
  const key = (await byApp("CustomIntegrationApiKeysApi", "createCustomIntegrationKey", APP, custom, { displayName: "A key" })).key.id;
  await byApp("CustomIntegrationApiKeysApi", "listCustomIntegrationKeys", APP, custom);
  await byApp("CustomIntegrationApiKeysApi", "getCustomIntegrationKey", APP, custom, key);
  await byApp("CustomIntegrationApiKeysApi", "deleteCustomIntegrationKey", APP, custom, key);
  const second = (await byApp("WebhooksApi", "createWebhook", APP, custom, { ...hook, target: "https://bot.example/second" })).webhook.id;
  await byApp("WebhooksApi", "listWebhooks", APP, custom);
  await byApp("WebhooksApi", "getWebhook", APP, custom, second);
  await byApp("WebhooksApi", "updateWebhook", APP, custom, second, { triggers: ["client:add"] });
  await byApp("WebhooksApi", "deleteWebhook", APP, custom, second);

  const board = (await byApp("SwitchboardsApi", "createSwitchboard", APP)).switchboard.id;
  await byApp("SwitchboardsApi", "listSwitchboards", APP);
  const bot = (await byApp("SwitchboardIntegrationsApi", "createSwitchboardIntegration", APP, board, { name: "bot", integrationId: custom, deliverStandbyEvents: false })).switchboardIntegration.id;
  const desk = (await byApp("SwitchboardIntegrationsApi", "createSwitchboardIntegration", APP, board, { name: "desk", integrationType: "zd:agentWorkspace" })).switchboardIntegration.id;
  await byApp("SwitchboardIntegrationsApi", "listSwitchboardIntegrations", APP, board);
  await byApp("SwitchboardIntegrationsApi", "updateSwitchboardIntegration", APP, board, bot, { messageHistoryCount: 5 });
  await byApp("SwitchboardsApi", "updateSwitchboard", APP, board, { enabled: true, defaultSwitchboardIntegrationId: bot });
  await byApp("SwitchboardActionsApi", "passControl", APP, conversation, { switchboardIntegration: "bot" });
  await byApp("SwitchboardActionsApi", "offerControl", APP, conversation, { switchboardIntegration: "desk" });
  await byApp("SwitchboardActionsApi", "acceptControl", APP, conversation, {});
  await byApp("SwitchboardActionsApi", "releaseControl", APP, conversation);
  await byApp("SwitchboardIntegrationsApi", "deleteSwitchboardIntegration", APP, board, desk);
  await byApp("SwitchboardsApi", "deleteSwitchboard", APP, board);
  await byApp("IntegrationsApi", "deleteIntegration", APP, custom);

  await byAccount("AppsApi", "listApps", { page: { size: 10 } });
  const other = (await byAccount("AppsApi", "createApp", { displayName: "Another" })).app.id;
  await byAccount("AppsApi", "getApp", other);
  await byAccount("AppsApi", "updateApp", other, { displayName: "Renamed" });
  const appKey = (await byAccount("AppKeysApi", "createAppKey", other, { displayName: "A key" })).key.id;
  await byAccount("AppKeysApi", "listAppKeys", other);
  await byAccount("AppKeysApi", "getAppKey", other, appKey);
  await byAccount("AppKeysApi", "deleteAppKey", other, appKey);
  await byAccount("AppsApi", "deleteApp", other);

  const anonymous = client();
  const token = await on(anonymous)("OAuthEndpointsApi", "getToken", {
    code: environment.oauth_code, grant_type: "authorization_code",
    client_id: environment.oauth_client_id, client_secret: environment.oauth_client_secret,
  });
  const partner = client();
  partner.authentications.bearerAuth.accessToken = token.access_token;
  await on(partner)("OAuthEndpointsApi", "revokeAccess");
  await on(anonymous)("OAuthEndpointsApi", "authorize", environment.oauth_client_id, "code", { redirectUri: environment.redirect_uri });

  await byApp("MessagesApi", "deleteAllMessages", APP, conversation);
  await byApp("ConversationsApi", "deleteConversation", APP, group);
  await byApp("UsersApi", "deleteUserPersonalInformation", APP, "ben");
  await byApp("UsersApi", "deleteUser", APP, "ben");
  finish(
    Object.keys(sdk)
      .filter((name) => name.endsWith("Api"))
      .flatMap((api) => Object.getOwnPropertyNames(sdk[api].prototype).filter((name) => name !== "constructor" && !name.endsWith("HttpInfo")).map((name) => `${api}.${name}`))
  );
}

main();
