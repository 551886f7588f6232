// A bot for tests: made with a name, listed, and a program that polls.

import { api } from './browser.mjs';

/** Makes a bot; `hears(update, say)` is called with each update. */
export async function startBot({ name, description, commands = [] }, hears) {
  const { id, token } = await api('POST', '/bot/create', { name, account: 'owner@local' });
  await api('POST', '/bot/listed', { id, listed: true });
  if (description) await api('POST', '/bot/profile', { id, description });
  if (commands.length) await api('POST', '/bot/setCommands', { commands }, token);
  const ulid = (await api('GET', '/v1/client-api/bots')).find(bot => bot.name === name).id;
  const ending = new AbortController();
  const call = (method, body) => api('POST', `/bot/${method}`, body, token);
  const poll = async () => {
    for (let offset = 0; !ending.signal.aborted;) {
      try {
        const { result } = await api('GET', `/bot/getUpdates?offset=${offset}&timeout=50`, undefined, token, ending.signal);
        for (const update of result) {
          await hears(update, call);
          offset = update.update_id + 1;
        }
      } catch (error) {
        if (ending.signal.aborted) return;
        // The daemon is killed in some tests; a program tries again.
        if (!/fetch failed|terminated|: 502 /.test(error.message)) throw error;
        await new Promise(done => setTimeout(done, 100));
      }
    }
  };
  const done = poll();
  return {
    id, token, ulid, call,
    stop: async () => {
      ending.abort();
      await done;
    },
  };
}
