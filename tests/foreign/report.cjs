// What a session with other people's client reports, as report.py does: one JSON object a line for each call.
"use strict";

const environment = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => name.startsWith("SANDBOX_"))
    .map(([name, value]) => [name.slice("SANDBOX_".length).toLowerCase(), value])
);

const tried = new Set();

function print(api, call, error) {
  console.log(JSON.stringify({ api, call, error }));
}

function describe(raised) {
  const { status, text } = raised.response || {};
  return [status, raised.message || raised, typeof text === "string" ? text : ""].filter(Boolean).join(" ");
}

/** Call a method and return its response, undefined if it failed. `refused`: it must fail with an error that contains this. */
async function call(api, method, action, { refused } = {}) {
  tried.add(`${api}.${method}`);
  let error = null;
  let response;
  try {
    response = await action();
  } catch (raised) {
    error = describe(raised);
  }
  if (refused !== undefined) {
    error = error && error.includes(refused) ? null : `expected to be refused with ${refused}, got ${error}`;
  }
  print(api, method, error);
  return response;
}

/** Report a check of a response. */
function expect(api, what, isSo) {
  print(api, what, isSo ? null : "is not so");
}

/** Report the methods that were not called. */
function finish(methods) {
  methods.filter((name) => !tried.has(name)).forEach((name) => print(...name.split(/\.(?=[^.]*$)/), "was not called"));
}

module.exports = { environment, call, expect, finish };
