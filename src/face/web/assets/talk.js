// One chat that is open: its messages, what is on its way, and the line by which news come.

import { bytes, t } from '../page/i18n.js';
import { toast } from '../page/ui.js';
import { Failure, call, listen, upload } from './api.js';
import { kindOf } from './message.js';
import { redraw, state } from './store.js';

const PAGE = 20;
const PAGE_MAX = 100;
/** After a long time away the rest is loaded when somebody asks for it. */
const PAGES_MAX = 5;
/** Somebody who types says so again within this time. */
const TYPING_MS = 30_000;
/** After this we say that no answer has come. */
const PATIENCE_MS = 20_000;

/** What the daemon takes, where it does not say so itself: characters, number, bytes. */
const LIMITS = { body: 4096, attachments: 10, image: 2_097_152, audio: 5_242_880, video: 26_214_400, file: 10_485_760 };

export const limits = () => ({ ...LIMITS, ...state.info.limits });

const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
const byTime = (a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1);

export class Talk {
  constructor(bot, chat) {
    this.bot = bot;
    this.chat = chat;
    /** All chats with this bot. */
    this.chats = [chat];
    this.commands = [];
    /** In order. */
    this.messages = [];
    /** How many there are at the daemon. */
    this.total = 0;
    /** Written here, not confirmed yet. */
    this.drafts = [];
    /** Chosen for the next message. */
    this.files = [];
    /** Answers that grow: id → text. */
    this.pieces = new Map();
    this.isTyping = false;
    this.isSilent = false;
    this.line = 'opening';
    this.isLoaded = false;
    this.isLoadingOlder = false;
    this.pressing = undefined;
    /** Answers that came while the page was out of sight. */
    this.unheard = 0;
    /** Called after something new has come: whether a bot said it. */
    this.onNews = () => {};
    this.listener = listen(chat.id, {
      heard: (name, data) => this.heard(name, data),
      opened: () => this.catchUp(),
      cut: () => this.cut(),
    });
    this.catchUp({ isOpened: false });
    call('GET', `/bot/${bot.id}/commands`).then(commands => {
      this.commands = commands;
      redraw();
    }, () => {});
  }

  close() {
    this.isClosed = true;
    this.listener.close();
    clearTimeout(this.typingTimer);
    clearTimeout(this.patience);
    this.onNews = () => {};
    this.files.forEach(file => this.drop(file));
  }

  find(id) {
    return this.messages.find(message => message.id === id);
  }

  /** The message whose buttons stand above the field where one writes, until others do, or one was pressed that goes then. */
  get keyboard() {
    const last = this.messages.findLast(message => message.senderId === this.bot.id && message.buttons && message.keyboard);
    const isUsed = last?.keyboard === 'once' && this.messages.at(-1).senderId !== this.bot.id;
    return isUsed ? undefined : last;
  }

  get hasOlder() {
    return this.messages.length < this.total;
  }

  page(number, limit) {
    return call('GET', `/chat/${this.chat.id}/messages?page=${number}&limit=${limit}`);
  }

  /**
   * Puts what the daemon has in the place of what we have: what came while the line was cut, once, and what was changed.
   * One at a time, so that what was read first is not put in the place of what was read later.
   */
  catchUp({ isOpened = true } = {}) {
    this.catching = (this.catching ?? Promise.resolve()).then(() => this.read()).finally(() => {
      this.heardMeanwhile = undefined;
    }).then(() => {
      if (isOpened) this.line = 'open';
      redraw();
      this.drafts.filter(draft => draft.failure?.isPassing).forEach(draft => this.retry(draft));
    }, failure => this.refused(failure));
  }

