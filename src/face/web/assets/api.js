// Requests to the daemon, and what it tells by itself.

import { t } from '../page/i18n.js';

const ROOT = '/v1/client-api';

/** Why something was not done: `status` is 0 where nobody has answered. */
export class Failure extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const refused = (status, said) => new Failure(status, status === 0 ? t('unreachable') : said || t('failed', status));

/** A request, and the JSON of its answer. */
export async function call(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
      body: body && JSON.stringify(body),
    });
  } catch {
    throw refused(0);
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw refused(answer.status, said.message);
  return said;
}

/** Sends a file; `told` hears what part of it has gone, from 0 to 1. Gives the file's record. */
export function upload(file, told) {
  const request = new XMLHttpRequest();
  const done = new Promise((kept, lost) => {
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300 && said?.[0]) kept(said[0]);
      else lost(refused(request.status, said?.message));
    };
    request.onerror = () => lost(refused(0));
    request.onabort = () => lost(refused(0));
  });
  request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
  const form = new FormData();
  form.append('file', file, file.name);
  request.open('POST', `${ROOT}/files`);
  request.send(form);
  return { done, abort: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a file of a message is. */
export const fileUrl = file => `/${file.path.replace(/^\/+/, '')}`;

const EVENTS = ['message', 'edit', 'delete', 'reaction', 'typing', 'piece'];
const LONGEST_WAIT = 15_000;

/**
 * Hears what happens in a chat until `close` is called. When the line is cut it is opened again: after a second, then after
 * longer and longer.
 *
 * `heard(name, data)` for each event, `opened()` each time the line is there (something may have been missed before), `cut()`
 * when it is not.
 */
export function listen(chat, { heard, opened, cut }) {
  let source;
  let timer;
  let wait = 1000;
  let isOver = false;
  const open = () => {
    clearTimeout(timer);
    if (isOver) return;
    source?.close();
    source = new EventSource(`${ROOT}/chat/${encodeURIComponent(chat)}/events`);
    source.onopen = () => {
      wait = 1000;
      opened();
    };
    source.onerror = () => {
      // A browser would go on by itself, but not after every kind of failure, and as often as it likes.
      source.close();
      cut();
      clearTimeout(timer);
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
    for (const name of EVENTS) source.addEventListener(name, event => heard(name, JSON.parse(event.data)));
  };
  const soon = () => {
    if (source?.readyState !== EventSource.OPEN) open();
  };
  const seen = () => document.visibilityState === 'visible' && soon();
  addEventListener('online', soon);
  document.addEventListener('visibilitychange', seen);
  open();
  return {
    retry: open,
    close() {
      isOver = true;
      clearTimeout(timer);
      source.close();
      removeEventListener('online', soon);
      document.removeEventListener('visibilitychange', seen);
    },
  };
}
