// The daemon itself: accounts, health, the audit log, ejabberd, how the API is reached, and what it offers.

import { html, nothing } from '../page/lit.js';
import { bytes, t } from '../page/i18n.js';
import { confirm, icon } from '../page/ui.js';
import { get, post, query } from './api.js';
import { button, chart, copied, facts, form, hint, number, page, redraw, section, table, when } from './parts.js';

const pause = ms => new Promise(done => setTimeout(done, ms));

// --- accounts ---

let tested;

/** Adds an account and waits for its login: that is the test. */
async function addAccount(given, reload) {
  const { jid } = await post('/account/add', given);
  tested = { jid, state: t('signing in …|meldet sich an …') };
  redraw();
  for (let second = 0; second < 20; second++) {
    await pause(1000);
    const { accounts } = await get('/account/list');
    const account = accounts.find(account => account.jid === jid);
    if (!account) break;
    tested = account;
    redraw();
    if (account.online || second > 3 && !/connecting|signing/.test(account.state)) break;
  }
  await reload();
}

const removeAccount = async (jid, reload) => {
  const text = t('Botmother signs out. Bots that speak through it are silent until it is added again.|Botmother meldet sich ab. Bots, die darüber sprechen, schweigen, bis es wieder hinzugefügt wird.');
  if (!(await confirm(t('Remove {0}?|{0} entfernen?', jid), text, t('Remove|Entfernen')))) return;
  await post('/account/remove', { jid });
  if (tested?.jid === jid) tested = undefined;
  await reload();
};

export const accounts = page(() => t('Accounts|Konten'), () => get('/account/list'), ({ accounts: all }, reload) => html`
  <h1 tabindex="-1">${t('Accounts|Konten')}</h1>
  ${section(t('Signed in to|Angemeldet bei'), all.length ? table(t('XMPP accounts of people|XMPP-Konten von Personen'), [t('Address|Adresse'), t('State|Zustand'), ''], all.map(account => [
    account.jid, html`<span class="badge ${account.online ? 'ok' : 'warn'}">${account.online ? t('online') : t('offline')}</span> ${account.state}`,
    account.from_config ? t('in the configuration|in der Konfiguration') : button(t('Remove|Entfernen'), () => removeAccount(account.jid, reload))]))
    : hint(t('None yet; owner@local needs none.|Noch keines; owner@local braucht keines.')))}
  ${section(t('Add one|Konto hinzufügen'),
    html`<div role="status">${tested ? html`<p class="notice ${tested.online ? '' : 'warn'}">${tested.jid}: ${tested.state}</p>` : nothing}</div>`,
    tested && !tested.online ? html`<div>${button(t('Remove it again|Wieder entfernen'), () => removeAccount(tested.jid, reload))}</div>` : nothing,
    form({ id: 'account', action: t('Add and test|Hinzufügen und testen'), submit: given => addAccount(given, reload), fields: [
      { name: 'jid', label: t('Address|Adresse'), required: true, hint: t('For example you@example.org|Zum Beispiel sie@example.org') },
      { name: 'password', label: t('Password|Passwort'), type: 'password', required: true, complete: 'new-password' },
      { name: 'host', label: t('Server'), hint: t('host:port, where DNS does not say it.|host:port, wo DNS es nicht sagt.') },
      { name: 'pin', label: t('Certificate to trust|Zertifikat, dem vertraut wird'), hint: t('sha256:…, for one that no authority has signed.|sha256:…, für eines, das keine Stelle unterschrieben hat.') }] }))}`);

// --- health ---

export const health = page(() => t('Health|Zustand'), async () => {
  const [course, state] = await Promise.all([get('/panel/course'), get('/health')]);
  return { points: course.points, state };
}, ({ points, state }) => html`
  <h1 tabindex="-1">${t('Health|Zustand')}</h1>
  ${section(t('Now|Jetzt'), facts([[t('Version'), state.version], [t('Active bots|Aktive Bots'), number(state.active_bots)],
    [t('Bots online'), number(state.bots_online)], [t('Accounts online|Konten online'), number(state.accounts_online)]]))}
  <div class="cards">
    ${chart(t('Messages|Nachrichten'), points, [{ of: point => point.received, label: t('received|empfangen') }, { of: point => point.said, label: t('said|gesagt') }])}
    ${chart(t('Queues|Warteschlangen'), points, [{ of: point => point.queued, label: t('updates|Updates') }, { of: point => point.outbox, label: t('messages to servers|Nachrichten an Server') }])}
    ${chart(t('Memory|Arbeitsspeicher'), points, [{ of: point => point.memory, label: '' }], bytes)}
    ${chart(t('Database|Datenbank'), points, [{ of: point => point.database, label: '' }], bytes)}
  </div>
  ${hint(t('Since the start, of the last day at most.|Seit dem Start, höchstens vom letzten Tag.'))}`, { every: 30_000 });

