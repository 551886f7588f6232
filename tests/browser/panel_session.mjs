// Signing in where management needs it; and what pages of others, and requests without the header, can do: nothing.
import http from 'node:http';
import { PHONE, address, check, clean, look, person, same, sleep, withBrowser } from './browser.mjs';

const admin = process.argv[4];
const name = 'botmother_panel';

/** Another site on this machine: to the browser the same site, so that it sends cookies along. */
const others = http.createServer((request, answer) => answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Prizes</h1>'));
await new Promise(ready => others.listen(0, '127.0.0.1', ready));
const elsewhere = `http://127.0.0.1:${others.address().port}/`;

const bots = async () => (await (await fetch(`${address}/bot/list`, { headers: { Authorization: `Bearer ${admin}` } })).json()).bots.length;

/** A request of our own making with the session's cookie. */
const raw = (cookie, path, init = {}) => fetch(address + path, { ...init, headers: { Cookie: `${name}=${cookie}`, ...init.headers } });
const making = { method: 'POST', body: JSON.stringify({ name: 'Evil', account: 'owner@local' }) };

await withBrowser(async browser => {
  for (const [language, scheme] of [['en', 'light'], ['de', 'dark']]) {
    const visitor = await person(browser, { language, scheme });
    await visitor.page.goto(`${address}/panel#/accounts`);
    await visitor.page.locator('h1').waitFor();
    await look(visitor, 'panel-sign-in');
    clean(visitor);
  }
  const owner = await person(browser, { size: PHONE });
  const { page, context } = owner;
  owner.expected.push(/status of 40[01]/);
  await page.goto(`${address}/panel#/accounts`);
  await page.getByLabel('Token').fill('bma_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('neither the admin token').waitFor();
  await page.getByLabel('Token').fill(admin);
  await page.getByLabel('Token').press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();

  const cookie = (await context.cookies()).find(cookie => cookie.name === name);
  same([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/']);
  check(!(await page.evaluate(() => document.cookie)).includes(name), 'no script reads the cookie');
  check(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes('bma_'), 'no token is kept');

  const json = { 'Content-Type': 'application/json' };
  same((await raw(cookie.value, '/bot/list')).status, 401, 'a cookie alone');
  same((await raw(cookie.value, '/bot/create', { ...making, headers: json })).status, 401, 'a cookie alone, changing something');
  same((await raw(cookie.value, '/bot/create', { ...making, headers: { ...json, 'X-Panel': '1', Origin: 'http://evil.example' } })).status, 401, 'from elsewhere');
  same((await raw(cookie.value, '/bot/create', { ...making, headers: { ...json, 'X-Panel': '1', Origin: 'null' } })).status, 401, 'from a sandbox');
  same((await raw('x', '/bot/list', { headers: { 'X-Panel': '1' } })).status, 401, 'another cookie');
  same((await raw(cookie.value, '/bot/list', { headers: { 'X-Panel': '1' } })).status, 200, 'as the page asks');

  // The foreign page in the same browser tries all that a page may send.
  const foreign = await context.newPage();
  await foreign.goto(elsewhere);
  await foreign.evaluate(async ([address, body]) => {
    const ways = [
      { mode: 'no-cors', credentials: 'include', method: 'POST', body, headers: { 'Content-Type': 'text/plain' } },
      { credentials: 'include', method: 'POST', body, headers: { 'Content-Type': 'application/json' } },
      { credentials: 'include', method: 'POST', body, headers: { 'Content-Type': 'application/json', 'X-Panel': '1' } },
    ];
    for (const way of ways) await fetch(`${address}/bot/create`, way).catch(() => {});
    await fetch(`${address}/panel/session`, { credentials: 'include', method: 'DELETE' }).catch(() => {});
    const frame = Object.assign(document.createElement('iframe'), { name: 'hidden' });
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: `${address}/bot/create`, target: 'hidden', enctype: 'text/plain' });
    form.append(Object.assign(document.createElement('input'), { name: body.slice(0, -1) + ',"x":"', value: '"}' }));
    document.body.append(frame, form);
    form.submit();
    const framed = Object.assign(document.createElement('iframe'), { src: `${address}/panel` });
    document.body.append(framed);
  }, [address, making.body]);
  await sleep(1000);
  same(await bots(), 0, 'bots that were made by others');
  const panels = foreign.frames().filter(frame => frame.url().startsWith(`${address}/panel`));
  check(panels.length === 0, 'the panel is shown in no frame of others');
  await foreign.close();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token').waitFor();
  same((await raw(cookie.value, '/bot/list', { headers: { 'X-Panel': '1' } })).status, 401, 'after signing out');
  clean(owner);
});
others.close();
