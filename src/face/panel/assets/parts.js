// What the pages are made of: forms, tables, things to copy, charts; and when they are drawn anew.

import { html, nothing, svg } from '../page/lit.js';
import { format, language, t } from '../page/i18n.js';
import { icon, toast } from '../page/ui.js';

let draw = () => {};
let isDue = false;
export const onDraw = act => { draw = act; };

/** Draws the page anew, once for all that changes now. */
export function redraw() {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    draw();
  });
}

/** A page: `load` gives its data, `show` makes it of them; `close` ends what it has begun. */
export function page(title, load, show, { close, every } = {}) {
  let data, error, given = [], timer, turn = 0;
  const reload = async () => {
    const mine = ++turn;
    try {
      const loaded = await load(...given);
      if (mine !== turn) return;
      [data, error] = [loaded, undefined];
    } catch (failure) {
      if (mine !== turn) return;
      error = failure;
    }
    redraw();
  };
  return {
    title,
    reload,
    async open(...args) {
      [given, data, error] = [args, undefined, undefined];
      if (every) timer = setInterval(() => document.visibilityState === 'visible' && reload(), every);
      await reload();
    },
    close() {
      turn++;
      clearInterval(timer);
      close?.();
    },
    view: () => html`${error && !data ? html`<h1 tabindex="-1">${title()}</h1>` : nothing}${error ? problem(error.message) : nothing}
      ${data ? show(data, reload) : error ? nothing : waiting()}`,
  };
}

export const problem = text => html`<p class="notice danger" role="alert">${text}</p>`;
export const waiting = () => html`<div class="center"><span class="spinner" role="status" aria-label=${t('Loading|Lädt')}></span></div>`;
export const hint = text => html`<p class="hint">${text}</p>`;

/** A section with a heading. */
export const section = (title, ...content) => html`<section class="card stack"><h2>${title}</h2>${content}</section>`;

// --- forms ---

const forms = new Map();

/** Forgets what forms have shown of errors. */
export const clearForms = () => forms.clear();

/**
 * A form. `submit` gets the values by name and gives the news to be told, if any. What the API has against a value is shown
 * beside it.
 */
export function form({ id, fields, submit, action, danger, after }) {
  const state = forms.get(id) ?? {};
  const general = state.error && !fields.some(field => field.name === state.field);
  const send = async event => {
    event.preventDefault();
    const element = event.target;
    if (forms.get(id)?.busy) return;
    forms.set(id, { busy: true });
    redraw();
    try {
      const news = await submit(values(element, fields));
      forms.delete(id);
      for (const secret of element.querySelectorAll('[type=password], [type=file]')) secret.value = '';
      if (typeof news === 'string') toast(news);
    } catch (error) {
      forms.set(id, { error: error.message, field: error.field });
      redraw();
      await Promise.resolve();
      element.querySelector('[aria-invalid=true], [role=alert]')?.focus();
    }
    redraw();
  };
  return html`<form class="stack" id=${id} novalidate autocomplete="off" @submit=${send}>
    ${general ? html`<p class="notice danger" role="alert" tabindex="-1">${state.error}</p>` : nothing}
    ${fields.map(field => control(id, field, state.field === field.name ? state.error : undefined))}
    <div class="row">
      <button class="button ${danger ? 'danger' : 'primary'}" ?disabled=${state.busy}>${action ?? t('Save|Speichern')}</button>
      ${state.busy ? html`<span class="spinner" role="status" aria-label=${t('Loading|Lädt')}></span>` : after ?? nothing}
    </div>
  </form>`;
}

