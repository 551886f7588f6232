"""aiogram: a form with states, a reply keyboard and buttons with data of their own."""

import asyncio
import os

from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandStart
from aiogram.filters.callback_data import CallbackData
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, KeyboardButton, Message, ReplyKeyboardMarkup, ReplyKeyboardRemove
from aiogram.utils.keyboard import InlineKeyboardBuilder

form_router = Router()


class Form(StatesGroup):
    name = State()
    like_bots = State()
    language = State()


class Language(CallbackData, prefix="lang"):
    name: str


@form_router.message(CommandStart())
async def command_start(message: Message, state: FSMContext) -> None:
    await state.set_state(Form.name)
    await message.answer("Hi there! What's your name?", reply_markup=ReplyKeyboardRemove())


@form_router.message(Command("cancel"))
@form_router.message(F.text.casefold() == "cancel")
async def cancel_handler(message: Message, state: FSMContext) -> None:
    if await state.get_state() is not None:
        await state.clear()
        await message.answer("Cancelled.", reply_markup=ReplyKeyboardRemove())


@form_router.message(Form.name)
async def process_name(message: Message, state: FSMContext) -> None:
    await state.update_data(name=message.text)
    await state.set_state(Form.like_bots)
    keyboard = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Yes"), KeyboardButton(text="No")]], resize_keyboard=True)
    await message.answer(f"Nice to meet you, {message.text}! Do you write bots?", reply_markup=keyboard)


@form_router.message(Form.like_bots, F.text.casefold() == "yes")
async def process_like(message: Message, state: FSMContext) -> None:
    await state.set_state(Form.language)
    builder = InlineKeyboardBuilder()
    for name in ("Rust", "Python"):
        builder.button(text=name, callback_data=Language(name=name))
    await message.answer("In which language?", reply_markup=builder.as_markup())


@form_router.callback_query(Form.language, Language.filter())
async def process_language(query: CallbackQuery, callback_data: Language, state: FSMContext) -> None:
    data = await state.get_data()
    await state.clear()
    await query.answer("Noted")
    await query.message.edit_text(f"{data['name']} writes {callback_data.name}")


async def main() -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API"]))
    dp = Dispatcher()
    dp.include_router(form_router)
    async with Bot(token=os.environ["TOKEN"], session=session).context() as bot:
        await dp.start_polling(bot)


asyncio.run(main())
