// What a bot receives and says as it happens; and a chat with it.

import { html, nothing } from '../page/lit.js';
import { format, t } from '../page/i18n.js';
import { events, get, post, query } from './api.js';
import { act, hint, problem, redraw, section } from './parts.js';

// --- live ---

const SHOWN_MAX = 200;
let watching;

/** Ends what a page has begun to watch. */
export function stop() {
  watching?.stop.abort();
  watching = undefined;
  chat?.stop.abort();
  chat = undefined;
}

function watch(id) {
  if (watching?.id === id) return watching;
  stop();
  const mine = { id, stop: new AbortController(), seen: [], state: 'connecting' };
  watching = mine;
  follow(mine);
  return mine;
}

async function follow(mine) {
  while (!mine.stop.signal.aborted) {
    try {
      mine.state = 'open';
      redraw();
      for await (const [name, data] of events(query('/panel/watch', { id: mine.id }), mine.stop.signal)) {
        if (mine.isHeld) mine.held = (mine.held ?? 0) + 1;
        else mine.seen = [{ name, ...data }, ...mine.seen].slice(0, SHOWN_MAX);
        mine.error = undefined;
        redraw();
      }
    } catch (error) {
      if (mine.stop.signal.aborted) return;
      mine.error = error.status === undefined ? t('Botmother cannot be reached. Is it running?|Botmother ist nicht erreichbar. Läuft es?') : error.message;
    }
    mine.state = 'away';
    redraw();
    await new Promise(done => setTimeout(done, 3000));
  }
}

const clock = ms => format(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const WHAT = {
  received: () => t('received|empfangen'),
  said: () => t('said|gesagt'),
  did: () => t('did|tat'),
  step: () => t('became|wurde'),
};

const summary = entry => {
  const { data = {} } = entry;
  switch (entry.name) {
    case 'received': return [`${entry.type}${data?.from ? ` · ${data.from}` : ''}${entry.queued ? '' : ` · ${t('not wanted by its program|von seinem Programm nicht gewünscht')}`}`,
      data?.body ?? (data === null ? t('too long to be shown|zu lang zum Anzeigen') : '')];
    case 'said': return [`→ ${entry.to}${entry.encrypted ? ` · ${t('encrypted|verschlüsselt')}` : ''}`, entry.text];
    case 'did': return [`${entry.action} → ${entry.to}`, entry.text];
    default: return [`${entry.what}${entry.why ? `: ${entry.why}` : ''}`, ''];
  }
};

const shownEntry = entry => {
  const [head, text] = summary(entry);
  return html`<article class="entry ${entry.name}">
    ${entry.missed ? html`<p class="error">${t('{0} were left out here|hier fehlen {0}', entry.missed)}</p>` : nothing}
    <div class="muted">${clock(entry.at)} · <strong>${WHAT[entry.name]()}</strong> · ${head}</div>
    ${text ? html`<p>${text}</p>` : nothing}
    ${entry.data ? html`<details><summary>JSON</summary><pre class="wide" tabindex="0">${JSON.stringify(entry.data, null, 2)}</pre></details>` : nothing}</article>`;
};

export function live(one) {
  const mine = watch(one.id);
  const hold = () => {
    [mine.isHeld, mine.held] = [!mine.isHeld, 0];
    redraw();
  };
  return section(t('Live'), hint(t('From now on; nothing of it is kept.|Von jetzt an; nichts davon wird behalten.')),
    mine.error ? problem(mine.error) : nothing,
    html`<div class="row"><span class="badge ${mine.state === 'open' ? 'ok' : 'warn'}" role="status">${mine.state === 'open' ? t('watching|schaut zu') : t('connecting|verbindet sich')}</span>
      <button type="button" class="button" aria-pressed=${mine.isHeld ? 'true' : 'false'} @click=${hold}>${t('Hold|Anhalten')}</button>
      ${mine.held ? html`<span class="muted">${t('{0} passed meanwhile|{0} kamen inzwischen vorbei', mine.held)}</span>` : nothing}</div>
    <div class="log" role="log" aria-label=${t('Live')} tabindex="0">${mine.seen.map(shownEntry)}</div>
    ${mine.seen.length ? nothing : hint(t('Nothing yet. Say something to the bot.|Noch nichts. Sagen Sie dem Bot etwas.'))}`);
}

// --- try it ---

let chat;

function open(id) {
  if (chat?.id === id) return chat;
  stop();
  const mine = { id, stop: new AbortController(), lines: [] };
  chat = mine;
  read(mine);
  return mine;
}

async function read(mine) {
  let after = 0, isFirst = true;
  while (!mine.stop.signal.aborted) {
    try {
      const path = query('/local/read', { with: mine.id, after, timeout: isFirst ? 0 : 25 });
      const { result } = await get(path);
      if (mine.stop.signal.aborted) return;
      isFirst = result.length > 0 && isFirst;
      after = result.at(-1)?.id ?? after;
      mine.lines = [...mine.lines, ...result].slice(-SHOWN_MAX);
      mine.error = undefined;
      if (result.length) redraw();
    } catch (error) {
      mine.error = error.message;
      redraw();
      await new Promise(done => setTimeout(done, 3000));
    }
  }
}

const toTheEnd = () => {
  const log = document.querySelector('.log');
  log?.scrollTo(0, log.scrollHeight);
};

function talk(one) {
  const mine = open(one.id);
  const say = async event => {
    event.preventDefault();
    const field = event.target.elements.text;
    const text = field.value.trim();
    if (text && await act(() => post('/local/say', { to: String(one.id), text }).then(() => undefined))) field.value = '';
  };
  const onKey = event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  };
  queueMicrotask(toTheEnd);
  return section(t('Try it|Ausprobieren'), hint(t('You speak as owner@local, in the built-in chat.|Sie sprechen als owner@local, im eingebauten Chat.')), mine.error ? problem(mine.error) : nothing,
    html`<div class="log" role="log" aria-label=${t('Chat with {0}|Chat mit {0}', one.name)} tabindex="0">${mine.lines.map(line => html`
      <div class="bubble ${line.from === 'owner' ? 'own' : ''}"><span class="muted">${line.from === 'owner' ? t('You|Sie') : line.from} · ${clock(line.at * 1000)}</span>
        <p>${line.text}</p></div>`)}</div>
    <form class="say" @submit=${say}><label class="field grow"><span class="visually-hidden">${t('Message|Nachricht')}</span>
      <textarea name="text" rows="1" placeholder=${t('Message|Nachricht')} @keydown=${onKey}></textarea></label>
      <button class="button primary">${t('Send|Senden')}</button></form>`);
}

/** A chat with the bot, where it can be had in this page. */
export function trial(one) {
  if (!one.active) return hint(t('The bot is switched off.|Der Bot ist abgeschaltet.'));
  if (one.mode === 'personal' && one.account === 'owner@local') return talk(one);
  return section(t('Try it|Ausprobieren'),
    one.listed ? html`<p>${t('The bot is listed: talk to it as anybody does who opens this address.|Der Bot ist öffentlich: Reden Sie mit ihm wie alle, die diese Adresse öffnen.')}</p>
      <p><a class="button primary" href="/" target="_blank" rel="noopener">${t('Open the web chat|Web-Chat öffnen')}</a></p>`
      : html`<p>${t('List the bot under “General”, and you can talk to it in the web chat.|Führen Sie den Bot unter „Allgemein“ öffentlich auf, dann können Sie im Web-Chat mit ihm reden.')}</p>`,
    one.invite ? html`<p><a class="button" href=${one.invite}>${t('Open in an XMPP client|Im XMPP-Programm öffnen')}</a></p>` : nothing);
}
