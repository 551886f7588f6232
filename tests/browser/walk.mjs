// A whole visit with the keyboard alone, first on a phone in English, then on a desktop in German: gallery, nickname, chat,
// commands, buttons, older messages, several chats. Every page is looked at, by axe-core and in pictures.

import { startBot } from './bot.mjs';
import { DESKTOP, PHONE, address, check, clean, look, person, same, tabTo, withBrowser } from './browser.mjs';

const commands = [
  { command: 'weather', description: 'Tells the weather' },
  { command: 'umbrella', description: 'Says whether you need one' },
  { command: 'many', description: 'Says a lot' },
];

const MENU = [[{ text: 'Today', data: 'today' }, { text: 'Tomorrow', data: 'tomorrow' }], [{ text: 'Map', url: 'https://example.org/map' }]];

async function hears({ type, data }, call) {
  const say = (text, more = {}) => call('sendMessage', { to: data.from, text, ...more });
  if (type === 'callback_query') {
    await call('answerCallbackQuery', { callback_id: data.id });
    return call('editMessage', { to: data.from, message_id: data.message_id, text: `It rains ${data.data}.` });
  }
  if (type !== 'message') return undefined;
  if (data.body === '/weather') return say('For which day?', { buttons: MENU });
  if (data.body === '/many') {
    for (let number = 1; number <= 30; number += 1) await say(`Line ${number}`);
    return undefined;
  }
  if (data.body === '/umbrella') {
    await call('sendChatAction', { to: data.from, action: 'typing' });
    return new Promise(done => setTimeout(done, 1500)).then(() => say('**Yes**, take one:\n\n- it rains\n- see https://example.org/rain\n\nOr `/weather` for more, /weather that is.'));
  }
  await say(`You said: ${data.body}`);
  return call('sendReaction', { to: data.from, message_id: data.stanza_id, reaction: '👍' });
}

const TEXTS = {
  en: { name: 'Start chatting', begin: 'Hello there', older: 'Load older messages', chats: 'Chats', fresh: 'New chat', remove: /^Delete Chat/, yes: 'Delete', back: 'All bots', you: 'You', typing: 'is typing' },
  de: { name: 'Chat beginnen', begin: 'Guten Tag', older: 'Ältere Nachrichten laden', chats: 'Chats', fresh: 'Neuer Chat', remove: /^Chat .* löschen$/, yes: 'Löschen', back: 'Alle Bots', you: 'Du', typing: 'schreibt' },
};

