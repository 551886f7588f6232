// The page of one chat: its head, the messages, and where one writes.

import { html, nothing, repeat } from '../page/lit.js';
import { bytes, count, format, t } from '../page/i18n.js';
import { ask, avatar, confirm, icon, toast } from '../page/ui.js';
import { call } from './api.js';
import { buttonsOf, draftOf, messageOf, pieceOf } from './message.js';
import { follow, go, redraw, state } from './store.js';
import { limits } from './talk.js';

/** What is being written, and where we are in the list of commands. */
const writing = { text: '', at: -1, isClosed: false };

/** Whether the end of the chat is in view, so that new messages may move it. */
let isAtEnd = true;
let unseen = 0;

const log = () => document.getElementById('log');
const field = () => document.getElementById('text');

// Chats

/** When a chat was begun stands in its ULID. */
function begun(chat) {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  const ms = [...chat.id.slice(0, 10).toLowerCase()].reduce((sum, letter) => sum * 32 + letters.indexOf(letter), 0);
  return format(ms, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

const chatName = chat => t('chatFrom', begun(chat));

function chatList(talk, close = () => {}) {
  const leave = event => {
    follow(event);
    close();
  };
  const item = chat => html`<li class="row">
    <a class="grow ellipsis" href="/chat/${talk.bot.id}/${chat.id}" aria-current=${chat.id === talk.chat.id ? 'page' : nothing} @click=${leave}>${chatName(chat)}</a>
    <button class="button icon quiet" aria-label=${t('deleteChat', chatName(chat))} title=${t('delete')} @click=${() => remove(talk, chat, close)}>${icon('trash')}</button></li>`;
  return html`<ul class="plain chats">${repeat(talk.chats, chat => chat.id, item)}</ul>
    <button class="button" @click=${() => begin(talk, close)}>${icon('add')}${t('newChat')}</button>`;
}

async function begin(talk, close) {
  try {
    const chat = await call('POST', '/chat', { botId: talk.bot.id });
    close();
    go(`/chat/${talk.bot.id}/${chat.id}`);
  } catch (failure) {
    toast(failure.message);
  }
}

async function remove(talk, chat, close) {
  close();
  if (!(await confirm(t('deleteTitle'), t('deleteText', chatName(chat)), t('delete')))) return;
  // Of the one that is open nothing more is wanted to be heard.
  if (chat.id === talk.chat.id) talk.close();
  try {
    await call('DELETE', `/chat/${chat.id}`);
  } catch (failure) {
    if (failure.status !== 404) {
      toast(failure.message);
      if (talk.isClosed) state.talk = undefined;
      return go(location.pathname, { replace: true });
    }
  }
  talk.chats = talk.chats.filter(other => other.id !== chat.id);
  toast(t('deleted'));
  if (chat.id !== talk.chat.id) return redraw();
  // The next one, or a new one; not back to what is gone.
  return go(talk.chats.length ? `/chat/${talk.bot.id}/${talk.chats[0].id}` : '/', { replace: true });
}

const showChats = talk => ask(t('chatsWith', talk.bot.name), close => html`<div class="stack">${chatList(talk, close)}
  <div class="actions"><button class="button quiet" @click=${() => close()}>${t('close')}</button></div></div>`);

// Notifications

const mayAsk = () => 'Notification' in window && isSecureContext && Notification.permission === 'default';

async function wantNotifications() {
  const said = await Notification.requestPermission();
  toast(t(said === 'granted' ? 'willNotify' : 'willNotNotify'));
  redraw();
}

function notify(talk, message) {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
  try {
    const note = new Notification(talk.bot.name, { body: message.body.slice(0, 200), tag: talk.chat.id });
    note.onclick = () => {
      window.focus();
      note.close();
    };
  } catch {
    // Some browsers of phones know notifications of service workers only.
  }
}

// Writing

/** Commands that begin as what is written. */
function candidates(talk) {
  if (writing.isClosed || !/^\/\S*$/.test(writing.text)) return [];
  const begin = writing.text.slice(1).toLowerCase();
  return talk.commands.filter(({ alias }) => alias.toLowerCase().startsWith(begin));
}

function write(text) {
  Object.assign(writing, { text, at: -1, isClosed: false });
  redraw();
}

function send(talk) {
  const text = writing.text.trim();
  if (!text && !talk.files.length) return;
  if ([...text].length > limits().body) return toast(t('tooLong', limits().body));
  if (talk.files.some(file => file.failure)) return toast(t('lostFiles'));
  talk.say(text, talk.files);
  return write('');
}

function pick(talk, { alias }) {
  talk.say(`/${alias}`);
  write('');
  field().focus();
}

function keyed(event, talk) {
  const list = candidates(talk);
  const move = step => {
    event.preventDefault();
    writing.at = (writing.at + step + list.length) % list.length;
    redraw();
  };
  if (event.isComposing) return;
  if (list.length && event.key === 'ArrowDown') move(1);
  else if (list.length && event.key === 'ArrowUp') move(writing.at < 0 ? 0 : -1);
  else if (list.length && event.key === 'Tab' && !event.shiftKey) {
    event.preventDefault();
    write(`/${list[Math.max(writing.at, 0)].alias} `);
  } else if (list.length && event.key === 'Escape') {
    writing.isClosed = true;
    redraw();
  } else if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    if (list[writing.at]) pick(talk, list[writing.at]);
    else send(talk);
  }
}

function choose(talk, files) {
  talk.choose(files).forEach(toast);
}

function picker(talk, list) {
  if (!list.length) return nothing;
  return html`<ul class="picker plain" id="commands" role="listbox" aria-label=${t('commands')}>${list.map((command, at) => html`
    <li role="option" id="command-${at}" tabindex="-1" aria-selected=${at === writing.at ? 'true' : 'false'}
      @pointerdown=${event => event.preventDefault()} @click=${() => pick(talk, command)}>
      <strong>/${command.alias}</strong>${command.description ? html` <span class="muted">${command.description}</span>` : nothing}</li>`)}</ul>`;
}

function chosen(talk) {
  if (!talk.files.length) return nothing;
  return html`<ul class="chosen plain" aria-label=${t('files')}>${repeat(talk.files, file => file.key, file => html`<li class="${file.failure ? 'failed' : ''}">
    ${file.preview ? html`<img src=${file.preview} alt="">` : icon('file')}
    <span class="grow"><span class="name ellipsis">${file.file.name}</span>
      ${file.failure ? html`<span class="error" role="alert">${file.failure.message}</span>`
    : file.record ? html`<span class="hint">${bytes(file.file.size)} · ${t('ready')}</span>`
      : html`<progress max="1" .value=${file.sent} aria-label=${t('uploading', file.file.name)}></progress>`}</span>
    ${file.failure?.isPassing ? html`<button class="button icon quiet" aria-label=${t('retry')} @click=${() => talk.begin(file)}>${icon('refresh')}</button>` : nothing}
    <button class="button icon quiet" aria-label=${t('removeFile', file.file.name)} @click=${() => talk.drop(file)}>${icon('close')}</button></li>`)}</ul>`;
}

function composer(talk) {
  const list = candidates(talk);
  const most = limits();
  const left = most.body - [...writing.text].length;
  const rows = Math.min(6, writing.text.split('\n').length);
  const paste = event => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    choose(talk, event.clipboardData.files);
  };
  const takeFiles = event => {
    choose(talk, event.target.files);
    event.target.value = '';
    field().focus();
  };
  return html`<form class="composer" @submit=${event => { event.preventDefault(); send(talk); field().focus(); }}>
    ${picker(talk, list)}
    <span class="visually-hidden" role="status">${list.length ? count('found', list.length) : ''}</span>
    ${buttonsOf(talk.keyboard, talk)}
    ${chosen(talk)}
    <div class="writing">
      <label class="button icon quiet" title=${t('attachHint', most.attachments, bytes(most.image), bytes(most.audio), bytes(most.video), bytes(most.file))}>
        ${icon('clip')}<input class="visually-hidden" type="file" multiple aria-label=${t('attach')} aria-describedby="file-limits" @change=${takeFiles}></label>
      <span id="file-limits" hidden>${t('attachHint', most.attachments, bytes(most.image), bytes(most.audio), bytes(most.video), bytes(most.file))}</span>
      ${talk.commands.length ? html`<button type="button" class="button icon quiet" aria-label=${t('commands')} title=${t('commands')}
        @click=${() => { write('/'); field().focus(); }}>${icon('slash')}</button>` : nothing}
      <textarea id="text" rows=${rows} placeholder=${t('write')} aria-label=${t('writeTo', talk.bot.name)} enterkeyhint="send" autocomplete="off"
        aria-autocomplete="list" aria-controls=${list.length ? 'commands' : nothing} aria-activedescendant=${list[writing.at] ? `command-${writing.at}` : nothing}
        .value=${writing.text} @input=${event => write(event.target.value)} @keydown=${event => keyed(event, talk)} @paste=${paste}></textarea>
      <button class="button icon primary" aria-label=${t('send')} title=${t('send')}>${icon('send')}</button>
    </div>
    ${left < most.body / 10 ? html`<p class="hint ${left < 0 ? 'error' : ''}" role="status">${count('left', left)}</p>` : nothing}
  </form>`;
}

