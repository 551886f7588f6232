// Texts in the reader's language: that of the browser, or the one chosen with the switch.

export const LANGUAGES = { en: 'English', de: 'Deutsch' };

let texts = {};

/** The language of this page: `en` or `de`. */
export const language = (() => {
  const wanted = [stored('language'), ...navigator.languages].filter(Boolean);
  return wanted.map(tag => tag.slice(0, 2).toLowerCase()).find(tag => tag in LANGUAGES) ?? 'en';
})();

// Dates and numbers as they are written where the reader is: `en-GB`, `de-AT`.
const locale = navigator.languages.find(tag => tag.toLowerCase().startsWith(language)) ?? language;

/** Takes the texts of a page: functions that load a module for each language. */
export async function useTexts(loaders) {
  document.documentElement.lang = language;
  texts = { ...texts, ...(await loaders[language]()).default };
}

// Both languages may stand side by side, `English|Deutsch`: the build gives such texts numbers.
const ofPair = key => String(key).split('|').at(language === 'de' ? -1 : 0);

/** The text of a key; `{0}`, `{1}` … in it are replaced by the values. */
export const t = (key, ...values) => (texts[key] ?? ofPair(key)).replace(/\{(\d)\}/g, (_, at) => values[at] ?? '');

/** The same for a number of things: the text of `key.one` or `key.other`. */
export const count = (key, number) => t(`${key}.${new Intl.PluralRules(language).select(number)}`, number);

export function setLanguage(tag) {
  store('language', tag);
  location.reload();
}

/** Something kept in this browser; `null` where there is nothing, or nothing may be kept. */
export function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}

/** `14:05`, `Mon 14:05` or `3 Nov 14:05`, as far away as it is. */
export function shortTime(ms) {
  const days = (Date.now() - ms) / 86_400_000;
  const clock = { hour: '2-digit', minute: '2-digit' };
  if (new Date(ms).toDateString() === new Date().toDateString()) return format(ms, clock);
  if (days >= 0 && days < 6) return format(ms, { weekday: 'short', ...clock });
  return format(ms, { day: 'numeric', month: 'short', ...(days > 300 ? { year: 'numeric' } : {}), ...clock });
}

export const format = (ms, how) => new Intl.DateTimeFormat(locale, how).format(ms);

/** `2.1 MB`, in the units that browsers show. */
export function bytes(number) {
  const unit = number < 1e3 ? 'byte' : number < 1e6 ? 'kilobyte' : number < 1e9 ? 'megabyte' : 'gigabyte';
  const size = number / { byte: 1, kilobyte: 1e3, megabyte: 1e6, gigabyte: 1e9 }[unit];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: number < 1e3 ? 'long' : 'short', maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
}
