// A real Chromium for the tests of pages: opens them as a phone or a desktop would, and keeps account of everything that must
// not be there: errors in the console, reports of the content security policy, requests to elsewhere.
//
// A script here is run with the address of a daemon and a folder for its pictures: `node tests/browser/chat.mjs
// http://127.0.0.1:7842 /tmp/pictures`. tests/setup installs what it needs.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = new URL('../..', import.meta.url).pathname;
const modules = resolve(here, process.env.BOTMOTHER_TEST_BROWSER_NPM ?? 'target/test-browser-npm');
const require = createRequire(join(modules, 'x.js'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const address = process.argv[2]?.replace(/\/$/, '');
export const pictures = process.argv[3] ?? join(tmpdir(), 'botmother-pictures');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server'];

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };

/** Starts a browser with a profile of its own for `work`, and ends it. */
export async function withBrowser(work) {
  const folder = mkdtempSync(join(tmpdir(), 'botmother-browser-'));
  const executablePath = process.env.BOTMOTHER_TEST_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS, downloadsPath: folder });
  try {
    await work(browser);
  } catch (error) {
    mkdirSync(pictures, { recursive: true });
    const pages = browser.contexts().flatMap(context => context.pages());
    await Promise.all(pages.map((page, at) => page.screenshot({ path: join(pictures, `failed-${at}.png`) }).catch(() => {})));
    throw error;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A person with a browser: cookies of his own, one page. `faults` is what went wrong in it so far. */
export async function person(browser, { size = PHONE, language = 'en', scheme = 'light', ...more } = {}) {
  const context = await browser.newContext({
    viewport: size, locale: language === 'de' ? 'de-DE' : 'en-GB', colorScheme: scheme, reducedMotion: 'reduce', ...more,
  });
  context.setDefaultTimeout(15_000);
  const faults = [];
  await context.exposeBinding('reportToTest', (_, fault) => faults.push(fault));
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation', event =>
    window.reportToTest(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`)));
  const page = await context.newPage();
  // Expected ones are named by a test with `expected`.
  const expected = [];
  const isExpected = text => expected.some(pattern => pattern.test(text));
  page.on('console', message => {
    const text = `${message.text()} ${message.location().url}`;
    if (['error', 'warning'].includes(message.type()) && !isExpected(text)) faults.push(`console: ${text}`);
  });
  page.on('pageerror', error => faults.push(`error: ${error.stack ?? error}`));
  page.on('request', request => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address)) faults.push(`elsewhere: ${request.url()}`);
  });
  return { context, page, faults, expected, language, scheme, size };
}

/** What axe-core finds that is serious or critical. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, impact, nodes }) => `axe: ${impact} ${id}: ${nodes.map(node => `${node.target} (${node.failureSummary})`).join('; ')}`);
}

/** Takes a picture and runs axe-core in both colour schemes, and looks whether the page is wider than the window. */
export async function look({ page, faults, language, scheme, size }, name) {
  mkdirSync(pictures, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(pictures, `${name}-${size.width}-${language}-${colorScheme}.png`) });
    faults.push(...(await axe(page)).map(fault => `${name}, ${language}, ${colorScheme}: ${fault}`));
  }
  await page.emulateMedia({ colorScheme: scheme });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) faults.push(`${name}: the page is ${wide} pixels wider than the window`);
}

/** Presses Tab, or Shift+Tab, until this has the focus: what cannot be reached so is not there for the keyboard. */
export async function tabTo(page, target, key = 'Tab') {
  for (let steps = 0; steps < 60; steps += 1) {
    if (await target.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not reach ${target}`);
}

export function check(isTrue, what) {
  if (!isTrue) throw new Error(what);
}

export const same = (got, wanted, what = 'value') =>
  check(JSON.stringify(got) === JSON.stringify(wanted), `${what}: ${JSON.stringify(got)} in the place of ${JSON.stringify(wanted)}`);

/** Nothing may have gone wrong on the way. */
export const clean = ({ faults }) => check(!faults.length, `faults:\n${faults.join('\n')}`);

/** A request of an owner's program to the daemon. */
export async function api(method, path, body, token, signal) {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(address + path, { method, headers, body: body && JSON.stringify(body), signal });
  const text = await answer.text();
  check(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Has the test that runs this script do something with the daemon: `kill`, `start`. */
export async function daemon(order) {
  process.stdout.write(`@${order}\n`);
  process.stdin.resume();
  await new Promise(done => process.stdin.once('data', done));
  process.stdin.pause();
}

export const sleep = ms => new Promise(done => setTimeout(done, ms));
