// telegraf: commands, hears, buttons, and what it says back.
const { Telegraf, Markup } = require('telegraf')
const { message } = require('telegraf/filters')

const bot = new Telegraf(process.env.TOKEN, { telegram: { apiRoot: process.env.API } })

bot.start((ctx) => ctx.reply('Welcome'))
bot.help((ctx) => ctx.replyWithHTML('Send me a <b>word</b>'))
bot.hears(/^hi\b/i, (ctx) => ctx.reply('Hey there'))
bot.command('choose', (ctx) =>
  ctx.reply('Tea or coffee?', Markup.inlineKeyboard([Markup.button.callback('Tea', 'tea'), Markup.button.callback('Coffee', 'coffee')])))
bot.action(['tea', 'coffee'], async (ctx) => {
  await ctx.answerCbQuery('On its way')
  await ctx.editMessageText(`One ${ctx.match[0]}`)
})
bot.command('quit', (ctx) => ctx.replyWithDocument({ source: Buffer.from('bye'), filename: 'bye.txt' }))
bot.on(message('text'), (ctx) => ctx.reply(ctx.message.text, { reply_parameters: { message_id: ctx.message.message_id } }))

bot.launch()
process.once('SIGTERM', () => bot.stop('SIGTERM'))
