"""aiogram, unmodified, against the stub: `prove_aiogram.py URL`. Ends with 0 when all is as its users expect."""

import asyncio
import sys
import time

from aiogram import Bot, Dispatcher, F, Router, exceptions
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import (
    BotCommand, BotCommandScopeAllGroupChats, BufferedInputFile, CallbackQuery, ChatMemberUpdated, ChatPermissions,
    InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, KeyboardButton, Message, MessageReactionUpdated,
    ReactionTypeEmoji, ReplyKeyboardMarkup, ReplyParameters,
)  # fmt: skip
from aiogram.utils.chat_action import ChatActionSender
from aiogram.utils.formatting import Bold, Code, Text, TextLink
from prove import VOICE, Stub, encoded, png

TOKEN = "42:AAaiogram"
stub = Stub(sys.argv[1])


async def expect(kind, awaited, part=""):
    try:
        await awaited
    except kind as error:
        assert part.lower() in str(error).lower(), error
        return error
    raise AssertionError(f"no {kind.__name__}")


async def until(check, what, seconds=10):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, f"{what} does not come"
        await asyncio.sleep(0.02)


async def sending(bot, anna, group):
    assert (await bot.me()).username == "robo_bot"
    sent = await bot.send_message(anna, "<b>fett 😀</b>, <i>schräg</i>")
    assert sent.text == "fett 😀, schräg" and sent.html_text == "<b>fett 😀</b>, <i>schräg</i>"
    content = Text("so ", Bold("😀 viel"), " ", Code("x=1"), " ", TextLink("da", url="https://x.org/"))
    built = await bot.send_message(anna, **content.as_kwargs())
    assert [(e.type, e.extract_from(built.text)) for e in built.entities] == [("bold", "😀 viel"), ("code", "x=1"), ("text_link", "da")]
    answer = await bot.send_message(anna, "dazu", reply_parameters=ReplyParameters(message_id=sent.message_id, quote="fett"))
    assert answer.reply_to_message.message_id == sent.message_id and answer.quote.text == "fett"
    edited = await bot.edit_message_text("anders", chat_id=anna, message_id=sent.message_id)
    assert edited.text == "anders"
    await bot.set_message_reaction(anna, sent.message_id, [ReactionTypeEmoji(emoji="👍")])
    await expect(exceptions.TelegramBadRequest, bot.set_message_reaction(anna, sent.message_id, [ReactionTypeEmoji(emoji="🦷")]), "REACTION_INVALID")
    await bot.delete_message(anna, built.message_id)
    async with ChatActionSender.typing(bot=bot, chat_id=anna):
        pass
    await bot.send_message_draft(anna, 7, text="halb fer")
    assert stub("show_chat", chat=anna)["draft"]["text"] == "halb fer"
    keyboard = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Eins"), KeyboardButton(text="Zwei")]], resize_keyboard=True)
    await bot.send_message(anna, "wähle", reply_markup=keyboard)
    assert stub("show_chat", chat=anna)["keyboard"]["keyboard"][0][1]["text"] == "Zwei"
    commands = [BotCommand(command="hilfe", description="sagt, was geht")]
    await bot.set_my_commands(commands, scope=BotCommandScopeAllGroupChats(), language_code="de")
    kept = await bot.get_my_commands(scope=BotCommandScopeAllGroupChats(), language_code="de")
    assert [command.description for command in kept] == ["sagt, was geht"]
    assert await bot.get_my_commands() == []
    await bot.set_my_description("Ein Bot")
    assert (await bot.get_my_description()).description == "Ein Bot"
    full = await bot.get_chat(group)
    assert (full.title, full.type, full.is_forum) == ("Familie", "supergroup", True)
    assert await bot.get_chat_member_count(group) == 3