// Messages

function scrolled() {
  const place = log();
  isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  if (isAtEnd && unseen) {
    unseen = 0;
    redraw();
  }
}

function toEnd() {
  const place = log();
  if (place) place.scrollTop = place.scrollHeight;
  isAtEnd = true;
}

/** A picture has got its size: the end is where it was. */
const loaded = () => isAtEnd && toEnd();

async function older(talk) {
  const place = log();
  const fromEnd = place.scrollHeight - place.scrollTop;
  await talk.older();
  await Promise.resolve();
  place.scrollTop = place.scrollHeight - fromEnd;
}

function day(message, before) {
  const of = ms => new Date(ms).toDateString();
  if (before && of(before.timestamp) === of(message.timestamp)) return nothing;
  return html`<p class="day"><span>${format(message.timestamp, { weekday: 'long', day: 'numeric', month: 'long' })}</span></p>`;
}

function messages(talk) {
  const rows = talk.messages.map((message, at) => [message, talk.messages[at - 1], talk.messages[at + 1]]);
  const isEmpty = talk.isLoaded && !talk.messages.length && !talk.drafts.length;
  return html`<div class="log" id="log" role="log" aria-live="polite" aria-relevant="additions text" aria-label=${t('messages')} tabindex="0" @scroll=${scrolled}>
    <div class="lines">
      ${talk.hasOlder && talk.isLoaded ? html`<button class="button older" ?disabled=${talk.isLoadingOlder} @click=${() => older(talk)}>${t('older')}</button>` : nothing}
      ${!talk.isLoaded ? html`<p class="row muted"><span class="spinner"></span>${t('loading')}</p>` : nothing}
      ${isEmpty ? html`<div class="hello">${avatar(talk.bot.name, talk.bot.avatar)}<h2>${talk.bot.name}</h2>
        ${talk.bot.description ? html`<p class="muted">${talk.bot.description}</p>` : nothing}<p class="muted">${t('sayHello')}</p>
        ${suggestions(talk)}</div>` : nothing}
      ${repeat(rows, ([message]) => message.id, ([message, before, next]) => html`${day(message, before)}${messageOf(message, talk, { next, loaded })}`)}
      ${repeat([...talk.pieces], ([id]) => id, ([, text]) => pieceOf(text, talk))}
      ${repeat(talk.drafts, draft => draft.key, draft => draftOf(draft, talk))}
      ${talk.isTyping ? html`<p class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${t('isTyping', talk.bot.name)}</p>` : nothing}
      ${talk.isSilent ? html`<p class="hint center">${t('silent', talk.bot.name)}</p>` : nothing}
    </div></div>`;
}

