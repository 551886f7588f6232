// node-telegram-bot-api as it was before version 2, which most bots still use: events, and one method per call.
process.env.NTBA_FIX_350 = '1'
const TelegramBot = require('node-telegram-bot-api-v1')

const bot = new TelegramBot(process.env.TOKEN, { polling: true, baseApiUrl: process.env.API })

bot.onText(/\/echo (.+)/, (msg, match) => bot.sendMessage(msg.chat.id, match[1]))
bot.onText(/\/love/, (msg) => bot.sendMessage(msg.chat.id, 'Do you love me?', {
  reply_to_message_id: msg.message_id,
  reply_markup: JSON.stringify({ inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }, { text: 'No', callback_data: 'no' }]] }),
}))
bot.onText(/\/file/, (msg) => bot.sendDocument(msg.chat.id, Buffer.from('words'), { caption: 'Here' }, { filename: 'words.txt', contentType: 'text/plain' }))
bot.on('callback_query', async (query) => {
  await bot.answerCallbackQuery(query.id)
  await bot.editMessageText(`Love: ${query.data}`, { chat_id: query.message.chat.id, message_id: query.message.message_id })
})
bot.on('message', (msg) => {
  if (msg.text && !msg.text.startsWith('/')) bot.sendMessage(msg.chat.id, 'Received your message')
})
bot.on('polling_error', (error) => console.error(error.message))