// --- audit log ---

const log = { entries: [], more: false };
let searched = '';
const textOf = entry => Object.entries(entry).map(([key, value]) => (key === 'at' ? when(value) : String(value))).join(' ').toLowerCase();

async function more() {
  const before = log.entries.at(-1)?.id;
  const answer = await get(query('/bot/audit', { limit: 200, before }));
  log.entries.push(...answer.entries);
  log.more = answer.more;
  redraw();
}

async function searchAll() {
  while (log.more && log.entries.length < 10_000) await more();
}

const found = () => log.entries.filter(entry => textOf(entry).includes(searched));

export const audit = page(() => t('Log|Protokoll'), async () => {
  Object.assign(log, { entries: [], more: false });
  await more();
  return log;
}, ({ entries }) => html`
  <h1 tabindex="-1">${t('Audit log|Protokoll')}</h1>
  <div class="card stack">
    <label class="field"><span>${t('Search|Suchen')}</span><input type="search" .value=${searched}
      @input=${event => { searched = event.target.value.toLowerCase(); redraw(); }}></label>
    <p class="muted" role="status">${t('{0} of {1} entries|{0} von {1} Einträgen', number(found().length), number(entries.length))}</p>
    ${table(t('Who did what, the newest first|Wer was getan hat, das Neueste zuerst'), [t('When|Wann'), t('What|Was'), t('Bot'), t('Of|Von wem'), t('By|Durch'), t('From|Von'), t('Details|Einzelheiten')],
      found().slice(0, 500).map(entry => [when(entry.at), entry.action, entry.bot ? html`<a href="#/bot/${entry.bot}">${entry.bot}</a>` : '',
        entry.account ?? '', entry.by ?? '', entry.address ?? '', entry.details ?? '']))}
    ${log.more ? html`<div class="row">${button(t('Older ones|Ältere'), more)}${searched ? button(t('Search all|Alles durchsuchen'), searchAll, { image: 'search' }) : nothing}</div>` : nothing}
  </div>`);

// --- ejabberd ---

export const ejabberd = page(() => 'ejabberd', () => get('/bot/ejabberd/settings'), (now, reload) => html`
  <h1 tabindex="-1">ejabberd</h1>
  ${section(t('API for making accounts|Schnittstelle zum Anlegen von Konten'), hint(t('With it bots get accounts of their own at your server.|Damit bekommen Bots eigene Konten auf Ihrem Server.')),
    form({ id: 'ejabberd', submit: async given => {
      await post('/bot/ejabberd/settings', given);
      await reload();
      return t('Saved.|Gespeichert.');
    }, after: button(t('Test what is saved|Gespeichertes testen'), async () => (await post('/bot/ejabberd/test')).response), fields: [
      { name: 'api_url', label: t('Address of the API|Adresse der Schnittstelle'), type: 'url', value: now.api_url, mayBeEmpty: true, hint: 'https://chat.example.org:5443/api' },
      { name: 'host', label: t('Domain'), value: now.host, mayBeEmpty: true },
      { name: 'admin_jid', label: t('Admin'), value: now.admin_jid, mayBeEmpty: true },
      { name: 'admin_password', label: t('Password|Passwort'), type: 'password', complete: 'new-password', hint: now.admin_password ? t('One is saved. Empty keeps it.|Eines ist gespeichert. Leer behält es.') : '' }] }))}`);

// --- how the API is reached ---

