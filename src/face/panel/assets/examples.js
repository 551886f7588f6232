// Small whole programs with the address of this bot, to be copied.

import { t } from '../page/i18n.js';
import { example, hint, section } from './parts.js';

const curl = base => `export BOTMOTHER_TOKEN=…   # the token of the bot

# what was said to it; waits up to 50 seconds
curl "${base}/bot/getUpdates?timeout=50" \\
  -H "Authorization: Bearer $BOTMOTHER_TOKEN"

# an answer; "to" is what "from" was
curl -X POST ${base}/bot/sendMessage \\
  -H "Authorization: Bearer $BOTMOTHER_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"to":"owner@local","text":"Hello from my bot!"}'`;

const python = base => `import json, os, urllib.request

def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request("${base}/bot/" + path, data, {
        "Authorization": "Bearer " + os.environ["BOTMOTHER_TOKEN"],
        "Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60))["result"]

offset = 0
while True:
    for update in call(f"getUpdates?timeout=50&offset={offset}"):
        offset = update["update_id"] + 1
        if update["type"] == "message":
            said = update["data"]
            call("sendMessage", {"to": said["from"], "text": "You said: " + said["body"]})`;

const node = base => `const call = async (path, body) => {
  const response = await fetch("${base}/bot/" + path, {
    method: body ? "POST" : "GET",
    headers: {
      Authorization: "Bearer " + process.env.BOTMOTHER_TOKEN,
      "Content-Type": "application/json" },
    body: body && JSON.stringify(body) });
  return (await response.json()).result;
};

let offset = 0;
for (;;) {
  for (const update of await call("getUpdates?timeout=50&offset=" + offset)) {
    offset = update.update_id + 1;
    if (update.type === "message") {
      const { from, body } = update.data;
      await call("sendMessage", { to: from, text: "You said: " + body });
    }
  }
}`;

export function examples() {
  const base = location.origin;
  return section(t('Examples|Beispiele'), hint(t('The token stands under “General”.|Das Token steht unter „Allgemein“.')),
    example('curl', curl(base)), example('Python', python(base)), example('Node.js', node(base)));
}