function control(form, field, error) {
  const id = `${form}-${field.name}`;
  const about = [field.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || nothing;
  const notes = html`
    ${field.hint ? html`<span class="hint" id="${id}-hint">${field.hint}</span>` : nothing}
    ${error ? html`<span class="error" id="${id}-error">${error}</span>` : nothing}`;
  const invalid = error ? 'true' : nothing;
  if (field.type === 'checkbox') {
    return html`<div><label class="check"><input type="checkbox" id=${id} name=${field.name} aria-describedby=${about}
      aria-invalid=${invalid} .checked=${Boolean(field.value)}>${field.label}</label>${notes}</div>`;
  }
  return html`<div class="field"><label for=${id}>${field.label}</label>${input(id, field, about, invalid)}${notes}</div>`;
}

function input(id, field, about, invalid) {
  const { name, type = 'text', value = '', options } = field;
  if (type === 'select') {
    return html`<select id=${id} name=${name} aria-describedby=${about} aria-invalid=${invalid} @change=${field.change ?? nothing}>
      ${options.map(([key, label]) => html`<option value=${key} ?selected=${key === value}>${label}</option>`)}</select>`;
  }
  if (type === 'area' || type === 'list') {
    const text = type === 'list' ? (value || []).join('\n') : value;
    return html`<textarea id=${id} name=${name} rows=${field.rows ?? 3} aria-describedby=${about} aria-invalid=${invalid}
      .value=${text}></textarea>`;
  }
  if (type === 'file') {
    return html`<input type="file" id=${id} name=${name} accept=${field.accept} aria-describedby=${about} aria-invalid=${invalid}>`;
  }
  const list = options ? `${id}-list` : nothing;
  return html`<input type=${type} id=${id} name=${name} inputmode=${type === 'number' ? 'numeric' : nothing} step="any"
      aria-describedby=${about} aria-invalid=${invalid} aria-required=${field.required ? 'true' : nothing} list=${list}
      autocomplete=${field.complete ?? 'off'} spellcheck="false" .value=${String(value)}>
    ${options ? html`<datalist id=${list}>${options.map(option => html`<option value=${option}></option>`)}</datalist>` : nothing}`;
}

/** The values of a form by name; what is empty is left out, unless it may be. */
function values(element, fields) {
  const all = {};
  for (const { name, type, mayBeEmpty } of fields) {
    const control = element.elements[name];
    const text = control.value.trim();
    if (type === 'checkbox') all[name] = control.checked;
    else if (type === 'file') all[name] = control.files[0];
    else if (type === 'list') all[name] = text.split(/[\s,;]+/).filter(Boolean);
    else if (text === '' && !mayBeEmpty) continue;
    else if (type === 'number') all[name] = Number(text);
    else all[name] = text;
  }
  return all;
}

/** A picture that was chosen, as the API takes it. */
export async function picture(file) {
  if (!file) return {};
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return { avatar: btoa(text), ...(file.type ? { avatar_type: file.type } : {}) };
}

/** Something that is on or off, and changes at once. */
export const toggle = (label, on, change) => {
  const flip = async event => {
    const wanted = event.target.checked;
    await act(() => change(wanted));
    event.target.checked = on;
    redraw();
  };
  return html`<label class="switch"><input type="checkbox" role="switch" .checked=${on} @change=${flip}>${label}</label>`;
};

/** Does something, and says why where that cannot be. */
export async function act(work, news) {
  try {
    const done = await work();
    const text = news ?? done;
    if (typeof text === 'string') toast(text);
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

export const button = (label, work, { kind = '', image } = {}) =>
  html`<button type="button" class="button ${kind}" @click=${() => act(work)}>${image ? icon(image) : nothing}${label}</button>`;

// --- showing ---

/** A table that scrolls in its own box; `columns` are headings, rows are cells. */
export const table = (caption, columns, rows) => html`
  <div class="wide" role="region" aria-label=${caption} tabindex="0"><table>
    <caption>${caption}</caption>
    <thead><tr>${columns.map(column => html`<th scope="col">${column || html`<span class="visually-hidden">${t('Actions|Aktionen')}</span>`}</th>`)}</tr></thead>
    <tbody>${rows.map(row => html`<tr>${row.map(cell => html`<td class=${typeof cell === 'string' && cell.length > 30 ? 'break' : nothing}>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>`;

export const facts = pairs => html`<dl class="facts">${pairs.filter(([, value]) => value !== undefined && value !== '')
  .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  return t('Copied.|Kopiert.');
}

const copier = (text, label) => html`<button type="button" class="button icon quiet" aria-label=${label} title=${label}
  @click=${() => act(() => copy(text))}>${icon('copy')}</button>`;

export const copied = (text, shown = text, label = t('Copy|Kopieren')) => html`<div class="copy"><code>${shown}</code>${copier(text, label)}</div>`;
export const example = (title, text) => html`<div class="stack"><h3>${title}</h3><div class="example">
  <pre tabindex="0" role="region" aria-label=${title}><code>${text}</code></pre>${copier(text, t('Copy: {0}|Kopieren: {0}', title))}</div></div>`;

/** `3 Nov 2025, 14:05`, of Unix time. */
export const when = seconds => (seconds ? format(seconds * 1000, { dateStyle: 'medium', timeStyle: 'short' }) : '–');
export const number = value => new Intl.NumberFormat(language).format(value);

const STATES = {
  online: ['ok', () => t('online')],
  connecting: ['warn', () => t('connecting|verbindet sich')],
  registering: ['warn', () => t('registering|wird angelegt')],
  offline: ['danger', () => t('offline')],
  stopped: ['danger', () => t('stopped|aufgegeben')],
  disabled: ['', () => t('switched off|abgeschaltet')],
};
export function badge(state) {
  const [kind, label] = STATES[state] ?? ['', () => state];
  return html`<span class="badge ${kind}">${label()}</span>`;
}

/** A line over the day; `print` makes a number readable. A second series is dashed. */
export function chart(title, points, [series, second], print = number) {
  const times = points.map(point => point.at);
  const [from, to] = [Math.min(...times), Math.max(...times, Math.min(...times) + 1)];
  const all = points.flatMap(point => [series.of(point), ...(second ? [second.of(point)] : [])]);
  const most = Math.max(...all, 1);
  const [last, low, high] = [series.of(points.at(-1)), Math.min(...all), Math.max(...all)];
  const place = of => points.map(point => `${(point.at - from) / (to - from) * 400},${100 - of(point) / most * 92}`).join(' ');
  const label = t('{0}: now {1}, lowest {2}, highest {3}|{0}: jetzt {1}, niedrigstens {2}, höchstens {3}', title, print(last), print(low), print(high));
  const clock = at => format(at * 1000, { hour: '2-digit', minute: '2-digit' });
  return html`<section class="card chart"><h2>${title}</h2>
    <p><span class="number">${print(last)}</span> <span class="muted">${series.label}</span>
      ${second ? html`· <span class="number">${print(second.of(points.at(-1)))}</span> <span class="muted">${second.label} (${t('dashed|gestrichelt')})</span>` : nothing}</p>
    <svg viewBox="0 0 400 100" preserveAspectRatio="none" role="img" aria-label=${label}>
      ${svg`<polygon class="area" points="0,100 ${place(series.of)} 400,100"/><polyline class="line" points=${place(series.of)}/>`}
      ${second ? svg`<polyline class="line second" points=${place(second.of)}/>` : nothing}
    </svg>
    <div class="axis"><span>${clock(from)}</span><span>${t('highest {0}|höchstens {0}', print(high))}</span><span>${clock(to)}</span></div></section>`;
}
