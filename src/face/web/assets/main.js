// The chat page: shows what the address says.

import { html, render } from '../page/lit.js';
import { t, useTexts } from '../page/i18n.js';
import { avatar } from '../page/ui.js';

await useTexts({ en: () => import('./en.js'), de: () => import('./de.js') });
const answer = await fetch('/v1/client-api/bots');
const bots = await answer.json();
render(html`<main class="page"><h1>${t('bots')}</h1>
  ${bots.map(bot => html`<div class="card row">${avatar(bot.name, bot.avatar)}<h2>${bot.name}</h2></div>`)}</main>`,
document.getElementById('app'));
