#!/usr/bin/env node
// An echo bot with nothing but Node.js 18 or newer.
//
//     BOTMOTHER_TOKEN=bm_… node examples/echo.mjs
//
// BOTMOTHER_URL names another daemon than http://localhost:7842.
const url = process.env.BOTMOTHER_URL ?? "http://localhost:7842";
const token = process.env.BOTMOTHER_TOKEN ?? fail("BOTMOTHER_TOKEN is not set: /newbot gives one");

function fail(why) {
  console.error(why);
  process.exit(1);
}

// The result of a call, null where it was refused. Waits and tries again as long as that may help.
async function call(method, body, key) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key; // Tried again under the same key it is still sent once.
  for (let pause = 1; ; pause = Math.min(pause * 2, 60)) {
    try {
      const response = await fetch(`${url}/bot/${method}`, {
        method: body ? "POST" : "GET",
        headers,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(70_000),
      });
      const said = await response.json();
      if (said.ok) return said.result;
      const what = `${method.split("?")[0]}: ${response.status} ${said.description}`;
      // A wrong token, or another program polls this bot: nothing to wait for.
      if ([401, 409].includes(response.status)) fail(what);
      console.error(what);
      if ((response.status !== 429 && response.status < 500) || [501, 502].includes(response.status)) return null;
      pause = said.parameters?.retry_after ?? pause;
    } catch (error) {
      // The daemon is not there, or was stopped while we waited.
      console.error(`${url}: ${error.cause?.message ?? error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
  }
}

const answer = (text) => (text === "/start" ? "Hello! What you write comes back." : `You said: ${text}`);

await call("setCommands", { commands: [{ command: "start", description: "Say hello" }] });
for (let offset = 0; ; ) {
  for (const update of (await call(`getUpdates?offset=${offset}&timeout=50`)) ?? []) {
    const message = update.data;
    if (update.type === "message" && message.body && message.type === "chat")
      await call("sendMessage", { to: message.from, text: answer(message.body) }, `echo-${update.update_id}`);
    offset = update.update_id + 1; // The next call says with it that this one is done.
  }
}
