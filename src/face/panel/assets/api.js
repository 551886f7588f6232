// Calls of the API. The session's cookie goes by itself; the header says that a page of ours asks.

import { t } from '../page/i18n.js';

/** What the API has refused: one sentence, and the member that is wrong, where it names one. */
export class Refused extends Error {
  constructor(status, answer) {
    super(answer.description ?? t('The answer cannot be read (status {0}).|Die Antwort ist nicht lesbar (Status {0}).', status));
    this.status = status;
    this.symbol = answer.error;
    this.field = /^`(\w+)/.exec(this.message)?.[1];
  }
}

let signedOut = () => {};
/** Called when the session is over. */
export const onSignedOut = act => { signedOut = act; };

/** One call; with a bot's token it is the bot that asks, else whoever is signed in. */
export async function call(method, path, body, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : { 'X-Panel': '1' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, { description: t('Botmother cannot be reached. Is it running?|Botmother ist nicht erreichbar. Läuft es?') });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 && !token && path !== '/panel/session') signedOut();
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

export const get = (path, token) => call('GET', path, undefined, token);
export const post = (path, body = {}, token) => call('POST', path, body, token);

/** A path with a query. */
export const query = (path, values) =>
  `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''))}`;

/** Server-sent events, as `[name, data]`, until `signal` says stop or the other side ends. */
export async function* events(path, signal) {
  const response = await fetch(path, { headers: { 'X-Panel': '1' }, signal });
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split('\n\n');
    text = whole.pop();
    for (const block of whole) {
      const line = name => block.split('\n').find(line => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (line('data')) yield [line('event'), JSON.parse(line('data'))];
    }
  }
}
