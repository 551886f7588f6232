// The chat page: finds out what the address means, and draws it.

import { html, render } from '../page/lit.js';
import { stored, t, useTexts } from '../page/i18n.js';
import { call } from './api.js';
import { chatPage, drawn, entered, focusWriting } from './chat.js';
import { gallery, nameForm, top } from './gallery.js';
import { drawWith, follow, go, onMove, place, redraw, state } from './store.js';
import { Talk } from './talk.js';

function view() {
  const { bot } = place();
  if (state.failure) return failed(state.failure);
  if (state.isAsked) return nameForm(undefined, () => go('/'));
  if (!bot) return gallery();
  if (state.user === null) return nameForm(state.bots?.find(({ id }) => id === bot), arrive);
  if (state.talk) return chatPage(state.talk);
  return html`${top()}<main class="page" id="main"><p class="row muted"><span class="spinner"></span>${t('loading')}</p></main>`;
}

const failed = failure => html`${top()}<main class="page narrow" id="main" tabindex="-1"><div class="card stack">
  <h1>${t('wrong')}</h1><p>${failure.message}</p>
  <div class="row"><button class="button primary" @click=${arrive}>${t('retry')}</button>
  <a class="button" href="/" @click=${follow}>${t('toBots')}</a></div></div></main>`;

function drawPage() {
  const unheard = state.talk?.unheard ?? 0;
  document.title = `${unheard ? `(${unheard}) ` : ''}${place().bot && state.talk ? state.talk.bot.name : state.info.name}`;
  render(view(), document.getElementById('app'));
  drawn();
}

/** Finds out who we are. Who has never said so here is not asked after. */
async function who() {
  if (state.user !== undefined) return;
  if (!stored('known')) {
    state.user = null;
    return;
  }
  try {
    state.user = await call('GET', '/user');
  } catch (failure) {
    if (failure.status !== 401) throw failure;
    state.user = null;
  }
}

/** Opens the chat of the address: the one that is named, or the first with its bot, or a new one. */
async function open({ bot: id, chat: wanted }) {
  if (state.talk?.bot.id === id && (!wanted || state.talk.chat.id === wanted)) return;
  state.talk?.close();
  state.talk = undefined;
  redraw();
  const bot = state.bots?.find(other => other.id === id) ?? (await call('GET', `/bot/${encodeURIComponent(id)}`));
  const chats = await call('GET', `/chats?bot_id=${encodeURIComponent(id)}`);
  const chat = wanted ? chats.find(other => other.id === wanted) : chats[0] ?? (await call('POST', '/chat', { botId: id }));
  if (!chat) return go(`/chat/${id}`, { replace: true });
  if (place().bot !== id) return undefined;
  const talk = new Talk(bot, chat);
  talk.chats = chats.length ? chats : [chat];
  state.talk = talk;
  entered(talk);
  redraw();
  await Promise.resolve();
  return focusWriting();
}

/** Shows what the address says. */
async function arrive() {
  state.failure = undefined;
  const target = place();
  redraw();
  try {
    if (target.bot) {
      await who();
      if (state.user) await open(target);
    } else {
      state.talk?.close();
      state.talk = undefined;
      await who();
    }
  } catch (failure) {
    if (failure.status === 401) state.user = null;
    else state.failure = failure;
  }
  redraw();
  await Promise.resolve();
  document.getElementById('nickname')?.focus();
}

await useTexts({ en: () => import('./en.js'), de: () => import('./de.js') });
drawWith(drawPage);
onMove(() => {
  state.isAsked = false;
  arrive().then(() => !place().bot && document.getElementById('main')?.focus());
});
call('GET', '/service-info').then(info => {
  state.info = info;
  redraw();
}, () => {});
try {
  state.bots = await call('GET', '/bots');
} catch (failure) {
  state.failure = failure;
}
await arrive();
