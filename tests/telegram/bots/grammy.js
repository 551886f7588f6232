// grammY: a session that counts, a menu of buttons, edits and reactions.
const { Bot, InlineKeyboard, session } = require('grammy')

const bot = new Bot(process.env.TOKEN, { client: { apiRoot: process.env.API } })

bot.use(session({ initial: () => ({ count: 0 }) }))
bot.command('start', (ctx) => ctx.reply('Welcome! Up and running.'))
bot.command('count', (ctx) => ctx.reply(`*${++ctx.session.count}* times`, { parse_mode: 'MarkdownV2' }))
bot.command('menu', (ctx) => ctx.reply('Pick', { reply_markup: new InlineKeyboard().text('Red', 'c:red').text('Blue', 'c:blue').row().url('Docs', 'https://example.org/') }))
bot.callbackQuery(/^c:(.+)$/, async (ctx) => {
  await ctx.answerCallbackQuery({ text: 'Good choice' })
  await ctx.editMessageText(`You picked ${ctx.match[1]}`)
})
bot.on('edited_message:text', (ctx) => ctx.reply(`Now it is ${ctx.editedMessage.text}`))
bot.on('message:text', async (ctx) => {
  await ctx.react('👍')
  await ctx.reply(`Echo: ${ctx.msg.text}`)
})
bot.catch((error) => console.error('in a handler:', error.message))
bot.start()
process.once('SIGTERM', () => bot.stop())