/** The first commands, where there is nothing yet. */
const suggestions = talk => html`<div class="row center">${talk.commands.slice(0, 4).map(command =>
  html`<button class="button" @click=${() => pick(talk, command)}>/${command.alias}</button>`)}</div>`;

function head(talk) {
  return html`<header class="bar">
    <a class="button icon quiet" href="/" aria-label=${t('back')} title=${t('back')} @click=${follow}>${icon('back')}</a>
    ${avatar(talk.bot.name, talk.bot.avatar)}
    <div class="grow who"><h1 class="ellipsis">${talk.bot.name}</h1>
      <p class="hint ellipsis" role="status">${talk.line === 'cut' ? html`<span class="warn">${t('reconnecting')}</span>` : talk.bot.description ?? ''}</p></div>
    ${mayAsk() ? html`<button class="button icon quiet" aria-label=${t('notify')} title=${t('notify')} @click=${wantNotifications}>${icon('bell')}</button>` : nothing}
    <button class="button icon quiet to-chats" aria-label=${t('chats')} title=${t('chats')} aria-haspopup="dialog" @click=${() => showChats(talk)}>${icon('chats')}</button>
  </header>`;
}

/** The page of the open chat. */
export function chatPage(talk) {
  const drop = event => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    choose(talk, event.dataTransfer.files);
  };
  return html`<div class="chat" @dragover=${event => event.preventDefault()} @drop=${drop}>
    ${head(talk)}
    <aside class="side stack" aria-label=${t('chats')}><h2>${t('chats')}</h2>${chatList(talk)}</aside>
    <main class="talk" id="main">${messages(talk)}
      ${unseen ? html`<button class="button primary unseen" @click=${() => { toEnd(); scrolled(); field().focus(); }}>${icon('down')}${count('unseen', unseen)}</button>` : nothing}
      ${composer(talk)}</main>
  </div>`;
}

/** A chat is there: what is written begins anew, news move it to its end. */
export function entered(talk) {
  Object.assign(writing, { text: '', at: -1, isClosed: false });
  unseen = 0;
  isAtEnd = true;
  talk.onNews = (isAnswer, message, isOwn) => {
    if (isAnswer && message) notify(talk, message);
    if (isOwn) isAtEnd = true;
    if (!isAtEnd && isAnswer) unseen += 1;
    if (document.hidden && isAnswer) talk.unheard += 1;
    redraw();
  };
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden || !state.talk) return;
  state.talk.unheard = 0;
  redraw();
});

/** After the page is drawn: the end stays in view where it was. */
export function drawn() {
  if (log() && isAtEnd) toEnd();
}

/** Where there is a keyboard the writing begins at once; on a phone one would open and hide half of the page. */
export function focusWriting() {
  if (matchMedia('(hover: hover) and (pointer: fine)').matches) field()?.focus();
}