  async read() {
    const known = Math.max(PAGE, this.messages.length);
    const last = this.messages.at(-1);
    const meets = all => !last || all.some(message => message.id <= last.id);
    this.heardMeanwhile = [];
    const kept = [];
    for (let number = 1; number <= PAGES_MAX; number += 1) {
      const page = await this.page(number, Math.min(known, PAGE_MAX));
      this.total = page.total;
      kept.push(...page.messages);
      if (!page.messages.length || kept.length >= page.total || (kept.length >= known && meets(kept))) break;
    }
    const before = new Set(this.messages.map(message => message.id));
    this.messages = [];
    [...kept, ...this.heardMeanwhile].forEach(message => this.put(message));
    const news = this.messages.filter(message => !before.has(message.id) && message.senderId === this.bot.id);
    this.pieces.clear();
    if (this.isLoaded && news.length) {
      this.answered();
      this.onNews(true, news.at(-1));
    }
    this.isLoaded = true;
  }

  /** This chat cannot be shown any longer: we are nobody, or it is gone. */
  refused(failure) {
    if (this.isClosed || ![401, 403, 404].includes(failure.status)) return redraw();
    if (failure.status === 401) state.user = null;
    else state.failure = failure;
    this.close();
    state.talk = undefined;
    return redraw();
  }

  cut() {
    this.line = 'cut';
    this.isTyping = false;
    redraw();
    // Where no events come through (some proxies keep them), news come each time the line is tried.
    this.catchUp({ isOpened: false });
  }

  async older() {
    if (this.isLoadingOlder) return;
    this.isLoadingOlder = true;
    redraw();
    try {
      const before = this.messages.length;
      for (let number = Math.floor(before / PAGE) + 1; this.messages.length === before; number += 1) {
        const page = await this.page(number, PAGE);
        this.total = page.total;
        if (!page.messages.length) break;
        page.messages.forEach(message => this.put(message));
      }
    } catch (failure) {
      toast(failure.message);
    }
    this.isLoadingOlder = false;
    redraw();
  }

  /** Keeps a message: each once, in order. Whether it is new. */
  put(message) {
    const at = this.messages.findIndex(other => other.id === message.id);
    if (at >= 0) {
      this.messages[at] = { ...this.messages[at], ...message };
      return false;
    }
    this.messages.push(message);
    const [last, before] = [this.messages.at(-1), this.messages.at(-2)];
    if (before && byTime(before, last) > 0) this.messages.sort(byTime);
    this.total = Math.max(this.total, this.messages.length);
    return true;
  }

  /** Keeps one that has just been said. */
  add(message) {
    const hadOlder = this.hasOlder;
    const isNew = this.put(message);
    if (isNew && hadOlder) this.total += 1;
    if (isNew) this.heardMeanwhile?.push(message);
    return isNew;
  }

  /** One after the other, as they came: what is said of a message is said after it. */
  heard(name, data) {
    this.hearing = (this.hearing ?? Promise.resolve()).then(() => this.hear(name, data));
  }

  async hear(name, data) {
    const hear = {
      message: () => this.arrived(data),
      edit: () => this.find(data.id) && this.put({ attachments: undefined, buttons: undefined, keyboard: undefined, ...data }),
      delete: () => this.taken(data.id),
      reaction: () => this.find(data.id) && this.put(data),
      typing: () => this.typing(data.state === 'composing'),
      piece: () => {
        this.pieces.set(data.id, data.text);
        this.typing(false);
        this.hush();
        this.onNews(false);
      },
    };
    await hear[name]();
    redraw();
  }

  async arrived(message) {
    // What we send ourselves is shown as a draft until its request is answered; only then is it known which draft it was.
    if (message.senderId !== this.bot.id) await Promise.allSettled(this.drafts.map(draft => draft.posting));
    this.pieces.delete(message.id);
    if (message.replaces) this.pieces.delete(message.replaces);
    if (this.add(message)) {
      if (message.senderId === this.bot.id) this.answered(message);
      this.onNews(message.senderId === this.bot.id, message);
    }
  }

  answered() {
    this.typing(false);
    this.hush();
  }

  taken(id) {
    const before = this.messages.length;
    this.messages = this.messages.filter(message => message.id !== id);
    this.total -= before - this.messages.length;
    this.heardMeanwhile = this.heardMeanwhile?.filter(message => message.id !== id);
  }

