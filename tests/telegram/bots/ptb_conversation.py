"""python-telegram-bot: a conversation with states, a reply keyboard, and steps that may be skipped."""

import os

from telegram import ReplyKeyboardMarkup, ReplyKeyboardRemove, Update
from telegram.ext import Application, CommandHandler, ContextTypes, ConversationHandler, MessageHandler, filters

MEAL, PHOTO, PLACE, WORDS = range(4)


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    keyboard = ReplyKeyboardMarkup([["Soup", "Bread", "Other"]], one_time_keyboard=True, input_field_placeholder="Soup or bread?")
    await update.message.reply_text("What do you eat? Send /cancel to stop.", reply_markup=keyboard)
    return MEAL


async def meal(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    context.user_data["meal"] = update.message.text
    await update.message.reply_text("Send me a photo of it, or /skip.", reply_markup=ReplyKeyboardRemove())
    return PHOTO


async def photo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    file = await update.message.photo[-1].get_file()
    data = await file.download_as_bytearray()
    context.user_data["photo"] = len(data)
    await update.message.reply_text(f"A photo of {len(data)} bytes. Where are you? Or /skip.")
    return PLACE


async def skip_photo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_text("No photo then. Where are you? Or /skip.")
    return PLACE


async def skip_place(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_text("You trust nobody. Say a word about yourself.")
    return WORDS


async def words(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_text(f"{context.user_data['meal']}; {update.message.text}. Thank you!")
    return ConversationHandler.END


async def cancel(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_text("Bye!", reply_markup=ReplyKeyboardRemove())
    return ConversationHandler.END


def main() -> None:
    base = os.environ["API"]
    application = Application.builder().token(os.environ["TOKEN"]).base_url(f"{base}/bot").base_file_url(f"{base}/file/bot").build()
    conversation = ConversationHandler(
        entry_points=[CommandHandler("start", start)],
        states={
            MEAL: [MessageHandler(filters.Regex("^(Soup|Bread|Other)$"), meal)],
            PHOTO: [MessageHandler(filters.PHOTO, photo), CommandHandler("skip", skip_photo)],
            PLACE: [CommandHandler("skip", skip_place)],
            WORDS: [MessageHandler(filters.TEXT & ~filters.COMMAND, words)],
        },
        fallbacks=[CommandHandler("cancel", cancel)],
    )
    application.add_handler(conversation)
    application.run_polling(allowed_updates=Update.ALL_TYPES)


main()