const changeServer = async (change, reload) => {
  const text = t('In network mode you sign in with the admin token, over HTTPS.|Im Netzmodus melden Sie sich mit dem Admin-Token über HTTPS an.');
  if (!(await confirm(t('Change how the API is reached?|Ändern, wie die API erreicht wird?'), text, t('Change|Ändern')))) return undefined;
  const now = await post('/bot/server', change);
  const url = new URL(now.url);
  const { hostname } = location;
  const moved = `${url.protocol}//${hostname}${url.port ? `:${url.port}` : ''}`;
  if (moved !== location.origin) location.href = `${moved}/panel#/server`;
  else await reload();
  return t('Changed.|Geändert.');
};

export const server = page(() => 'API', () => get('/bot/server'), (now, reload) => html`
  <h1 tabindex="-1">${t('How the API is reached|Wie die API erreicht wird')}</h1>
  ${section(t('Now|Jetzt'), facts([
    [t('Mode|Modus'), now.mode === 'network' ? t('network: HTTPS, for everybody in reach|Netz: HTTPS, für alle in Reichweite') : t('local: this machine alone|lokal: nur dieser Rechner')], [t('Address|Adresse'), copied(now.url)],
    [t('Listens on|Lauscht auf'), (now.addresses ?? []).join(', ')], [t('Socket'), now.socket ?? ''], [t('Requests a second|Anfragen je Sekunde'), String(now.rate_limit)],
    [t('Trusted proxies|Vertraute Proxys'), (now.trusted_proxies ?? []).join(', ')]]))}
  ${now.certificate ? section(t('Certificate|Zertifikat'), facts([
    [t('File|Datei'), now.certificate.file], [t('Made by|Erzeugt von'), now.certificate.self_signed ? t('Botmother itself|Botmother selbst') : t('somebody else|jemand anderem')],
    [t('Names|Namen'), (now.certificate.names ?? []).join(', ')], [t('Fingerprint|Fingerabdruck'), html`<span class="fingerprint">${now.certificate.fingerprint}</span>`],
    [t('Valid from|Gültig ab'), when(now.certificate.valid_from)], [t('Valid until|Gültig bis'), when(now.certificate.valid_until)]]),
  html`<div class="row">${button(t('Read the files again|Dateien neu lesen'), () => changeServer({ certificate: 'reload' }, reload))}
    ${now.certificate.self_signed ? button(t('Make a new one|Neues erzeugen'), () => changeServer({ certificate: 'renew' }, reload)) : nothing}</div>`) : nothing}
  ${section(t('Change|Ändern'), form({ id: 'server', action: t('Change|Ändern'), submit: given => changeServer(given, reload), fields: [
    { name: 'mode', label: t('Mode|Modus'), type: 'select', value: now.mode, options: [['local', t('local: this machine alone|lokal: nur dieser Rechner')], ['network', t('network: HTTPS, for everybody in reach|Netz: HTTPS, für alle in Reichweite')]] },
    { name: 'port', label: t('Port'), type: 'number', value: now.port },
    { name: 'tls_cert', label: t('Certificate, a PEM file on that machine|Zertifikat, eine PEM-Datei auf jenem Rechner'), hint: t('Empty: what there is stays; at first one of our own making.|Leer: das vorhandene bleibt; anfangs ein selbst erzeugtes.') },
    { name: 'tls_key', label: t('Its key, a PEM file on that machine|Schlüssel dazu, eine PEM-Datei auf jenem Rechner') }] }))}`);

// --- what the API offers ---

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function operations(document) {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter(method => item[method]).map(method => ({ path, method, ...item[method] })));
}

const operation = ({ method, path, summary = '', description = '', parameters, requestBody }) => html`<details>
  <summary><span class="method">${method.toUpperCase()}</span><code>${path}</code></summary><p>${summary} ${description}</p>
  <pre class="wide" tabindex="0">${JSON.stringify({ parameters, requestBody }, null, 2)}</pre></details>`;

export const offers = page(() => 'OpenAPI', () => get('/openapi.json'), document => {
  const all = operations(document);
  return html`<h1 tabindex="-1">OpenAPI</h1>
    <div class="card stack"><p>${document.info?.description ?? document.info?.title}</p>
      <p><a class="button" href="/openapi.json" target="_blank" rel="noopener">${icon('file')}openapi.json</a></p>
      <p class="muted" role="status">${t('{0} endpoints|{0} Endpunkte', number(all.length))}</p>
      ${all.map(operation)}</div>`;
});