async function visit(browser, language, size) {
  const visitor = await person(browser, { language, size });
  const { page } = visitor;
  const { keyboard } = page;
  const words = TEXTS[language];
  const message = text => page.getByRole('article').filter({ hasText: text });
  const button = name => page.getByRole('button', { name });
  const writing = page.locator('#text');

  await page.goto(address);
  const card = page.getByRole('link', { name: 'Weather' });
  await card.waitFor();
  await look(visitor, '1-gallery');
  await tabTo(page, card);
  await keyboard.press('Enter');

  const nickname = page.locator('#nickname');
  await nickname.waitFor();
  await tabTo(page, nickname);
  await keyboard.type('A');
  await keyboard.press('Enter');
  await page.locator('#nickname[aria-invalid=true]').waitFor();
  await look(visitor, '2-nickname');
  await keyboard.type('nna');
  await keyboard.press('Enter');

  await page.getByRole('log').waitFor();
  await page.getByRole('heading', { level: 2, name: 'Weather' }).waitFor();
  await look(visitor, '3-empty');
  await tabTo(page, writing);
  await keyboard.type(words.begin);
  await keyboard.press('Shift+Enter');
  await keyboard.type('**you** <b>');
  await keyboard.press('Enter');
  await message(`You said: ${words.begin}`).waitFor();
  const own = page.getByRole('article', { name: words.you, exact: true }).first();
  same(await own.locator('strong').innerText(), 'you', 'bold in our own message');
  check((await own.innerText()).includes('<b>'), 'HTML is text');
  await page.getByText('👍').waitFor();

  // Commands: typed, chosen with the arrows, sent.
  await keyboard.type('/');
  await page.getByRole('option').nth(2).waitFor();
  await keyboard.press('ArrowDown');
  await look(visitor, '4-commands');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await page.getByText(words.typing).waitFor();
  await message('take one').waitFor();
  check(await page.getByText(words.typing).isHidden(), 'who has answered types no longer');
  const link = page.getByRole('link', { name: 'https://example.org/rain' });
  same(await link.getAttribute('rel'), 'noopener noreferrer', 'rel of a link');

  // A command in a message, and buttons.
  const command = page.getByRole('article').getByRole('button', { name: '/weather' });
  await tabTo(page, command, 'Shift+Tab');
  await keyboard.press('Enter');
  await button('Tomorrow').waitFor();
  await look(visitor, '5-buttons');
  await tabTo(page, button('Tomorrow'));
  await keyboard.press('Enter');
  await message('It rains tomorrow.').waitFor();
  check(await button('Tomorrow').isHidden(), 'buttons go with the edit');

  // More than a page, and the place is kept while older ones come.
  await tabTo(page, writing);
  await keyboard.type('/many');
  await keyboard.press('Escape');
  await keyboard.press('Enter');
  await message('Line 30').waitFor();
  await page.reload();
  await message('Line 30').waitFor();
  check(await message('Line 30').isVisible() && await page.getByRole('log').evaluate(log => log.scrollHeight - log.scrollTop - log.clientHeight < 5), 'the end is in view');
  same(await page.getByRole('article').count(), 20, 'messages of the first page');
  await tabTo(page, button(words.older), 'Shift+Tab');
  const place = () => message('Line 11').evaluate(element => Math.round(element.getBoundingClientRect().top));
  const before = await place();
  await keyboard.press('Enter');
  await message('Line 1').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[role=article]').length > 30);
  check(Math.abs((await place()) - before) < 3, `what was read has moved from ${before} to ${await place()}`);
  await look(visitor, '6-older');

  // Another chat, and away with it.
  const isPhone = size.width < 960;
  const list = isPhone ? page.getByRole('dialog') : page.getByRole('complementary');
  const showList = async () => {
    if (!isPhone) return;
    await tabTo(page, button(words.chats), 'Shift+Tab');
    await keyboard.press('Enter');
    await list.waitFor();
  };
  await showList();
  await look(visitor, '7-chats');
  await tabTo(page, list.getByRole('button', { name: words.fresh }), isPhone ? 'Tab' : 'Shift+Tab');
  await keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('[role=article]').length === 0);
  await page.getByRole('heading', { level: 2, name: 'Weather' }).waitFor();
  await showList();
  same(await list.getByRole('link').count(), 2, 'chats');
  const remove = list.getByRole('listitem').filter({ has: page.locator('[aria-current]') }).getByRole('button', { name: words.remove });
  await tabTo(page, remove, isPhone ? 'Tab' : 'Shift+Tab');
  await keyboard.press('Enter');
  const question = page.getByRole('dialog');
  await question.getByRole('button', { name: words.yes }).waitFor();
  await look(visitor, '8-delete');
  await tabTo(page, question.getByRole('button', { name: words.yes }));
  await keyboard.press('Enter');
  await message('Line 30').waitFor();

  await tabTo(page, page.getByRole('link', { name: words.back }), 'Shift+Tab');
  await keyboard.press('Enter');
  await card.waitFor();
  check(page.url() === `${address}/`, page.url());
  await look(visitor, '9-known');
  clean(visitor);
  await visitor.context.close();
}

const bot = await startBot({ name: 'Weather', description: 'Tells the weather of the next days, and whether you need an umbrella', commands }, hears);
await withBrowser(async browser => {
  await visit(browser, 'en', PHONE);
  await visit(browser, 'de', DESKTOP);
});
await bot.stop();
