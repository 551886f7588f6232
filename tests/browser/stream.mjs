// An answer of an AI grows before the reader's eyes, is one message at its end, and stays so after a reload.

import http from 'node:http';

import { startBot } from './bot.mjs';
import { address, check, clean, look, person, same, sleep, withBrowser } from './browser.mjs';

// Speaks as OpenAI's servers do, and goes on until it is let go.
let isEnough = false;
const service = http.createServer(async (request, answer) => {
  for await (const chunk of request) void chunk;
  answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const piece = content => answer.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
  piece('It will **rain**');
  while (!isEnough) {
    await sleep(100);
    piece(' and rain');
  }
  piece(' all day.');
  answer.end('data: [DONE]\n\n');
});
await new Promise(ready => service.listen(0, '127.0.0.1', ready));

const bot = await startBot({ name: 'Weather' }, () => {});
await bot.call('ai/setup', { provider: 'openai', model: 'm', api_key: 'k', endpoint: `http://127.0.0.1:${service.address().port}/v1`, stream: true });
await withBrowser(async browser => {
  const visitor = await person(browser);
  const { page } = visitor;
  await page.goto(`${address}/chat/${bot.ulid}`);
  await page.locator('#nickname').fill('Anna');
  await page.keyboard.press('Enter');
  await page.locator('#text').waitFor();
  await page.locator('#text').fill('How will it be?');
  await page.keyboard.press('Enter');
  const growing = page.locator('[aria-busy=true]');
  await growing.locator('strong', { hasText: 'rain' }).waitFor();
  await look(visitor, 'growing');
  isEnough = true;
  await growing.waitFor({ state: 'detached' });
  const texts = () => page.getByRole('article').locator('.text').allInnerTexts();
  const whole = await texts();
  check(whole.length === 2 && /^It will rain and .* all day\.$/.test(whole[1]), whole.join('\n'));
  await page.reload();
  await page.getByText('all day').waitFor();
  same(await texts(), whole, 'after a reload');
  clean(visitor);
});
await bot.stop();
service.closeAllConnections();
service.close();
