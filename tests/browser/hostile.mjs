// What strangers and bots write is shown as text: nothing runs, nothing is loaded, no link leads where none may lead, and the
// browser has no violation of the content security policy to report.

import { startBot } from './bot.mjs';
import { address, check, clean, look, person, same, withBrowser } from './browser.mjs';

// The text, and what of it is to be read, where that is another.
const TEXTS = [
  ['<script>window.hit=1</script>'],
  ['<img src=x onerror="window.hit=2">'],
  ['<svg onload="window.hit=3"><script>window.hit=4</script></svg>'],
  ['<iframe srcdoc="<script>parent.hit=5</script>"></iframe>'],
  ['<a href="javascript:window.hit=6">here</a>'],
  ['[here](javascript:window.hit=7)'],
  ['[here](JaVaScRiPt:window.hit=8)'],
  ['[here](data:text/html,<script>window.hit=9</script>)'],
  ['[here](vbscript:x) [there](file:///etc/passwd) [more](blob:x)'],
  ['![picture](https://evil.example/x.png)', '!picture'],
  ['[<img src=x onerror=window.hit=10>](https://example.org)', '<img src=x onerror=window.hit=10>'],
  ['[text](https://example.org"onmouseover="window.hit=11)', 'text'],
  ['**<b onclick=window.hit=12>bold</b>**', '<b onclick=window.hit=12>bold</b>'],
  ['`<script>window.hit=13</script>`', '<script>window.hit=13</script>'],
  ['```html\n<script>window.hit=14</script>\n```', '<script>window.hit=14</script>'],
  ['> <script>window.hit=15</script>', '<script>window.hit=15</script>'],
  ['javascript:window.hit=16'],
  ['&lt;script&gt; &#60;script&#62; &amp;'],
  ['${window.hit=17} {{window.hit=18}} <!-- --><?lit$1$>'],
  ['</div></body></html><h1>not ours</h1>'],
  ['<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x.css>'],
  ['\u202eevil\u202c \u0000 \u200b'.replace('\u0000', '')],
  ['*'.repeat(500) + '_'.repeat(500) + '['.repeat(500) + '`'.repeat(499) + '>'.repeat(200)],
  ['[a]('.repeat(300)],
  ['https://example.org/' + '('.repeat(300) + ')'.repeat(301), `https://example.org/${'('.repeat(300)}${')'.repeat(301)}`],
];

const said = [];
const bot = await startBot({ name: 'Mallory', description: '<img src=x onerror=window.hit=20> "\'>', commands: [{ command: 'x', description: '<script>window.hit=21</script>' }] },
  async ({ type, data }, call) => {
    if (type !== 'message') return;
    said.push(data.body);
    if (data.body === '/x') await call('sendMessage', { to: data.from, text: 'Buttons', buttons: [[{ text: '<script>window.hit=22</script>', data: '1' }, { text: 'link', url: 'https://example.org/"><script>' }]] });
    else await call('sendMessage', { to: data.from, text: data.body });
  });

await withBrowser(async browser => {
  const visitor = await person(browser);
  const { page } = visitor;
  await page.goto(`${address}/chat/${bot.ulid}`);
  await page.locator('#nickname').fill('Anna');
  await page.keyboard.press('Enter');
  const writing = page.locator('#text');
  await writing.waitFor();
  let shown = 0;
  for (const [text, read = text] of TEXTS) {
    await writing.fill(text);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    shown += 2;
    await page.waitForFunction(number => document.querySelectorAll('[role=article]:not(.unsent)').length === number, shown);
    for (const at of [shown - 2, shown - 1]) {
      const got = await page.getByRole('article').nth(at).locator('.text').innerText();
      same(got.trim(), read.trim().slice(0, got.length + 1), `what is read of ${text}`);
    }
  }
  await writing.fill('/x');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '<script>window.hit=22</script>' }).waitFor();
  const found = await page.evaluate(() => ({
    hit: window.hit,
    elements: [...document.querySelectorAll('.text *')].map(element => element.localName),
    links: [...document.querySelectorAll('.log a')].map(link => new URL(link.href).protocol),
    handlers: [...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames()).filter(name => name.startsWith('on') || name === 'style' || name === 'srcdoc'),
  }));
  same(found.hit, undefined, 'what ran');
  const allowed = ['p', 'strong', 'em', 's', 'a', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'button'];
  same(found.elements.filter(name => !allowed.includes(name)), [], 'elements in texts');
  same(found.links.filter(protocol => !['http:', 'https:', 'xmpp:'].includes(protocol)), [], 'where links lead');
  same(found.handlers, [], 'attributes');
  await look(visitor, 'hostile');

  // The same after a reload, and in the gallery.
  await page.reload();
  await page.getByRole('article').first().waitFor();
  await page.goto(address);
  await page.getByText('<img src=x onerror=window.hit=20>').waitFor();
  same(await page.evaluate(() => window.hit), undefined, 'what ran');
  clean(visitor);
});
check(said.length > 20, 'the bot heard all');
await bot.stop();
