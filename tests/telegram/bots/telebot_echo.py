"""pyTelegramBotAPI: handlers by decorators, buttons, the next step."""

import os

import telebot
from telebot import apihelper, types

apihelper.API_URL = os.environ["API"] + "/bot{0}/{1}"
apihelper.FILE_URL = os.environ["API"] + "/file/bot{0}/{1}"
bot = telebot.TeleBot(os.environ["TOKEN"], parse_mode=None)


@bot.message_handler(commands=["start", "help"])
def send_welcome(message):
    bot.reply_to(message, "Hi there, I am EchoBot.")


@bot.message_handler(commands=["ask"])
def ask(message):
    markup = types.InlineKeyboardMarkup()
    markup.row(types.InlineKeyboardButton("Yes", callback_data="cb_yes"), types.InlineKeyboardButton("No", callback_data="cb_no"))
    bot.send_message(message.chat.id, "Yes or no?", reply_markup=markup)


@bot.callback_query_handler(func=lambda call: True)
def callback_query(call):
    bot.answer_callback_query(call.id, "Answer is " + call.data)
    bot.send_message(call.message.chat.id, "You said " + call.data)


@bot.message_handler(commands=["name"])
def name(message):
    bot.register_next_step_handler(bot.reply_to(message, "What is your name?"), lambda answer: bot.reply_to(answer, f"So {answer.text} it is"))


@bot.message_handler(func=lambda message: True)
def echo_message(message):
    bot.reply_to(message, message.text)


bot.infinity_polling(timeout=20, long_polling_timeout=10)
