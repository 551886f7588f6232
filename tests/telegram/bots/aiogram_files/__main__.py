"""aiogram: a bot of several files, one router each, with a command list that it sets itself."""

import asyncio
import os

import group
import private
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BotCommand


async def main() -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API"]))
    bot = Bot(token=os.environ["TOKEN"], session=session)
    await bot.set_my_commands([BotCommand(command="roll", description="rolls"), BotCommand(command="id", description="tells your id")])
    dp = Dispatcher()
    dp.include_routers(private.router, group.router)
    await bot.delete_webhook(drop_pending_updates=False)
    await dp.start_polling(bot, allowed_updates=dp.resolve_used_update_types())


asyncio.run(main())