async def files(bot, anna):
    picture = await bot.send_photo(anna, BufferedInputFile(png(), "a.png"), caption="<u>Bild</u>")
    assert picture.photo[-1].height == 60 and picture.html_text == "<u>Bild</u>"
    file = await bot.get_file(picture.photo[-1].file_id)
    assert (await bot.download_file(file.file_path)).read() == png()
    document = await bot.send_document(anna, BufferedInputFile(b"%PDF-1.4", "größe.pdf"))
    assert document.document.file_name == "größe.pdf"
    assert (await bot.send_voice(anna, BufferedInputFile(VOICE, "a.ogg"), duration=2)).voice
    webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
    assert (await bot.send_sticker(anna, BufferedInputFile(webp, "a.webp"))).sticker.is_animated is False
    album = [InputMediaPhoto(media=BufferedInputFile(png(shade=n), f"{n}.png"), caption=str(n)) for n in (1, 2, 3)]
    sent = await bot.send_media_group(anna, album)
    assert len({message.media_group_id for message in sent}) == 1 and len(sent) == 3
    changed = InputMediaPhoto(media=BufferedInputFile(png(shade=9), "9.png"), caption="neu")
    assert (await bot.edit_message_media(changed, chat_id=anna, message_id=sent[0].message_id)).caption == "neu"
    await expect(exceptions.TelegramBadRequest, bot.send_media_group(anna, album[:1]), "album")
    await expect(exceptions.TelegramBadRequest, bot.get_file("nonsense"), "invalid file_id")


async def moderation(bot, anna, ben, group):
    await bot.restrict_chat_member(group, ben, ChatPermissions(can_send_messages=False), until_date=int(time.time()) + 60)
    assert (await bot.get_chat_member(group, ben)).can_send_messages is False
    await bot.ban_chat_member(group, ben)
    assert (await bot.get_chat_member(group, ben)).status == "kicked"
    await bot.unban_chat_member(group, ben, only_if_banned=True)
    await expect(exceptions.TelegramBadRequest, bot.ban_chat_member(group, anna), "administrator of the chat")
    topic = await bot.create_forum_topic(group, "Ausflug")
    said = await bot.send_message(group, "hierher", message_thread_id=topic.message_thread_id)
    assert said.is_topic_message and said.message_thread_id == topic.message_thread_id
    await expect(exceptions.TelegramBadRequest, bot.send_message(group, "x", message_thread_id=999), "thread not found")
    await bot.pin_chat_message(group, said.message_id)
    assert (await bot.get_chat(group)).pinned_message.text == "hierher"
    await bot.set_chat_title(group, "Sippe")
    assert stub("show_chat", chat=group)["title"] == "Sippe"


async def errors(bot, anna):
    await expect(exceptions.TelegramBadRequest, bot.send_message(4711, "x"), "chat not found")
    stub("fault", method="sendMessage", kind="error", code=429, retry_after=7)
    assert (await expect(exceptions.TelegramRetryAfter, bot.send_message(anna, "x"))).retry_after == 7
    stub("fault", method="sendMessage", kind="lost")
    await expect(exceptions.TelegramNetworkError, bot.send_message(anna, "nur halb"))
    assert "nur halb" in stub.texts(anna)
    stub("fault", method="sendMessage", kind="error", code=502)
    await expect(exceptions.TelegramServerError, bot.send_message(anna, "x"))
    stub("fault", method="sendMessage", kind="garbage")
    await expect(exceptions.ClientDecodeError, bot.send_message(anna, "x"))
    stub("block", **{"from": anna})
    await expect(exceptions.TelegramForbiddenError, bot.send_message(anna, "x"), "blocked")
    stub("block", **{"from": anna, "blocked": False})
    small = stub("chat", type="group", title="Klein", members=[anna])
    new = stub("migrate", chat=small["id"])["id"]
    moved = await expect(exceptions.TelegramMigrateToChat, bot.send_message(small["id"], "x"))
    assert moved.migrate_to_chat_id == new
    stub("revoke")
    await expect(exceptions.TelegramUnauthorizedError, bot.get_me())
    stub("revoke", again=True)


class Form(StatesGroup):
    name, age = State(), State()


