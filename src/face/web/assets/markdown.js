// A safe subset of Markdown as a tree: `{ kind, text?, parts?, … }`. No HTML is read and none is made: who draws the tree makes
// elements of it. What is not understood stays text.

const FENCE = /^\s{0,3}```(\S*)\s*$/;
const ITEM = /^(\s{0,8})([-*+•]|\d{1,3}[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/;
const QUOTE = /^>\s?(.*)$/;

/** Blocks: `code`, `list`, `heading`, `quote`, `text`. */
export function blocks(text, depth = 0) {
  const lines = text.split('\n');
  const all = [];
  for (let at = 0; at < lines.length;) {
    const [block, next] = blockAt(lines, at, depth);
    if (block) all.push(block);
    at = next;
  }
  return all;
}

function blockAt(lines, at, depth) {
  if (!lines[at].trim()) return [undefined, at + 1];
  if (FENCE.test(lines[at])) {
    const end = lines.findIndex((line, index) => index > at && FENCE.test(line));
    const last = end < 0 ? lines.length : end;
    return [{ kind: 'code', text: lines.slice(at + 1, last).join('\n') }, last + 1];
  }
  const heading = lines[at].match(HEADING);
  if (heading) return [{ kind: 'heading', parts: inline(heading[1]) }, at + 1];
  if (QUOTE.test(lines[at]) && depth < 3) {
    const end = endOf(lines, at, line => QUOTE.test(line));
    const inner = lines.slice(at, end).map(line => line.match(QUOTE)[1]).join('\n');
    return [{ kind: 'quote', blocks: blocks(inner, depth + 1) }, end];
  }
  if (ITEM.test(lines[at])) {
    const isNumbered = /\d/.test(lines[at].match(ITEM)[2]);
    const end = endOf(lines, at, line => ITEM.test(line) && /\d/.test(line.match(ITEM)[2]) === isNumbered);
    const items = lines.slice(at, end).map(line => line.match(ITEM));
    const start = isNumbered ? parseInt(items[0][2], 10) : 1;
    return [{ kind: 'list', isNumbered, start, items: items.map(item => ({ parts: inline(item[3]), isDeep: item[1].length > 1 })) }, end];
  }
  const begins = line => FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || ITEM.test(line);
  const end = endOf(lines, at, (line, index) => index === at || (line.trim() && !begins(line)));
  return [{ kind: 'text', parts: inline(lines.slice(at, end).join('\n')) }, end];
}

function endOf(lines, at, belongs) {
  let end = at;
  while (end < lines.length && belongs(lines[end], end)) end += 1;
  return end;
}

// In this order: what is first in the text wins, and of two at one place the one that is first here.
const SPANS = [
  { kind: 'code', pattern: /`([^`\n]+)`/g },
  { kind: 'named', pattern: /\[([^\]\n]{1,200})\]\(([^\s)]{1,2000})\)/g },
  { kind: 'link', pattern: /\b(?:https?:\/\/|xmpp:)[^\s<>"'`]+/gi },
  { kind: 'strong', pattern: /\*\*(?=[^\s*])([^\n]{0,1000}?[^\s*])\*\*/g },
  { kind: 'strong', pattern: /(?<![\p{L}\p{N}_])__(?=[^\s_])([^\n]{0,1000}?[^\s_])__(?![\p{L}\p{N}_])/gu },
  { kind: 'strike', pattern: /~~(?=[^\s~])([^\n~]{0,1000}?[^\s~])~~/g },
  { kind: 'em', pattern: /(?<![\p{L}\p{N}*])\*(?=[^\s*])([^\n*]{0,1000}[^\s*])\*(?![\p{L}\p{N}*])/gu },
  { kind: 'em', pattern: /(?<![\p{L}\p{N}_/])_(?=[^\s_])([^\n_]{0,1000}[^\s_])_(?![\p{L}\p{N}_])/gu },
  { kind: 'command', pattern: /(?<![^\s(])\/[a-z][a-z0-9_-]{0,31}(?=$|[\s.,;:!?)])/gm },
];

/** Parts of a line or of some: `text`, `code`, `link`, `strong`, `em`, `strike`, `command`. */
export function inline(text, depth = 0) {
  const parts = [];
  // Each kind is looked for once from where the last one was found, so a long text takes no longer than it must.
  const found = SPANS.map(() => undefined);
  let at = 0;
  while (at < text.length) {
    const next = firstSpan(text, at, found);
    if (!next) break;
    if (next.match.index > at) parts.push({ kind: 'text', text: text.slice(at, next.match.index) });
    const [part, length] = span(next, depth);
    parts.push(part);
    at = next.match.index + length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}

function firstSpan(text, from, found) {
  let first;
  SPANS.forEach(({ kind, pattern }, index) => {
    if (found[index] === undefined || (found[index] && found[index].index < from)) {
      pattern.lastIndex = from;
      found[index] = pattern.exec(text);
    }
    const match = found[index];
    if (match && (!first || match.index < first.match.index)) first = { kind, match };
  });
  return first;
}

function span({ kind, match }, depth) {
  const [whole, inner, target] = match;
  if (kind === 'code') return [{ kind, text: inner }, whole.length];
  if (kind === 'command') return [{ kind, text: whole }, whole.length];
  if (kind === 'link') {
    const url = trimmed(whole);
    return [safeUrl(url) ? { kind, url, parts: [{ kind: 'text', text: url }] } : { kind: 'text', text: url }, url.length];
  }
  if (kind === 'named') {
    if (!safeUrl(target)) return [{ kind: 'text', text: whole }, whole.length];
    return [{ kind: 'link', url: target, parts: [{ kind: 'text', text: inner }] }, whole.length];
  }
  const parts = depth < 4 ? inline(inner, depth + 1) : [{ kind: 'text', text: inner }];
  return [{ kind, parts }, whole.length];
}

/** Without what ends a sentence rather than an address. */
function trimmed(url) {
  let end = url.length;
  for (;;) {
    const last = url[end - 1];
    const opens = (url.slice(0, end).match(/\(/g) ?? []).length;
    const closes = (url.slice(0, end).match(/\)/g) ?? []).length;
    if ('.,;:!?*_~'.includes(last) || (last === ')' && closes > opens)) end -= 1;
    else return url.slice(0, end);
  }
}

/** Whether a link may lead there: to the web, or to an address of XMPP. */
export function safeUrl(url) {
  try {
    return ['http:', 'https:', 'xmpp:'].includes(new URL(url).protocol) && !/[\u0000-\u0020\u007f]/.test(url);
  } catch {
    return false;
  }
}
