// One bot, a tab for each subject.

import { html, nothing } from '../page/lit.js';
import { t } from '../page/i18n.js';
import { ask, confirm } from '../page/ui.js';
import { get, post, query } from './api.js';
import { modes } from './bots.js';
import { examples } from './examples.js';
import { live, trial } from './live.js';
import { act, badge, button, clearForms, copied, facts, form, hint, number, page, picture, redraw, section, table, toggle, when } from './parts.js';
import { qrPath } from './qr.js';

const BOT = {
  general: [() => t('General|Allgemein'), async () => ({}), showGeneral],
  commands: [() => t('Commands|Befehle'), async bot => ({ list: await commandsOf(bot) }), showCommands],
  access: [() => t('Access|Zugang'), loadAccess, showAccess],
  webhook: [() => t('Webhook'), bot => get('/bot/getWebhookInfo', bot.token), showWebhook],
  ai: [() => t('AI|KI'), bot => get('/bot/ai/status', bot.token), showAi],
  telegram: [() => 'Telegram', loadTelegram, showTelegram],
  keys: [() => t('Encryption|Verschlüsselung'), loadKeys, showKeys],
  rooms: [() => t('Rooms|Räume'), async () => ({}), showRooms],
  live: [() => t('Live'), async () => ({}), (bot, _, who) => live(bot, who)],
  try: [() => t('Try it|Ausprobieren'), async () => ({}), bot => trial(bot)],
  examples: [() => t('Examples|Beispiele'), async () => ({}), bot => examples(bot)],
};

// What asks as the bot needs its token.
const NEEDS_TOKEN = ['commands', 'webhook', 'ai', 'telegram', 'rooms'];
const hasKeys = bot => bot.mode !== 'personal';

export const bot = page(() => t('Bot'), async (who, id, tab = 'general') => {
  const { bots } = await get('/panel/bots');
  const one = bots.find(bot => String(bot.id) === id);
  if (!one) throw new Error(t('There is no such bot. It may have been deleted.|Diesen Bot gibt es nicht. Vielleicht wurde er gelöscht.'));
  const known = BOT[tab] ? tab : 'general';
  const isOpen = one.token || !NEEDS_TOKEN.includes(known);
  return { who, bot: one, tab: known, isOpen, data: isOpen ? await BOT[known][1](one, who) : undefined };
}, ({ who, bot: one, tab, isOpen, data }, reload) => html`
  <div class="row"><h1 tabindex="-1">${one.name}</h1>${badge(one.state)}</div>
  <nav class="tabs sub" aria-label=${t('About {0}|Über {0}', one.name)}>${Object.entries(BOT).map(([key, [label]]) => html`
    <a href="#/bot/${one.id}/${key}" aria-current=${key === tab ? 'page' : nothing}>${label()}</a>`)}</nav>
  ${isOpen ? BOT[tab][2](one, data, who, reload) : html`<p class="notice warn">${who.role === 'viewer'
    ? t('You may see this bot, but not its token, which this page needs.|Sie dürfen diesen Bot sehen, aber nicht sein Token, das diese Seite braucht.')
    : t('This bot has no token. Make one under “General”.|Dieser Bot hat kein Token. Erzeugen Sie eines unter „Allgemein“.')}</p>`}`, { close: clearForms });

// --- general ---

