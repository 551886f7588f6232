"""python-telegram-bot: speaks by itself after a while, by its job queue."""

import os

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text("Use /set <seconds> to set a timer")


async def alarm(context: ContextTypes.DEFAULT_TYPE) -> None:
    job = context.job
    await context.bot.send_message(job.chat_id, text=f"Beep! {job.data} seconds are over.")


async def set_timer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    chat_id = update.effective_message.chat_id
    try:
        due = float(context.args[0])
        for job in context.job_queue.get_jobs_by_name(str(chat_id)):
            job.schedule_removal()
        context.job_queue.run_once(alarm, due, chat_id=chat_id, name=str(chat_id), data=due)
        await update.effective_message.reply_text("Timer is set.")
    except (IndexError, ValueError):
        await update.effective_message.reply_text("Usage: /set <seconds>")


def main() -> None:
    application = Application.builder().token(os.environ["TOKEN"]).base_url(os.environ["API"] + "/bot").build()
    application.add_handler(CommandHandler(["start", "help"], start))
    application.add_handler(CommandHandler("set", set_timer))
    application.run_polling(allowed_updates=Update.ALL_TYPES)


main()
