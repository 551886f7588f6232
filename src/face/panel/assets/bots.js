// All bots at a glance, and making one.

import { html, nothing } from '../page/lit.js';
import { t } from '../page/i18n.js';
import { avatar, icon } from '../page/ui.js';
import { get, post } from './api.js';
import { badge, form, hint, number, page, picture, redraw, section, when } from './parts.js';

export const modes = () => ({
  personal: t('Personal: speaks as its owner, in his chat with himself|Persönlich: spricht als sein Besitzer, in dessen Chat mit sich selbst'),
  dedicated: t('Dedicated: an account of its own, heard by its owner|Eigenständig: ein eigenes Konto, das nur auf seinen Besitzer hört'),
  cloud: t('Cloud: an account of its own, for whom you admit|Cloud: ein eigenes Konto, für alle, die Sie zulassen'),
});

/** One line on how much waits, and what went wrong last. */
const troubles = bot => [
  bot.state_why,
  bot.last_error && `${t('Webhook')}: ${bot.last_error} (${when(bot.last_error_at)})`,
  bot.dropped > 0 && t('{0} updates were dropped, as nobody fetched them|{0} Updates wurden verworfen, weil niemand sie abholte', number(bot.dropped)),
].filter(Boolean);

const card = bot => html`<li class="card">
  <div class="row">${avatar(bot.name)}<div class="grow"><a class="whole" href="#/bot/${bot.id}">${bot.name}</a>
    <div class="muted ellipsis">${bot.jid || bot.account}</div></div></div>
  <div class="row">${badge(bot.state)}<span class="badge">${bot.mode}</span>
    ${bot.listed ? html`<span class="badge">${t('listed|öffentlich')}</span>` : nothing}
    <span class="badge ${bot.queued > 0 ? 'warn' : ''}">${t('{0} waiting|{0} warten', number(bot.queued))}</span></div>
  ${bot.description ? html`<p class="muted">${bot.description}</p>` : nothing}
  ${troubles(bot).map(trouble => html`<p class="error">${trouble}</p>`)}</li>`;

let sought = '';
const matches = bot => `${bot.id} ${bot.name} ${bot.jid} ${bot.account} ${bot.mode} ${bot.state}`.toLowerCase().includes(sought);

export const overview = page(() => t('Bots'), () => get('/panel/bots'), ({ bots }) => html`
  <div class="spread"><h1 tabindex="-1">${t('Bots')}</h1><a class="button primary" href="#/new">${icon('add')}${t('New bot|Neuer Bot')}</a></div>
  ${bots.length > 6 ? html`<label class="field"><span>${t('Search|Suchen')}</span><input type="search" .value=${sought}
    @input=${event => { sought = event.target.value.toLowerCase(); redraw(); }}></label>` : nothing}
  ${bots.length
    ? html`<ul class="cards plain" role="list">${bots.filter(matches).map(card)}</ul>`
    : html`<div class="card stack"><p>${t('There is no bot yet.|Es gibt noch keinen Bot.')}</p>
        <p><a class="button" href="#/new">${t('Make the first one|Den ersten anlegen')}</a></p></div>`}`, { every: 15_000 });

// --- a new one ---

let mode = 'personal';

async function make(given) {
  const { avatar: file, wait, ...rest } = given;
  const own = mode === 'personal' ? {} : { wait: Boolean(wait), ...(await picture(file)) };
  const bot = await post('/bot/create', { ...rest, ...own, mode });
  location.hash = `#/bot/${bot.id}`;
  return t('{0} was made.|{0} wurde angelegt.', bot.name);
}

const newFields = accounts => [
  { name: 'name', label: t('Name'), required: true, hint: t('1 to 64 characters; people see it.|1 bis 64 Zeichen; alle sehen ihn.') },
  { name: 'account', label: t('Owner|Besitzer'), required: true, value: accounts[0] ?? 'owner@local', options: [...accounts, 'owner@local'],
    hint: t('Whose bot it is: an XMPP address, or owner@local for the built-in chat.|Wem er gehört: eine XMPP-Adresse, oder owner@local für den eingebauten Chat.') },
  { name: 'mode', label: t('Kind|Art'), type: 'select', value: mode, options: Object.entries(modes()),
    change: event => { mode = event.target.value; redraw(); } },
  ...(mode === 'personal'
    ? [{ name: 'receive', label: t('Hears|Hört'), type: 'select', value: 'self', options: [
        ['self', t('what its owner says to himself|was sein Besitzer zu sich selbst sagt')], ['all', t('everybody who writes to its owner|alle, die seinem Besitzer schreiben')]] }]
    : [
        { name: 'avatar', label: t('Picture|Bild'), type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp',
          hint: t('PNG, JPEG, GIF or WebP, at most 184 KiB.|PNG, JPEG, GIF oder WebP, höchstens 184 KiB.') },
        { name: 'jid', label: t('Account of its own|Eigenes Konto'), hint: t('Leave it empty, and one is made at the server of its owner.|Leer lassen, dann wird eines beim Server des Besitzers angelegt.') },
        { name: 'password', label: t('Password of that account|Passwort dieses Kontos'), type: 'password', complete: 'new-password' },
        { name: 'encrypt', label: t('Encryption (OMEMO)|Verschlüsselung (OMEMO)'), type: 'select', value: '', options: [
          ['', t('as the configuration says|wie die Konfiguration sagt')], ['required', t('required|vorgeschrieben')], ['preferred', t('preferred|bevorzugt')], ['off', t('off|aus')]] },
        { name: 'wait', label: t('Make it only if it gets online at once|Nur anlegen, wenn er sofort online ist'), type: 'checkbox' },
      ]),
];

export const create = page(() => t('New bot|Neuer Bot'), async who => {
  if (who.role !== 'admin') return { accounts: [who.account] };
  const { accounts } = await get('/account/list');
  return { accounts: accounts.map(account => account.jid) };
}, ({ accounts }) => html`
  <h1 tabindex="-1">${t('New bot|Neuer Bot')}</h1>
  ${section(t('What it is|Was er ist'), form({ id: 'new', fields: newFields(accounts), submit: make, action: t('Make it|Anlegen') }),
    hint(t('The next page has its token, with which any program is this bot.|Die nächste Seite zeigt sein Token, mit dem jedes Programm dieser Bot ist.')))}`);
