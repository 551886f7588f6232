// The chat page comes up, in both languages and both schemes.
import { DESKTOP, PHONE, address, clean, look, person, withBrowser } from './browser.mjs';

await withBrowser(async browser => {
  for (const [language, scheme, size] of [['en', 'light', PHONE], ['de', 'dark', DESKTOP]]) {
    const visitor = await person(browser, { language, scheme, size });
    await visitor.page.goto(address);
    await visitor.page.getByRole('heading', { level: 1 }).waitFor();
    await look(visitor, 'first');
    clean(visitor);
  }
});