function showGeneral(one, _, who, reload) {
  const id = one.id;
  const change = (path, body, news) => post(path, { id, ...body }).then(() => { reload(); return news; });
  const save = async ({ avatar, ...rest }) => {
    await change('/bot/profile', { ...rest, ...(await picture(avatar)) });
    return t('Saved.|Gespeichert.');
  };
  const remove = async () => {
    const text = t('{0}, its token, its chats and what waits for it are deleted. This cannot be taken back.|{0}, sein Token, seine Chats und was auf ihn wartet, werden gelöscht. Das lässt sich nicht zurücknehmen.', one.name);
    if (!(await confirm(t('Delete {0}?|{0} löschen?', one.name), text, t('Delete|Löschen')))) return undefined;
    await post('/bot/delete', { id });
    location.hash = '#/';
    return t('{0} was deleted.|{0} wurde gelöscht.', one.name);
  };
  const revoke = async () => {
    const text = t('All its tokens stop working at once, and the bot is switched off.|Alle seine Token gelten sofort nicht mehr, und der Bot wird abgeschaltet.');
    if (await confirm(t('Take all tokens away?|Alle Token entziehen?'), text, t('Take away|Entziehen'))) return change('/bot/revoke', {}, t('Done.|Erledigt.'));
    return undefined;
  };
  const mayChange = who.role !== 'viewer';
  return html`
    ${section(t('At a glance|Auf einen Blick'), facts([
      [t('Number|Nummer'), String(id)], [t('Kind|Art'), modes()[one.mode]], [t('Owner|Besitzer'), one.account], [t('Address|Adresse'), one.jid],
      [t('State|Zustand'), html`${badge(one.state)} ${one.state_since ? t('since {0}|seit {0}', when(one.state_since)) : ''}`],
      [t('What is wrong|Was nicht stimmt'), one.state_why ?? ''], [t('Waiting updates|Wartende Updates'), number(one.queued)],
      [t('Dropped updates|Verworfene Updates'), one.dropped ? number(one.dropped) : ''], [t('Last seen|Zuletzt gesehen'), when(one.last_active)],
      [t('Made|Angelegt'), when(one.created_at)],
      [t('Invitation|Einladung'), one.invite ? copied(one.invite) : ''],
    ]), mayChange ? html`
      ${toggle(t('Switched on|Eingeschaltet'), one.active, active => change('/bot/activate', { active }))}
      ${toggle(t('Listed: anybody who opens this address in a browser may talk to it|Öffentlich aufgeführt: Wer diese Adresse im Browser öffnet, darf mit ihm reden'), one.listed,
        listed => change('/bot/listed', { listed }))}` : nothing)}
    ${mayChange ? html`
    ${section(t('Token'), one.token ? tokenShown(one) : hint(t('It has none, so no program can be this bot.|Er hat keines, also kann kein Programm dieser Bot sein.')), html`<div class="row">
      ${button(t('New token|Neues Token'), () => renew(one, reload), { image: 'refresh' })}
      ${one.token ? button(t('Take all tokens away|Alle Token entziehen'), revoke, { kind: 'danger' }) : nothing}</div>`)}
    ${section(t('What people see|Was alle sehen'), form({ id: 'profile', submit: save, fields: [
      { name: 'name', label: t('Name'), value: one.name, required: true },
      { name: 'description', label: t('Description|Beschreibung'), type: 'area', value: one.description, mayBeEmpty: true },
      ...(hasKeys(one) ? [{ name: 'avatar', label: t('New picture|Neues Bild'), type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp',
        hint: t('PNG, JPEG, GIF or WebP, at most 184 KiB.|PNG, JPEG, GIF oder WebP, höchstens 184 KiB.') }] : []),
    ] }))}
    ${section(t('Delete|Löschen'), html`<div>${button(t('Delete this bot|Diesen Bot löschen'), remove, { kind: 'danger', image: 'trash' })}</div>`)}` : nothing}`;
}

let shown = false;
const tokenShown = one => html`${copied(one.token, shown ? one.token : `${one.token.slice(0, 6)}…`, t('Copy the token|Token kopieren'))}
  ${toggle(t('Show it|Anzeigen'), shown, async on => { shown = on; })}`;

async function renew(one, reload) {
  const overlap = await ask(t('New token|Neues Token'), close => html`
    <p>${t('Programs with the old token stop working, at once or after a while.|Programme mit dem alten Token hören auf zu arbeiten, sofort oder nach einer Weile.')}</p>
    <div class="actions"><button class="button" autofocus @click=${() => close()}>${t('Cancel|Abbrechen')}</button>
      <button class="button" @click=${() => close(86400)}>${t('Old one works for a day|Altes gilt noch einen Tag')}</button>
      <button class="button danger" @click=${() => close(0)}>${t('Old one ends now|Altes endet sofort')}</button></div>`);
  if (overlap === undefined) return undefined;
  await post('/bot/token', { id: one.id, overlap });
  await reload();
  return t('There is a new token.|Es gibt ein neues Token.');
}

