// Which bots there are, and the question for a name.

import { html, nothing, repeat } from '../page/lit.js';
import { LANGUAGES, language, setLanguage, store, t } from '../page/i18n.js';
import { avatar, confirm } from '../page/ui.js';
import { call } from './api.js';
import { follow, redraw, state } from './store.js';

const ICON = new URL('../page/icon.svg', import.meta.url).href;

const isLink = url => /^(https?:|xmpp:|mailto:)/i.test(url);

function card(bot) {
  return html`<li><a class="card bot" href="/chat/${bot.id}" @click=${follow}>
    ${avatar(bot.name, bot.avatar)}
    <span class="grow"><span class="name">${bot.name}</span>${bot.description ? html`<span class="about">${bot.description}</span>` : nothing}</span>
  </a></li>`;
}

const languages = () => html`<label class="language"><span class="visually-hidden">${t('language')}</span>
  <select @change=${event => setLanguage(event.target.value)}>${Object.entries(LANGUAGES).map(([tag, name]) =>
    html`<option value=${tag} lang=${tag} ?selected=${tag === language}>${name}</option>`)}</select></label>`;

export const top = () => html`<header class="bar">
  <a class="home grow" href="/" @click=${follow}><img src=${ICON} alt="" width="32" height="32"><span class="ellipsis">${state.info.name}</span></a>
  ${languages()}</header>`;

/** All bots. */
export function gallery() {
  const { info, bots, user } = state;
  const socials = (info.socials ?? []).filter(({ url }) => isLink(url));
  return html`${top()}
    <main class="page" id="main" tabindex="-1">
      <div class="welcome">
        <h1>${t('whom')}</h1>
        ${info.description ? html`<p class="muted">${info.description}</p>` : nothing}
      </div>
      ${bots === undefined ? html`<p class="row muted"><span class="spinner"></span>${t('loading')}</p>` : nothing}
      ${bots?.length === 0 ? html`<div class="card stack"><p>${t('noBots')}</p><p class="hint">${t('noBotsHint')}</p></div>` : nothing}
      <ul class="bots" role="list">${repeat(bots ?? [], bot => bot.id, card)}</ul>
      ${user ? html`<p class="hint row">${t('youAre', user.nickname)}<button class="button quiet" @click=${forget}>${t('otherName')}</button></p>` : nothing}
      ${socials.length ? html`<nav class="row" aria-label=${t('links')}>${socials.map(({ title, url }) =>
        html`<a href=${url} rel="noopener noreferrer" target="_blank">${title || url}</a>`)}</nav>` : nothing}
    </main>`;
}

async function forget() {
  if (!(await confirm(t('otherName'), t('otherNameText', state.user.nickname), t('otherName')))) return;
  state.user = null;
  state.isAsked = true;
  redraw();
}

const NICKNAME = /^[\p{L}\p{N} _.-]{3,32}$/u;

/** Asks a person for a name; `done` is called with the person. */
export function nameForm(bot, done) {
  return html`${top()}
    <main class="page narrow" id="main" tabindex="-1">
      <form class="card stack" @submit=${event => signIn(event, done)} novalidate>
        ${bot ? html`<div class="center">${avatar(bot.name, bot.avatar)}</div>` : nothing}
        <h1 class="center">${bot ? t('talkTo', bot.name) : t('yourName')}</h1>
        ${bot?.description ? html`<p class="muted center">${bot.description}</p>` : nothing}
        <div class="field">
          <label for="nickname">${t('howCalled')}</label>
          <input id="nickname" name="nickname" autocomplete="nickname" maxlength="32" autofocus required
            aria-describedby="nickname-hint nickname-error" aria-invalid=${state.nameFailure ? 'true' : 'false'}>
          <span class="hint" id="nickname-hint">${t('nameHint')}</span>
          <span class="error" id="nickname-error" role="alert">${state.nameFailure ?? nothing}</span>
        </div>
        <button class="button primary" ?disabled=${state.isSigningIn}>${t('begin')}</button>
      </form>
    </main>`;
}

async function signIn(event, done) {
  event.preventDefault();
  const field = event.target.elements.nickname;
  const nickname = field.value.trim().replace(/\s+/g, ' ');
  state.nameFailure = NICKNAME.test(nickname) ? undefined : t('badName');
  state.isSigningIn = !state.nameFailure;
  redraw();
  if (state.nameFailure) return field.focus();
  try {
    state.user = await call('POST', '/user', { nickname });
    state.isAsked = false;
    store('known', 'yes');
    done();
  } catch (failure) {
    state.nameFailure = failure.message;
    field.focus();
  }
  state.isSigningIn = false;
  return redraw();
}
