// Every page of the panel, in both languages, both schemes and both sizes: a picture of each, and nothing that axe-core calls
// serious.
import { DESKTOP, PHONE, address, api, clean, look, person, withBrowser } from './browser.mjs';

export const PAGES = ['', 'new', 'accounts', 'health', 'audit', 'ejabberd', 'server', 'bot/ID', 'bot/ID/commands',
  'bot/ID/access', 'bot/ID/webhook', 'bot/ID/ai', 'bot/ID/telegram', 'bot/ID/keys', 'bot/ID/rooms', 'bot/ID/live', 'bot/ID/try', 'bot/ID/examples'];

async function some() {
  const bot = await api('POST', '/bot/create', { name: 'Weather', account: 'owner@local' });
  await api('POST', '/bot/profile', { id: bot.id, description: 'Tells the weather' });
  await api('POST', '/bot/setCommands', { commands: [{ command: 'today', description: 'How it is today' }, { command: 'week', description: 'How it gets' }] }, bot.token);
  await api('POST', '/bot/tokens/create', { id: bot.id, scopes: ['send'], label: 'sensor', expires_in: 86400 });
  await api('POST', '/bot/ai/setup', { provider: 'ollama', model: 'llama3', api_key: '-' }, bot.token);
  await api('POST', '/local/say', { to: String(bot.id), text: 'How is the weather?' });
  await api('POST', '/bot/setWebhook', { url: 'http://127.0.0.1:9/hook' }, bot.token);
  await api('POST', '/bot/create', { name: 'Doorbell', account: 'owner@local' });
  return bot.id;
}

const id = await some();
await withBrowser(async browser => {
  const all = [['en', 'light', PHONE], ['de', 'dark', DESKTOP], ['en', 'dark', PHONE], ['de', 'light', DESKTOP], ['de', 'light', PHONE], ['en', 'light', DESKTOP]];
  for (const [language, scheme, size] of all) {
    const owner = await person(browser, { language, scheme, size });
    await owner.page.goto(`${address}/panel`);
    for (const path of PAGES) {
      await owner.page.goto(`${address}/panel#/${path.replace('ID', id)}`);
      await owner.page.locator('main h1').first().waitFor();
      await owner.page.locator('main .spinner').waitFor({ state: 'detached' });
      await look(owner, `panel-${path.replace('bot/ID', 'bot').replaceAll('/', '-') || 'bots'}`);
    }
    clean(owner);
    await owner.context.close();
  }
});
