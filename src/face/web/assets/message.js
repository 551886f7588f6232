// How one message looks. Texts of others become elements by templates only, never as HTML.

import { html, nothing, repeat } from '../page/lit.js';
import { bytes, shortTime, t } from '../page/i18n.js';
import { icon } from '../page/ui.js';
import { fileUrl } from './api.js';
import { blocks } from './markdown.js';

/** A text with what of Markdown is shown. `says` sends a command that is clicked; without it commands are text. */
export const formatted = (text, says) => shown(blocks(text), says);

const shown = (all, says) => all.map(block => blockOf(block, says));

/** The blocks of messages: the page is drawn with each key, and each text read once. */
const read = new WeakMap();

function blocksOf(message) {
  if (!read.has(message)) read.set(message, blocks(message.body));
  return read.get(message);
}

function blockOf(block, says) {
  switch (block.kind) {
    case 'code':
      return html`<pre tabindex="0" aria-label=${t('code')} role="region"><code>${block.text}</code></pre>`;
    case 'heading':
      return html`<p><strong>${parts(block.parts, says)}</strong></p>`;
    case 'quote':
      return html`<blockquote>${block.blocks.map(inner => blockOf(inner, says))}</blockquote>`;
    case 'list': {
      const items = block.items.map(item => html`<li class=${item.isDeep ? 'deep' : nothing}>${parts(item.parts, says)}</li>`);
      return block.isNumbered ? html`<ol start=${block.start}>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    default:
      return html`<p>${parts(block.parts, says)}</p>`;
  }
}

const parts = (all, says) => all.map(part => partOf(part, says));

function partOf(part, says) {
  switch (part.kind) {
    case 'code':
      return html`<code>${part.text}</code>`;
    case 'strong':
      return html`<strong>${parts(part.parts, says)}</strong>`;
    case 'em':
      return html`<em>${parts(part.parts, says)}</em>`;
    case 'strike':
      return html`<s>${parts(part.parts, says)}</s>`;
    case 'link':
      return html`<a href=${part.url} title=${part.url} target="_blank" rel="noopener noreferrer">${parts(part.parts)}</a>`;
    case 'command':
      return says ? html`<button class="command" @click=${() => says(part.text)}>${part.text}</button>` : part.text;
    default:
      return part.text;
  }
}

/** `image`, `video`, `audio` or `file`. */
export const kindOf = type => (/^(image|video|audio)\//.exec(type ?? '') ?? [, 'file'])[1];

function attachment(file, loaded) {
  const url = fileUrl(file);
  switch (kindOf(file.mimeType)) {
    case 'image':
      return html`<a class="picture" href=${url} target="_blank" rel="noopener noreferrer">
        <img src=${url} alt=${file.name} @load=${loaded} @error=${loaded}></a>`;
    case 'video':
      return html`<video controls preload="metadata" src=${url} aria-label=${file.name} @loadedmetadata=${loaded}></video>`;
    case 'audio':
      return html`<audio controls preload="metadata" src=${url} aria-label=${file.name}></audio>`;
    default:
      return html`<a class="document" href=${url} download=${file.name} rel="noopener noreferrer">${icon('file')}
        <span><span class="name">${file.name}</span><span class="hint">${bytes(file.size)}</span></span></a>`;
  }
}

/** The buttons of a message. */
export function buttonsOf(message, talk) {
  if (!message?.buttons?.length) return nothing;
  const button = ({ text, id, url }) => (url
    ? html`<a class="button" href=${url} target="_blank" rel="noopener noreferrer">${text}</a>`
    : html`<button class="button" ?disabled=${talk.pressing === message.id} @click=${() => talk.press(message, id)}>${text}</button>`);
  return html`<div class="buttons" role="group" aria-label=${t('answers')}>
    ${message.buttons.map(row => html`<div class="row">${row.map(button)}</div>`)}</div>`;
}

function reactions(message) {
  if (!message.reactions?.length) return nothing;
  const counted = new Map();
  message.reactions.forEach(({ emoji }) => counted.set(emoji, (counted.get(emoji) ?? 0) + 1));
  return html`<div class="reactions" role="group" aria-label=${t('reactions')}>${[...counted].map(([emoji, number]) =>
    html`<span class="badge">${emoji}${number > 1 ? ` ${number}` : ''}</span>`)}</div>`;
}

function quoted(message, talk) {
  const original = message.replyTo && talk.find(message.replyTo);
  return original ? html`<p class="replied"><span class="visually-hidden">${t('replyTo')}</span>${original.body.slice(0, 120)}</p>` : nothing;
}

/** When it was said; of several that follow each other within a minute the last one tells. */
function when(message, next) {
  const isTold = next?.senderId === message.senderId && shortTime(next.timestamp) === shortTime(message.timestamp);
  if (isTold && !message.edited) return nothing;
  const time = html`<time datetime=${new Date(message.timestamp).toISOString()}>${shortTime(message.timestamp)}</time>`;
  return html`<p class="when">${time}${message.edited ? html` · ${t('edited')}` : nothing}</p>`;
}

/** One message of a chat, `next` being the one after it. `loaded` is called when a picture has got its size. */
export function messageOf(message, talk, { next, loaded }) {
  const isOwn = message.senderId !== talk.bot.id;
  const says = isOwn ? undefined : text => talk.say(text);
  return html`<div class="message ${isOwn ? 'own' : ''}" role="article" aria-label=${isOwn ? t('you') : talk.bot.name}>
    <div class="bubble">
      ${quoted(message, talk)}
      ${message.body ? html`<div class="text">${shown(blocksOf(message), says)}</div>` : nothing}
      ${message.attachments?.length ? html`<div class="attachments">${message.attachments.map(file => attachment(file, loaded))}</div>` : nothing}
      ${when(message, next)}
    </div>
    ${reactions(message)}
    ${isOwn || message.keyboard ? nothing : buttonsOf(message, talk)}
  </div>`;
}

/** An answer of which the end has not come yet. */
export const pieceOf = (text, talk) => html`<div class="message" role="article" aria-label=${talk.bot.name} aria-busy="true" aria-live="off">
  <div class="bubble"><div class="text growing">${formatted(text)}</div></div></div>`;

/** What we have written and nobody has confirmed yet. */
export function draftOf(draft, talk) {
  return html`<div class="message own unsent" role="article" aria-label=${t('you')}>
    <div class="bubble ${draft.failure ? 'failed' : ''}">
      ${draft.text ? html`<div class="text">${formatted(draft.text)}</div>` : nothing}
      ${repeat(draft.files, file => file.key, file => html`<p class="document">${icon('file')}<span class="name">${file.file.name}</span>
        ${file.record ? nothing : html`<progress max="1" .value=${file.sent} aria-label=${t('uploading', file.file.name)}></progress>`}</p>`)}
      ${draft.failure ? nothing : html`<p class="when">${t('sending')}</p>`}
    </div>
    ${draft.failure ? html`<div class="row lost" role="alert"><span class="error">${icon('warn')} ${t('notSent')} ${draft.failure.message}</span>
      <span class="row"><button class="button" @click=${() => talk.retry(draft)}>${icon('refresh')}${t('retry')}</button>
      <button class="button quiet" @click=${() => talk.discard(draft)}>${t('discard')}</button></span></div>` : nothing}
  </div>`;
}
