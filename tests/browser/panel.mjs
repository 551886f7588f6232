// A whole walk through the panel: a bot is made, gets commands, its token is copied and used by a program, it is talked to,
// watched, and deleted.
import { DESKTOP, address, api, check, clean, person, same, withBrowser } from './browser.mjs';

/** A program with the token: it answers each message once. */
async function program(token, count) {
  let offset = 0;
  for (let answered = 0; answered < count;) {
    const { result } = await api('GET', `/bot/getUpdates?timeout=20&offset=${offset}`, undefined, token);
    for (const update of result) {
      offset = update.update_id + 1;
      await api('POST', '/bot/sendMessage', { to: update.data.from, text: `You said: ${update.data.body}` }, token);
      answered++;
    }
  }
  await api('GET', `/bot/getUpdates?offset=${offset}`, undefined, token);
}

const named = (page, name) => page.getByRole('link', { name, exact: true });

await withBrowser(async browser => {
  const owner = await person(browser, { size: DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = owner;
  await page.goto(`${address}/panel`);
  await named(page, 'New bot').click();
  await page.getByRole('heading', { name: 'New bot' }).waitFor();

  // What the API has against a value stands at its field.
  owner.expected.push(/status of 400/);
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.fill('7');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  same(await name.getAttribute('aria-invalid'), 'true');
  check((await page.locator('#new-name-error').innerText()).includes('name'), 'the error says which value');
  check(await name.evaluate(field => field === document.activeElement), 'the wrong field has the focus');
  await name.fill('Weather');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('heading', { level: 1, name: 'Weather' }).waitFor();

  await named(page, 'Commands').click();
  for (const [at, command, about] of [[1, '/today', 'How it is today'], [2, 'week', 'How it gets']]) {
    await page.getByRole('button', { name: 'Add a command' }).click();
    await page.getByRole('textbox', { name: `Command ${at}` }).fill(command);
    await page.getByRole('textbox', { name: `Description ${at}` }).fill(about);
  }
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();

  await named(page, 'General').click();
  await page.getByRole('button', { name: 'Copy the token' }).click();
  await page.getByText('Copied.').waitFor();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  check(/^bm_/.test(token), 'the token was copied');
  same((await api('GET', '/bot/getMe', undefined, token)).name, 'Weather');
  same((await api('GET', '/bot/getCommands', undefined, token)).result.map(row => row.command), ['today', 'week']);
  await page.getByRole('switch', { name: /^Listed/ }).click();
  await page.getByRole('switch', { name: /^Listed/, checked: true }).waitFor();
  same((await api('GET', '/v1/client-api/bots')).map(bot => bot.name), ['Weather']);

  // A second window watches while the first one talks.
  const watcher = await person(browser, { size: DESKTOP });
  await watcher.page.goto(`${address}/panel#/bot/1/live`);
  await watcher.page.getByText('watching').waitFor();
  const running = program(token, 2);
  await named(page, 'Try it').click();
  const log = page.getByRole('log');
  for (const text of ['Will it <b>rain</b>?', 'And <script>alert(1)</script> tomorrow?']) {
    await page.getByLabel('Message').fill(text);
    await page.getByLabel('Message').press('Enter');
    await log.getByText(`You said: ${text}`).waitFor();
    same(await page.getByLabel('Message').inputValue(), '', 'the field after sending');
    await watcher.page.getByRole('log').getByText(`You said: ${text}`).waitFor();
  }
  await running;
  const seen = await watcher.page.getByRole('log').innerText();
  for (const part of ['received', 'said', 'owner@local', 'polled']) check(seen.includes(part), `the live view tells of ${part}: ${seen}`);
  clean(watcher);

  // Esc, and the button that has the focus, leave the bot alone.
  await named(page, 'General').click();
  const remove = page.getByRole('button', { name: 'Delete this bot' });
  for (const key of ['Escape', 'Enter']) {
    await remove.click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press(key);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  same((await api('GET', '/bot/list')).bots.length, 1);
  await remove.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('There is no bot yet.').waitFor();
  same((await api('GET', '/bot/list')).bots.length, 0);
  clean(owner);
});
