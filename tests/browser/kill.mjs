// The daemon is killed while somebody chats, and answers are lost on their way: the page comes back by itself, and everything
// is there once.

import { startBot } from './bot.mjs';
import { address, check, clean, daemon, look, person, same, withBrowser } from './browser.mjs';

let from;
const heard = [];
const bot = await startBot({ name: 'Clock' }, async ({ update_id: id, type, data }, call) => {
  if (type !== 'message') return;
  from = data.from;
  heard.push(`${id} ${data.body}`);
  await call('sendMessage', { to: data.from, text: `Heard: ${data.body}` });
});
const texts = page => page.getByRole('article').locator('.text').allInnerTexts();

await withBrowser(async browser => {
  const visitor = await person(browser);
  const { page } = visitor;
  // While there is nobody, a browser says so in its console.
  visitor.expected.push(/ERR_(CONNECTION|EMPTY|INCOMPLETE|FAILED|SOCKET|NETWORK|INTERNET)/);
  await page.goto(`${address}/chat/${bot.ulid}`);
  await page.locator('#nickname').fill('Anna');
  await page.keyboard.press('Enter');
  const writing = page.locator('#text');
  const say = async text => {
    await writing.fill(text);
    await page.keyboard.press('Enter');
  };
  await writing.waitFor();
  await say('one');
  await page.getByText('Heard: one').waitFor();

  // The answer to a request is lost: nobody knows whether it was heard, and a second try says it once.
  await page.route('**/chat/message', async route => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await say('two');
  await page.getByText('Not sent.').waitFor();
  await look(visitor, 'not-sent');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Heard: two').waitFor();
  await page.getByText('Not sent.').waitFor({ state: 'detached' });
  same(await texts(page), ['one', 'Heard: one', 'two', 'Heard: two'], 'after a lost answer');

  await daemon('kill');
  await page.getByText('Reconnecting').waitFor();
  await say('three');
  await page.getByText('Not sent.').waitFor();
  await look(visitor, 'cut');
  await daemon('start');
  // By itself, and what waited is sent.
  await page.getByText('Heard: three').waitFor({ timeout: 30_000 });
  await page.getByText('Reconnecting').waitFor({ state: 'detached' });
  same(await texts(page), ['one', 'Heard: one', 'two', 'Heard: two', 'three', 'Heard: three'], 'after a kill');

  // What is said while a browser has no line, and what is changed and taken back meanwhile.
  const gone = (await bot.call('sendMessage', { to: from, text: 'gone soon' })).result.message_id;
  const old = (await bot.call('sendMessage', { to: from, text: 'old' })).result.message_id;
  await page.getByText('gone soon').waitFor();
  await visitor.context.setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await daemon('kill');
  await page.getByText('Reconnecting').waitFor();
  await daemon('start');
  await bot.call('editMessage', { to: from, message_id: old, text: 'new' });
  await bot.call('deleteMessage', { to: from, message_id: gone });
  for (let number = 1; number <= 30; number += 1) await bot.call('sendMessage', { to: from, text: `missed ${number}` });
  await visitor.context.setOffline(false);
  await page.getByText('missed 30').waitFor({ timeout: 30_000 });
  const wanted = ['one', 'Heard: one', 'two', 'Heard: two', 'three', 'Heard: three', 'new', ...Array.from({ length: 30 }, (_, at) => `missed ${at + 1}`)];
  same((await texts(page)).slice(-31), wanted.slice(-31), 'what was missed');
  await page.reload();
  await page.getByText('missed 30').waitFor();
  while (await page.getByRole('button', { name: 'Load older messages' }).count()) {
    const before = await page.getByRole('article').count();
    await page.getByRole('button', { name: 'Load older messages' }).click();
    await page.waitForFunction(number => document.querySelectorAll('[role=article]').length > number, before);
  }
  same(await texts(page), wanted, 'after a reload');
  clean(visitor);
});
// What the bot's program was told, too: each once, even those that came twice.
same(heard.map(text => text.split(' ')[1]).filter((text, at, all) => all.indexOf(text) === at), ['one', 'two', 'three'], 'what the bot heard');
check(new Set(heard).size === 3, heard.join());
await bot.stop();
process.exit(0);
