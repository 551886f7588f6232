// The panel: who is signed in, the menu, and which page is shown.

import { html, nothing, render } from '../page/lit.js';
import { language, LANGUAGES, setLanguage, store, stored, t, useTexts } from '../page/i18n.js';
import { icon } from '../page/ui.js';
import { call, get, onSignedOut, post } from './api.js';
import { bot } from './bot.js';
import { create, overview } from './bots.js';
import { stop } from './live.js';
import { clearForms, form, onDraw, problem, redraw, section, waiting } from './parts.js';
import { accounts, audit, ejabberd, health, offers, server } from './system.js';

// `isOpen`: for everybody who is signed in, not only for admins.
const MENU = [
  { path: '', page: overview, isOpen: true },
  { path: 'accounts', page: accounts },
  { path: 'health', page: health },
  { path: 'audit', page: audit, isOpen: true },
  { path: 'ejabberd', page: ejabberd },
  { path: 'server', page: server },
  { path: 'openapi', page: offers, isOpen: true },
];
const OTHERS = [{ path: 'new', page: create, isOpen: true }, { path: 'bot', page: bot, isOpen: true }];

const state = { who: undefined, way: 'none', isKnown: false, route: undefined, place: '', trouble: undefined };

// --- signing in ---

async function begin() {
  try {
    state.way = (await get('/panel/session')).signed_in;
    state.who = state.way === 'none' ? undefined : await get('/user/me');
    state.trouble = undefined;
  } catch (error) {
    state.who = undefined;
    state.trouble = error.message;
  }
  state.isKnown = true;
  if (state.who) await go();
  redraw();
}

async function signIn(token, isByCode) {
  await post('/panel/session', { token });
  store('panel-code', isByCode ? '1' : null);
  await begin();
}

async function signOut() {
  // A token that was made for this session alone goes with it.
  if (stored('panel-code')) await post('/user/logout').catch(() => {});
  store('panel-code', null);
  await call('DELETE', '/panel/session').catch(() => {});
  leave();
  await begin();
}

onSignedOut(() => {
  leave();
  state.who = undefined;
  redraw();
});

let account;

const signInPage = () => html`<main class="page" id="main"><div class="sign stack">
  <h1 tabindex="-1">${t('Sign in|Anmelden')}</h1>
  ${state.trouble ? problem(state.trouble) : nothing}
  ${section(t('With a token|Mit einem Token'), form({ id: 'token', action: t('Sign in|Anmelden'), submit: ({ token = '' }) => signIn(token, false), fields: [
    { name: 'token', label: t('Token'), type: 'password', required: true, complete: 'current-password',
      hint: t('From the file admin.token in the data directory, or one of your own (bmu_…).|Aus der Datei admin.token im Datenverzeichnis, oder ein eigenes (bmu_…).') }] }))}
  ${section(t('With a code over XMPP|Mit einem Code über XMPP'), account
    ? form({ id: 'code', action: t('Sign in|Anmelden'), after: html`<button type="button" class="button quiet" @click=${() => { account = undefined; redraw(); }}>${t('Back|Zurück')}</button>`,
        submit: async ({ code = '' }) => {
          const { token } = await post('/user/code', { account, code: code.replace(/\D/g, '') });
          account = undefined;
          await signIn(token, true);
        },
        fields: [{ name: 'code', label: t('Code that {0} got|Code, den {0} bekam', account), required: true, complete: 'one-time-code' }] })
    : form({ id: 'address', action: t('Send a code|Code senden'), submit: async given => {
        await post('/user/login', given);
        account = given.account;
      }, fields: [{ name: 'account', label: t('Your XMPP address|Ihre XMPP-Adresse'), required: true, hint: t('Whoever has bots here gets a code from the manager.|Wer hier Bots hat, bekommt einen Code vom Verwalter.') }] }))}</div></main>`;

// --- where we are ---

const isAdmin = () => state.who?.role === 'admin';

function leave() {
  state.route?.page.close?.();
  state.route = undefined;
  stop();
  clearForms();
}

async function go() {
  const [name = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  leave();
  const route = [...MENU, ...OTHERS].find(route => route.path === name) ?? MENU[0];
  if (!route.isOpen && !isAdmin()) {
    location.hash = '#/';
    return;
  }
  state.route = route;
  redraw();
  await route.page.open(...(route.path === 'new' || route.path === 'bot' ? [state.who, ...rest] : rest));
  if (state.route === route) arrive(location.hash);
}

/** After a change of the page its heading gets the focus, so that a screen reader says where we are. */
function arrive(place) {
  document.title = `${state.route.page.title()} · Botmother`;
  if (state.place && state.place !== place) queueMicrotask(() => queueMicrotask(() => document.querySelector('h1')?.focus()));
  state.place = place || '#/';
}

// --- drawing ---

const languages = () => html`<label class="visually-hidden" for="language">${t('Language|Sprache')}</label>
  <select id="language" class="language" @change=${event => setLanguage(event.target.value)}>
    ${Object.entries(LANGUAGES).map(([tag, name]) => html`<option value=${tag} ?selected=${tag === language}>${name}</option>`)}</select>`;

const top = () => html`<header class="top"><div class="bar"><a class="brand" href="#/">${icon('chats')}Botmother</a><span class="grow"></span>
    ${state.who?.account ? html`<span class="muted ellipsis">${state.who.account}</span>` : nothing}${languages()}
    ${state.way === 'session' && state.who ? html`<button class="button quiet" @click=${signOut}>${t('Sign out|Abmelden')}</button>` : nothing}</div>
  ${state.who ? html`<nav class="tabs" aria-label=${t('Menu|Menü')}>${MENU.filter(item => item.isOpen || isAdmin()).map(item => html`
    <a href="#/${item.path}" aria-current=${item === state.route ? 'page' : nothing}>${item.page.title()}</a>`)}</nav>` : nothing}</header>`;

const drawAll = () => render(html`<a class="button primary skip visually-hidden" href="#main" @click=${event => {
    event.preventDefault();
    document.querySelector('h1')?.focus();
  }}>${t('To the content|Zum Inhalt')}</a>${top()}
  ${!state.isKnown ? waiting() : !state.who ? signInPage()
    : html`<main class="page" id="main">${state.route ? state.route.page.view() : waiting()}</main>`}`, document.querySelector('#app'));

await useTexts({ en: () => import('./en.js'), de: () => import('./de.js') });
onDraw(drawAll);
addEventListener('hashchange', () => state.who && go());
drawAll();
await begin();
