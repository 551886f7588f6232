// What the page shows, and where it is. Whoever changes something calls `redraw`.

export const state = {
  /** Name, description and links of this place. */
  info: { name: 'Botmother', socials: [] },
  /** Bots of the gallery; `undefined` until they are known. */
  bots: undefined,
  /** Who we are; `null` where nobody has said so. */
  user: undefined,
  /** The chat that is open: a Talk. */
  talk: undefined,
  /** Why there is nothing to show. */
  failure: undefined,
};

let drawing = false;
let draw = () => {};

/** Says how the page is drawn, and draws it. */
export function drawWith(how) {
  draw = how;
  redraw();
}

/** Draws the page soon: once, however often it is called until then. */
export function redraw() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw();
  });
}

/** `/chat/<bot>/<chat>` → what is to be open. */
export function place() {
  const [, first, bot, chat] = location.pathname.split('/');
  return first === 'chat' && bot ? { bot: decodeURIComponent(bot), chat: chat && decodeURIComponent(chat) } : {};
}

const listeners = new Set();

/** Calls `listener` whenever the address changes. */
export const onMove = listener => listeners.add(listener);

const moved = () => listeners.forEach(listener => listener());

/** Goes to another place of this page. */
export function go(path, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  moved();
}

addEventListener('popstate', moved);

/** For links within the page: another place without a new document, unless a new tab is asked for. */
export function follow(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(event.currentTarget.getAttribute('href'));
}
