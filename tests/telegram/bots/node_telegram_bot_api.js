// node-telegram-bot-api 2: middleware, patterns, a keyboard and its presses.
const { Bot, InlineKeyboardBuilder } = require('node-telegram-bot-api')

const bot = new Bot(process.env.TOKEN, { apiRoot: process.env.API })

bot.hears(/^\/echo (.+)/, (ctx) => ctx.reply(ctx.match[1]))
bot.command('love', (ctx) => ctx.reply('Do you love me?', {
  reply_parameters: { message_id: ctx.message.message_id },
  reply_markup: new InlineKeyboardBuilder().text('Yes', 'yes').text('No', 'no').build(),
}))
bot.on('callback_query', async (ctx) => {
  const { message, data } = ctx.callbackQuery
  await ctx.answerCallbackQuery({ text: 'Oh dear' })
  await ctx.api.editMessageText({ chat_id: message.chat.id, message_id: message.message_id, text: `Love: ${data}` })
})
bot.on('message', (ctx) => ctx.reply('Received your message'))
bot.catch((error) => console.error('in a handler:', error))
bot.startPolling()
