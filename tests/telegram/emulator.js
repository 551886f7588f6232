// telegram-test-api (npm), somebody else's idea of Telegram, on a port of 127.0.0.1.
const TelegramServer = require('telegram-test-api')

new TelegramServer({ port: Number(process.argv[2]), host: '127.0.0.1', storeTimeout: 3600 }).start()