def router(heard):
    router = Router()

    @router.message(CommandStart())
    async def start(message: Message, state: FSMContext):
        await state.set_state(Form.name)
        await message.answer("Wie heißt du?")

    @router.message(Form.name)
    async def name(message: Message, state: FSMContext):
        await state.update_data(name=message.text)
        await state.set_state(Form.age)
        buttons = [InlineKeyboardButton(text=text, callback_data=text) for text in ("jung", "alt")]
        await message.answer("Wie alt?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[buttons]))

    @router.callback_query(Form.age, F.data.in_({"jung", "alt"}))
    async def age(query: CallbackQuery, state: FSMContext):
        data = await state.get_data()
        await state.clear()
        await query.answer("Danke")
        await query.message.edit_text(f"{data['name']}, {query.data}")

    @router.message_reaction()
    async def reaction(update: MessageReactionUpdated):
        heard.append(("reaction", update.new_reaction[0].emoji))

    @router.chat_member()
    async def member(update: ChatMemberUpdated):
        heard.append((update.old_chat_member.status, update.new_chat_member.status))

    @router.edited_message()
    async def edited(message: Message):
        heard.append(("edited", message.text))

    @router.message(Command("topic"))
    async def topic(message: Message):
        heard.append(("topic", message.message_thread_id, bool(message.reply_to_message.forum_topic_created)))

    @router.message(F.photo)
    async def picture(message: Message):
        heard.append((message.media_group_id, message.caption))

    @router.message(F.text)
    async def echo(message: Message):
        await message.send_copy(message.chat.id)

    return router


async def polling(bot, anna, ben, group):
    heard = []
    dispatcher = Dispatcher()
    dispatcher.include_router(router(heard))
    running = asyncio.ensure_future(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=5))
    say = lambda text, **more: stub("say", **{"from": anna, "text": text, **more})["message_id"]
    said = lambda text: text in stub.texts(anna)
    say("/start")
    await until(lambda: said("Wie heißt du?"), "the first question")
    say("Anna 😀")
    await until(lambda: said("Wie alt?"), "the second question")
    asked = next(message for message in stub("messages", chat=anna) if message.get("text") == "Wie alt?")
    query = stub("press", **{"from": anna, "message_id": asked["message_id"], "text": "alt"})["id"]
    await until(lambda: said("Anna 😀, alt"), "the end of it")
    assert stub("pressed", id=query)["text"] == "Danke"
    number = say("*echo*", parse_mode="MarkdownV2")
    await until(lambda: stub.texts(anna).count("echo") == 2, "the echo")
    assert stub("messages", chat=anna)[-1]["entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    stub("edit", **{"from": anna, "message_id": number, "text": "echo!"})
    stub("react", **{"from": anna, "message_id": number, "emoji": ["❤"]})
    stub("join", **{"from": ben, "chat": group})
    thread = stub("topic", **{"from": anna, "chat": group, "name": "Essen"})["message_thread_id"]
    say("/topic", chat=group, topic=thread)
    stub("say", **{"from": anna, "album": [{"photo": encoded(png(), "a.png"), "caption": c} for c in ("i", "ii")]})
    await until(lambda: len(heard) == 6, "all that happened")
    album = heard[4][0]
    assert album and heard == [("edited", "echo!"), ("reaction", "❤"), ("left", "member"), ("topic", thread, True), (album, "i"), (album, "ii")], heard
    # Telegram stumbles: it goes on by itself.
    stub("fault", method="getUpdates", kind="error", code=500)
    stub("fault", method="getUpdates", kind="close")
    say("noch da?")
    await until(lambda: stub.texts(anna).count("noch da?") == 2, "the echo after faults", 20)
    await dispatcher.stop_polling()
    await running


async def main():
    stub("bot", token=TOKEN, first_name="Robo", username="robo_bot")
    anna, ben = stub("user", first_name="Anna")["id"], stub("user", first_name="Ben")["id"]
    group = stub("chat", title="Familie", members=[anna, ben], admin=True, is_forum=True)["id"]
    stub("say", **{"from": anna, "text": "hallo"})
    session = AiohttpSession(api=TelegramAPIServer.from_base(stub.url))
    async with Bot(TOKEN, session=session, default=DefaultBotProperties(parse_mode="HTML")).context() as bot:
        await sending(bot, anna, group)
        await files(bot, anna)
        await moderation(bot, anna, ben, group)
        await errors(bot, anna)
        await bot.delete_webhook(drop_pending_updates=True)
        await polling(bot, anna, ben, group)


asyncio.run(main())