// --- commands ---

const commandsOf = async one => (await get('/bot/getCommands', one.token)).result;

function showCommands(one, data, _, reload) {
  const all = data.list;
  const redo = change => { change(); data.list = [...all]; redraw(); };
  const save = async event => {
    event.preventDefault();
    await act(async () => {
      await post('/bot/setCommands', { commands: all.filter(row => row.command) }, one.token);
      await reload();
      return t('Saved.|Gespeichert.');
    });
  };
  return section(t('Commands|Befehle'), hint(t('What people can choose from when they type “/”. Your program gets them as messages.|Was zur Auswahl steht, wenn man „/“ tippt. Ihr Programm bekommt sie als Nachrichten.')),
    html`<form class="stack" @submit=${save}><ul class="commands plain" role="list">${all.map((row, at) => html`<li>
      <label class="field"><span>${t('Command {0}|Befehl {0}', at + 1)}</span><input .value=${row.command} spellcheck="false" autocapitalize="none"
        @input=${event => { row.command = event.target.value.trim().replace(/^\//, ''); }}></label>
      <label class="field"><span>${t('Description {0}|Beschreibung {0}', at + 1)}</span><input .value=${row.description}
        @input=${event => { row.description = event.target.value; }}></label>
      <button type="button" class="button" aria-label=${t('Remove command {0}|Befehl {0} entfernen', at + 1)}
        @click=${() => redo(() => all.splice(at, 1))}>${t('Remove|Entfernen')}</button></li>`)}</ul>
      <div class="row"><button type="button" class="button" @click=${() => redo(() => all.push({ command: '', description: '' }))}>
        ${t('Add a command|Befehl hinzufügen')}</button><button class="button primary">${t('Save|Speichern')}</button></div></form>`);
}

// --- access ---

function loadAccess(one) {
  return get(query('/bot/access', { id: one.id }));
}

function showAccess(one, { access, contacts }, who, reload) {
  return section(t('Who may speak to it|Wer mit ihm reden darf'), form({ id: 'access', fields: [
  { name: 'access', label: t('Admitted|Zugelassen'), type: 'select', value: access, options: [
    ['owner', t('its owner alone|nur sein Besitzer')], ['roster', t('whoever is a contact of it|wer sein Kontakt ist')], ['list', t('those named below|die unten Genannten')], ['public', t('everybody|alle')]] },
  { name: 'contacts', label: t('Named, one address a line|Namentlich, eine Adresse je Zeile'), type: 'list', value: contacts, rows: 5 },
], submit: async given => {
  await post('/bot/access', { id: one.id, ...given });
  reload();
  return t('Saved.|Gespeichert.');
} }), hint(t('A listed bot hears everybody who comes by the web.|Ein öffentlicher Bot hört alle, die über das Web kommen.')));
}

// --- webhook ---

const KINDS = ['message', 'reaction', 'retraction', 'message_state', 'callback_query', 'ask_answered', 'omemo_key'];

function showWebhook(one, info, _, reload) {
  const allowed = info.allowed_updates.length ? info.allowed_updates : ['message'];
  const save = async ({ url, secret, drop, ...kinds }) => {
    const answer = await post('/bot/setWebhook', { url, ...(secret ? { secret } : {}), drop_pending_updates: drop,
      allowed_updates: KINDS.filter(kind => kinds[kind]) }, one.token);
    await reload();
    await ask(t('The webhook is set|Der Webhook ist gesetzt'), close => html`<p>${t('Requests are signed with this secret:|Anfragen werden mit diesem Geheimnis signiert:')}</p>${copied(answer.secret)}
      <div class="actions"><button class="button primary" @click=${() => close()}>${t('Close|Schließen')}</button></div>`);
  };
  const remove = async () => {
    if (!(await confirm(t('Remove the webhook?|Webhook entfernen?'), t('Updates wait until a program fetches them.|Updates warten, bis ein Programm sie abholt.'), t('Remove|Entfernen')))) return undefined;
    await post('/bot/deleteWebhook', {}, one.token);
    await reload();
    return t('The webhook was removed.|Der Webhook wurde entfernt.');
  };
  const replay = async attempt => {
    await post('/bot/replayWebhook', { delivery_id: attempt.delivery_id }, one.token);
    await reload();
    return t('It was sent again.|Es wurde noch einmal gesendet.');
  };
  return html`
    ${section(t('State|Zustand'), facts([
      [t('Address|Adresse'), info.url || t('none; updates wait for getUpdates|keine; Updates warten auf getUpdates')], [t('Waiting updates|Wartende Updates'), number(info.pending_update_count)],
      [t('Last error|Letzter Fehler'), info.last_error_message ? `${info.last_error_message} (${when(info.last_error_date)})` : ''],
    ]), info.url ? html`<div>${button(t('Remove the webhook|Webhook entfernen'), remove, { kind: 'danger' })}</div>` : nothing)}
    ${info.attempts.length ? section(t('Last attempts|Letzte Versuche'), table(t('The last {0} attempts to deliver, newest first|Die letzten {0} Zustellversuche, neueste zuerst', info.attempts.length),
      [t('When|Wann'), t('Update'), t('Try|Versuch'), t('Status'), 'ms', t('What went wrong|Was schiefging'), ''], info.attempts.map(attempt => [
        when(attempt.date), String(attempt.update_id), String(attempt.attempt), String(attempt.status ?? '–'), number(attempt.latency_ms),
        attempt.error ?? '', button(t('Send again|Noch einmal senden'), () => replay(attempt))]))) : nothing}
    ${section(info.url ? t('Change it|Ändern') : t('Set one|Einen setzen'), form({ id: 'webhook', submit: save, fields: [
      { name: 'url', label: t('Address|Adresse'), type: 'url', value: info.url, required: true, hint: t('Updates are posted there.|Dorthin werden Updates geschickt.') },
      { name: 'secret', label: t('Secret|Geheimnis'), type: 'password', hint: t('Empty: the one there is stays, or one is made.|Leer: das vorhandene bleibt, oder eines wird erzeugt.') },
      ...KINDS.map(kind => ({ name: kind, label: t('tell of {0}|{0} melden', kind), type: 'checkbox', value: allowed.includes(kind) })),
      { name: 'drop', label: t('drop what waits now|verwerfen, was jetzt wartet'), type: 'checkbox' }] }))}`;
}

// --- AI ---

const PROVIDERS = ['openai', 'claude', 'gemini', 'groq', 'mistral', 'deepseek', 'perplexity', 'ollama', 'openclaw'];
let answer;

function showAi(one, status, _, reload) {
  const save = async given => {
    await post('/bot/ai/setup', given, one.token);
    await reload();
    return t('Saved.|Gespeichert.');
  };
  const test = async ({ message }) => {
    answer = undefined;
    answer = (await post('/bot/ai/ask', { message, from: 'panel' }, one.token)).response;
  };
  return html`
    ${section(t('State|Zustand'), facts([[t('Set up|Einrichten'), status.configured ? t('yes|ja') : t('no|nein')], [t('Service|Dienst'), status.provider ?? ''], [t('Model|Modell'), status.model ?? '']]),
      status.configured ? toggle(t('Answers by itself|Antwortet von selbst'), status.enabled, async enabled => {
        await post('/bot/ai/enable', { enabled }, one.token);
        await reload();
      }) : nothing)}
    ${status.configured && status.enabled ? section(t('Test question|Probefrage'),
      form({ id: 'question', fields: [{ name: 'message', label: t('Question|Frage'), required: true }], submit: test, action: t('Ask|Fragen') }),
      html`<div role="status">${answer ? html`<p class="notice">${answer}</p>` : nothing}</div>`) : nothing}
    ${section(t('Set up|Einrichten'), form({ id: 'ai', submit: save, fields: [
      { name: 'provider', label: t('Service|Dienst'), type: 'select', value: status.provider || 'openai', options: PROVIDERS.map(name => [name, name]) },
      { name: 'model', label: t('Model|Modell'), value: status.model ?? '', required: true },
      { name: 'api_key', label: t('Key|Schlüssel'), type: 'password', hint: t('“-” for a service that wants none. Empty keeps the one there is.|„-“ für einen Dienst, der keinen will. Leer behält den vorhandenen.') },
      { name: 'endpoint', label: t('Address|Adresse'), type: 'url', value: status.endpoint ?? '', hint: t('Of a server of your own; empty for that of the service.|Eines eigenen Servers; leer für die des Dienstes.') },
      { name: 'system', label: t('What it is told first|Was ihr zuerst gesagt wird'), type: 'area', value: status.system ?? '' },
      { name: 'stream', label: t('Show answers while they come|Antworten zeigen, während sie kommen'), type: 'checkbox', value: status.stream },
    ] }))}`;
}

// --- Telegram ---

async function loadTelegram(one) {
  const [status, chats] = await Promise.all([get('/bot/telegram/status', one.token), get('/bot/telegram/chats', one.token)]);
  return { status, ...chats };
}

const bridgeModes = () => [['bridge', t('both ways|in beide Richtungen')], ['forward', t('from here to Telegram alone|nur von hier zu Telegram')]];

function showTelegram(one, { status, chats = [], offered = [] }, _, reload) {
  const does = (path, body, news) => post(`/bot/telegram/${path}`, body, one.token).then(() => { reload(); return news; });
  const unlink = async chat => {
    if (!(await confirm(t('Take this chat away?|Diesen Chat trennen?'), t('Nothing passes between it and here any more.|Zwischen ihm und hier geht nichts mehr hin und her.'), t('Take away|Entziehen')))) return undefined;
    return does('unlink', { chat: String(chat.chat_id) });
  };
  return html`
    ${section(t('State|Zustand'), facts([
      [t('Set up|Einrichten'), status.configured ? t('yes|ja') : t('no|nein')], [t('Name there|Name dort'), status.username ? `@${status.username}` : ''],
      [t('State|Zustand'), status.state ?? ''], [t('What is wrong|Was nicht stimmt'), status.trouble ?? ''], [t('Waiting|Wartend'), status.waiting ? number(status.waiting) : ''],
      [t('In doubt|Ungewiss'), status.in_doubt ? number(status.in_doubt) : ''],
    ]), status.configured ? html`${toggle(t('Switched on|Eingeschaltet'), status.enabled, enabled => does('enable', { enabled }))}
      <div class="row">${button(t('Test|Testen'), async () => (await post('/bot/telegram/test', {}, one.token)).info)}
      ${status.in_doubt ? button(t('Send again what is in doubt|Ungewisses noch einmal senden'), () => does('retry', {}, t('Done.|Erledigt.'))) : nothing}</div>` : nothing)}
    ${chats.length ? section(t('Joined chats|Verbundene Chats'), table(t('Chats at Telegram, and what they are joined to|Chats bei Telegram und womit sie verbunden sind'),
      [t('Number|Nummer'), t('Alias|Kurzname'), t('Here|Hier'), t('Passes|Leitet'), ''], chats.map(chat => [String(chat.chat_id), chat.alias ?? '', chat.here ?? '',
        Object.fromEntries(bridgeModes())[chat.mode] ?? chat.mode, button(t('Take away|Entziehen'), () => unlink(chat))]))) : nothing}
    ${offered.length ? section(t('Chats that wrote|Chats, die geschrieben haben'), table(t('Not joined yet|Noch nicht verbunden'), [t('Title|Titel'), t('Number|Nummer'), t('Messages|Nachrichten'), ''],
      offered.map(chat => [chat.title ?? chat.last_name ?? '', String(chat.chat_id), number(chat.count),
        button(t('Join|Beitreten'), () => does('link', { chat_id: String(chat.chat_id) }, t('Joined.|Verbunden.')))]))) : nothing}
    ${status.configured ? section(t('Join another chat|Einen weiteren Chat verbinden'), form({ id: 'link', action: t('Join|Beitreten'), submit: given => does('link', given, t('Joined.|Verbunden.')), fields: [
      { name: 'chat_id', label: t('Number of the chat|Nummer des Chats'), required: true }, { name: 'alias', label: t('Alias|Kurzname') },
      { name: 'here', label: t('Person or room here|Person oder Raum hier'), hint: t('Empty: the owner.|Leer: der Besitzer.') },
      { name: 'mode', label: t('Passes|Leitet'), type: 'select', value: 'bridge', options: bridgeModes() }] })) : nothing}
    ${section(t('Set up|Einrichten'), form({ id: 'telegram', submit: given => does('setup', given, t('Saved.|Gespeichert.')), fields: [
      { name: 'token', label: t('Token of the bot there|Token des Bots dort'), type: 'password', required: true, hint: t('@BotFather gives it.|Es kommt von @BotFather.') },
      { name: 'chat_id', label: t('Number of the chat|Nummer des Chats'), value: status.chat_id ?? '', required: true },
      { name: 'mode', label: t('Passes|Leitet'), type: 'select', value: status.mode || 'bridge', options: bridgeModes() },
      { name: 'take_over', label: t('Remove a webhook that is set there|Einen Webhook entfernen, der dort gesetzt ist'), type: 'checkbox' }] }))}`;
}

// --- encryption ---

async function loadKeys(one) {
  if (!hasKeys(one)) return {};
  const policy = await get(query('/bot/omemo/policy', { id: one.id }));
  if (!one.token) return { policy };
  const [status, { devices }] = await Promise.all([get('/bot/omemo/status', one.token), get('/bot/omemo/devices', one.token)]);
  return { policy, status, devices };
}

const groups = fingerprint => fingerprint.match(/.{1,8}/g).join(' ');

function fingerprintOf(status) {
  if (!status?.fingerprint) return hint(t('It is known once the bot was online with encryption.|Er ist bekannt, sobald der Bot einmal mit Verschlüsselung online war.'));
  const code = status.uri && qrPath(status.uri);
  return html`${facts([[t('Device|Gerät'), String(status.device)], [t('Fingerprint|Fingerabdruck'), html`<span class="fingerprint">${groups(status.fingerprint)}</span>`]])}
    ${code ? html`<svg class="qr" viewBox="-2 -2 ${code.size + 4} ${code.size + 4}" role="img"
      aria-label=${t('QR code of the fingerprint|QR-Code des Fingerabdrucks')}><path d=${code.path}></path></svg>` : nothing}`;
}

const STANDINGS = { trusted: ['ok', () => t('trusted|vertraut')], undecided: ['warn', () => t('undecided|unentschieden')], distrusted: ['danger', () => t('distrusted|misstraut')] };

function showKeys(one, { policy, status, devices }, who, reload) {
  if (!hasKeys(one)) return hint(t('A personal bot speaks through the account of its owner, whose keys it uses.|Ein persönlicher Bot spricht über das Konto seines Besitzers und benutzt dessen Schlüssel.'));
  const saved = work => work.then(() => { reload(); return t('Saved.|Gespeichert.'); });
  const decide = (device, word) => saved(post(`/bot/omemo/${word}`, device.fingerprint
    ? { fingerprint: device.fingerprint } : { device: device.device, jid: device.jid }, one.token));
  const reset = async () => {
    const text = t('Everybody sees a new key, and has to verify it again.|Alle sehen einen neuen Schlüssel und müssen ihn neu prüfen.');
    if (await confirm(t('Make a new key?|Neuen Schlüssel erzeugen?'), text, t('Make a new key|Neuen Schlüssel erzeugen'))) await saved(post('/bot/omemo/reset', { id: one.id }));
  };
  const standing = device => html`<span class="badge ${STANDINGS[device.standing]?.[0]}">${STANDINGS[device.standing]?.[1]() ?? device.standing}</span>`;
  return html`
    ${section(t('Its key|Sein Schlüssel'), fingerprintOf(status ?? policy), who.role === 'viewer' ? nothing
      : html`<div>${button(t('Make a new key|Neuen Schlüssel erzeugen'), reset, { kind: 'danger' })}</div>`)}
    ${who.role === 'viewer' ? nothing : section(t('Whether it encrypts|Ob er verschlüsselt'), form({ id: 'policy', submit: given => saved(post('/bot/omemo/policy', { id: one.id, ...given })), fields: [
      { name: 'policy', label: t('Encryption (OMEMO)|Verschlüsselung (OMEMO)'), type: 'select', value: policy.is_default ? 'default' : policy.policy, options: [
        ['default', t('as the configuration says|wie die Konfiguration sagt')], ['required', t('required|vorgeschrieben')], ['preferred', t('preferred|bevorzugt')], ['off', t('off|aus')]] }] }))}
    ${status ? section(t('Whose keys it trusts|Wessen Schlüsseln er vertraut'), form({ id: 'trust', submit: given => saved(post('/bot/omemo/trustPolicy', given, one.token)), fields: [
      { name: 'policy', label: t('New keys|Neue Schlüssel'), type: 'select', value: status.trust_policy, options: [
        ['blind', t('are trusted|wird vertraut')], ['tofu', t('are trusted, the first of each person|wird vertraut, dem ersten jeder Person')], ['pinned', t('are not trusted|wird nicht vertraut')]] }] }),
      devices.length ? table(t('Devices it knows|Geräte, die er kennt'), [t('Address|Adresse'), t('Device|Gerät'), t('Fingerprint|Fingerabdruck'), t('Trust|Vertrauen'), ''], devices.map(device => [
        device.jid, device.device ? String(device.device) : '–',
        html`<span class="fingerprint">${device.fingerprint ? groups(device.fingerprint) : '–'}</span>`, standing(device),
        html`<div class="row">${device.standing === 'trusted' ? nothing : button(t('Trust|Vertrauen'), () => decide(device, 'trust'))}
          ${device.standing === 'distrusted' ? nothing : button(t('Distrust|Misstrauen'), () => decide(device, 'distrust'))}</div>`]))
        : hint(t('It knows no device yet.|Er kennt noch kein Gerät.'))) : nothing}`;
}

// --- rooms ---

function showRooms(one, _, who, reload) {
  const leave = async room => {
    if (!(await confirm(t('Leave {0}?|{0} verlassen?', room), t('The bot hears nothing from there any more.|Der Bot hört von dort nichts mehr.'), t('Leave|Verlassen')))) return;
    await post('/bot/leaveRoom', { room }, one.token);
    await reload();
  };
  return html`
    ${section(t('Rooms|Räume'), one.rooms.length
      ? table(t('Rooms it is in, or is to be in|Räume, in denen er ist oder sein soll'), [t('Room|Raum'), ''], one.rooms.map(room => [room, button(t('Leave|Verlassen'), () => leave(room))]))
      : hint(t('It is in no room.|Er ist in keinem Raum.')))}
    ${section(t('Join a room|Einem Raum beitreten'), form({ id: 'join', action: t('Join|Beitreten'), fields: [
      { name: 'room', label: t('Room|Raum'), required: true, hint: t('For example weather@conference.example.org|Zum Beispiel wetter@conference.example.org') },
      { name: 'nick', label: t('Nick|Spitzname'), value: one.name }, { name: 'password', label: t('Password|Passwort'), type: 'password' }],
    submit: async given => {
      await post('/bot/joinRoom', given, one.token);
      await reload();
      return t('It is in.|Er ist drin.');
    } }))}`;
}
