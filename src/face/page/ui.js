// Small things that every page has: icons, avatars, questions in a dialog, news that go away by themselves.

import { html, nothing, render, svg } from './lit.js';
import { t } from './i18n.js';

// Strokes in a square of 24 by 24.
const SHAPES = {
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  back: svg`<path d="M15 5l-7 7 7 7"/>`,
  bell: svg`<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"/>`,
  chats: svg`<path d="M4 5h16v11H9l-5 4z"/>`,
  check: svg`<path d="M5 13l4 4L19 7"/>`,
  clip: svg`<path d="M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.500 3.500 0 0 1 5 5l-8 8a2 2 0 0 1-3-3l7-7"/>`,
  close: svg`<path d="M6 6l12 12M18 6L6 18"/>`,
  copy: svg`<path d="M9 9h11v11H9zM5 15H4V4h11v1"/>`,
  down: svg`<path d="M6 9l6 6 6-6"/>`,
  edit: svg`<path d="M4 20h4L19 9l-4-4L4 16z"/>`,
  file: svg`<path d="M6 3h8l4 4v14H6zM14 3v5h4"/>`,
  language: svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>`,
  menu: svg`<path d="M4 7h16M4 12h16M4 17h16"/>`,
  more: svg`<path d="M12 5v.01M12 12v.01M12 19v.01" stroke-width="3"/>`,
  refresh: svg`<path d="M20 11a8 8 0 1 0-2 6M20 5v6h-6"/>`,
  search: svg`<circle cx="11" cy="11" r="6"/><path d="M20 20l-4.500-4.500"/>`,
  send: svg`<path d="M4 12l16-8-5 16-3-7z"/>`,
  slash: svg`<path d="M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM14 8l-4 8"/>`,
  trash: svg`<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4 21c1-5 15-5 16 0"/>`,
  warn: svg`<path d="M12 4l9 16H3zM12 10v4M12 17v.01"/>`,
};

/** A picture beside a word, or in a button that has a label. */
export const icon = name => html`<svg class="icon-image" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[name]}</svg>`;

/** A round picture; without one, or where it does not load, the first letters of the name. */
export function avatar(name, url) {
  const letters = name.split(/[\s_.-]+/).filter(Boolean).slice(0, 2).map(word => [...word][0].toUpperCase()).join('');
  const gone = event => event.target.remove();
  const hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${
    safeImage(url) ? html`<img src=${url} alt="" loading="lazy" @error=${gone}>` : letters || '?'}</span>`;
}

/** Whether a picture may be loaded from here: our own, or one that is in the address itself. */
export const safeImage = url => Boolean(url) && (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(url) || isOwn(url));

const isOwn = url => {
  try {
    return new URL(url, location.origin).origin === location.origin;
  } catch {
    return false;
  }
};

/** Asks something in a dialog; `content(close)` makes its form. Gives what `close` is called with. */
export function ask(title, content) {
  return new Promise(answered => {
    const dialog = document.createElement('dialog');
    let answer;
    const close = value => {
      answer = value;
      dialog.close();
    };
    render(html`<div class="stack"><h2 id="dialog-title">${title}</h2>${content(close)}</div>`, dialog);
    dialog.setAttribute('aria-labelledby', 'dialog-title');
    dialog.addEventListener('close', () => {
      dialog.remove();
      answered(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks whether something that cannot be taken back is to be done. Enter does not do it. */
export const confirm = (title, text, action) => ask(title, close => html`
  <p>${text}</p>
  <div class="actions">
    <button class="button" autofocus @click=${() => close(false)}>${t('cancel')}</button>
    <button class="button danger" @click=${() => close(true)}>${action}</button>
  </div>`);

/** Tells something that needs no answer. Screen readers say it, too. */
export function toast(text) {
  let place = document.querySelector('.toasts');
  if (!place) {
    place = document.createElement('div');
    place.className = 'toasts';
    place.setAttribute('role', 'status');
    document.body.append(place);
  }
  const item = document.createElement('div');
  item.className = 'toast';
  item.textContent = text;
  place.append(item);
  // Long enough to be read, by its length.
  setTimeout(() => item.remove(), 3000 + text.length * 60);
}

/** A text that stays in one line, with the whole of it where a mouse rests. */
export const oneLine = text => (text ? html`<span class="ellipsis" title=${text}>${text}</span>` : nothing);