  typing(isTyping) {
    clearTimeout(this.typingTimer);
    this.isTyping = isTyping;
    if (!isTyping) return;
    this.hush();
    this.typingTimer = setTimeout(() => {
      this.isTyping = false;
      redraw();
    }, TYPING_MS);
    this.onNews(false);
  }

  /** An answer is there, or on its way. */
  hush() {
    clearTimeout(this.patience);
    this.isSilent = false;
  }

  /** Chooses files for the next message, and begins to send them. Gives what is wrong with those that cannot be. */
  choose(list) {
    const most = limits();
    const wrong = [];
    for (const file of list) {
      const largest = most[kindOf(file.type)];
      if (this.files.length >= most.attachments) {
        wrong.push(t('tooManyFiles', most.attachments));
        break;
      }
      if (file.size > largest) wrong.push(t('tooLarge', file.name, bytes(largest)));
      else this.files.push(this.begin({ key: newKey(), file, preview: kindOf(file.type) === 'image' ? URL.createObjectURL(file) : undefined }));
    }
    redraw();
    return wrong;
  }

  /** Sends a file, or sends it again. */
  begin(chosen) {
    Object.assign(chosen, { sent: 0, failure: undefined, record: undefined });
    const { done, abort } = upload(chosen.file, part => {
      chosen.sent = part;
      redraw();
    });
    chosen.abort = abort;
    chosen.done = done.then(record => {
      chosen.record = record;
      redraw();
    }, failure => {
      chosen.failure = failure;
      redraw();
    });
    return chosen;
  }

  drop(chosen) {
    this.files = this.files.filter(file => file !== chosen);
    if (!chosen.record) chosen.abort();
    if (chosen.preview) URL.revokeObjectURL(chosen.preview);
    redraw();
  }

  /** Sends a text, with the files that have been chosen unless it is a command that was clicked. */
  say(text, files = []) {
    const draft = { key: newKey(), text, files };
    this.files = this.files.filter(file => !files.includes(file));
    this.drafts.push(draft);
    this.retry(draft);
    this.onNews(false, undefined, true);
  }

  /** Sends what has not been confirmed. Under the same key, so that it is said once even if an answer was lost. */
  retry(draft) {
    draft.failure = undefined;
    draft.posting = undefined;
    this.post(draft);
    redraw();
  }

  async post(draft) {
    try {
      draft.files.filter(file => file.failure).forEach(file => this.begin(file));
      await Promise.all(draft.files.map(file => file.done));
      const lost = draft.files.find(file => file.failure);
      if (lost) throw lost.failure;
      const body = { chatId: this.chat.id, body: draft.text };
      if (draft.files.length) body.attachmentIds = draft.files.map(file => file.record.id);
      draft.posting = call('POST', '/chat/message', body, { 'Idempotency-Key': draft.key });
      const message = await draft.posting;
      this.discard(draft);
      this.add({ chatId: this.chat.id, ...message });
      this.wait();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      draft.failure = failure;
      if (failure.status === 401) this.refused(failure);
    }
    redraw();
  }

  /** Waits for an answer, and says so when none comes. */
  wait() {
    this.hush();
    if (this.isTyping || this.messages.at(-1)?.senderId === this.bot.id) return;
    this.patience = setTimeout(() => {
      this.isSilent = true;
      redraw();
    }, PATIENCE_MS);
  }

  discard(draft) {
    this.drafts = this.drafts.filter(other => other !== draft);
    draft.files.forEach(file => file.preview && URL.revokeObjectURL(file.preview));
    redraw();
  }

  async press(message, button) {
    this.pressing = message.id;
    redraw();
    try {
      const said = await call('POST', '/chat/press', { chatId: this.chat.id, messageId: message.id, button });
      if (said.id) this.add(said);
    } catch (failure) {
      toast(failure.message);
    }
    this.pressing = undefined;
    redraw();
  }
}
