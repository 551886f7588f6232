"""python-telegram-bot, unmodified, against the stub: `prove_ptb.py URL`. Ends with 0 when all is as its users expect."""

import asyncio
import sys
import time

import telegram
from prove import VOICE, Stub, encoded, png
from telegram import (
    BotCommand, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto, MessageEntity,
    ReactionTypeEmoji, ReplyParameters,
)  # fmt: skip
from telegram.constants import ParseMode
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, MessageReactionHandler, filters

TOKEN = "42:AAptb"
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
    me = await bot.get_me()
    assert me.is_bot and me.username == "robo_bot" and me.can_read_all_group_messages
    sent = await bot.send_message(anna, "<b>fett 😀</b> &amp; <a href='https://x.org'>Verweis</a>", parse_mode=ParseMode.HTML)
    assert sent.text == "fett 😀 & Verweis"
    assert sent.parse_entities() == {sent.entities[0]: "fett 😀", sent.entities[1]: "Verweis"}
    assert sent.entities[1].url == "https://x.org"
    marked = await bot.send_message(anna, "*b _i_* `c` ||s|| \\.", parse_mode=ParseMode.MARKDOWN_V2)
    kinds = [(e.type, marked.parse_entity(e)) for e in marked.entities]
    assert kinds == [("bold", "b i"), ("italic", "i"), ("code", "c"), ("spoiler", "s")], kinds
    plain = await bot.send_message(anna, "😀x", entities=[MessageEntity("bold", 2, 1)])
    assert plain.parse_entity(plain.entities[0]) == "x"
    answer = await bot.send_message(anna, "dazu", reply_parameters=ReplyParameters(sent.message_id))
    assert answer.reply_to_message.message_id == sent.message_id
    edited = await bot.edit_message_text("anders", anna, sent.message_id)
    assert edited.text == "anders" and edited.edit_date
    await expect(telegram.error.BadRequest, bot.edit_message_text("anders", anna, sent.message_id), "not modified")
    assert await bot.set_message_reaction(anna, sent.message_id, ReactionTypeEmoji("👍"))
    assert await bot.send_chat_action(anna, "typing")
    copied = await bot.copy_message(group, anna, sent.message_id)
    forwarded = await bot.forward_message(group, anna, sent.message_id)
    assert copied.message_id < forwarded.message_id and forwarded.forward_origin.sender_user.id == bot.id
    assert await bot.delete_message(anna, plain.message_id)
    assert "😀x" not in stub.texts(anna)
    await bot.send_location(anna, 52.5, 13.4)
    await bot.send_contact(anna, "+4930", "Anna")
    poll = await bot.send_poll(anna, "Wann?", ["heute", "morgen"], is_anonymous=False)
    assert (await bot.stop_poll(anna, poll.message_id)).is_closed
    assert await bot.set_my_commands([BotCommand("hilfe", "sagt, was geht")])
    assert (await bot.get_my_commands())[0].command == "hilfe"
    chat = await bot.get_chat(group)
    assert chat.title == "Familie" and chat.permissions.can_send_messages
    assert await bot.get_chat_member_count(group) == 3
    assert (await bot.get_chat_member(group, anna)).status == "creator"
    assert {member.status for member in await bot.get_chat_administrators(group)} == {"creator", "administrator"}


async def files(bot, anna):
    picture = await bot.send_photo(anna, png(), caption="*Bild*", parse_mode=ParseMode.MARKDOWN_V2)
    assert picture.photo[-1].width == 80 and picture.caption_entities[0].type == "bold"
    file = await picture.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()) == png()
    again = await bot.send_photo(anna, picture.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == picture.photo[-1].file_unique_id
    document = await bot.send_document(anna, b"%PDF-1.4", filename="größe.pdf")
    assert (document.document.file_name, document.document.mime_type) == ("größe.pdf", "application/pdf")
    voice = await bot.send_voice(anna, VOICE, duration=3)
    assert voice.voice.duration == 3
    album = await bot.send_media_group(anna, [InputMediaPhoto(png(shade=n), caption=f"{n}") for n in (1, 2, 3)])
    assert len({message.media_group_id for message in album}) == 1 and [m.caption for m in album] == ["1", "2", "3"]
    mixed = [InputMediaPhoto(png()), InputMediaDocument(b"x", filename="x.txt")]
    await expect(telegram.error.BadRequest, bot.send_media_group(anna, mixed), "can't use the media")
    changed = await bot.edit_message_caption(anna, picture.message_id, caption="neu")
    assert changed.caption == "neu"
    await expect(telegram.error.BadRequest, bot.send_photo(anna, b"no picture"), "IMAGE_PROCESS_FAILED")
    stub("say", **{"from": anna, "photo": encoded(png(), "a.png"), "caption": "hin"})


async def errors(bot, anna, group):
    await expect(telegram.error.BadRequest, bot.send_message(4711, "x"), "Chat not found")
    await expect(telegram.error.BadRequest, bot.send_message(anna, "x" * 4097), "Message is too long")
    stub("fault", method="sendMessage", kind="error", code=429, retry_after=7)
    limited = await expect(telegram.error.RetryAfter, bot.send_message(anna, "x"))
    assert limited._retry_after.total_seconds() == 7
    stub("fault", method="sendMessage", kind="close")
    await expect(telegram.error.NetworkError, bot.send_message(anna, "x"))
    stub("fault", method="sendMessage", kind="error", code=500)
    await expect(telegram.error.NetworkError, bot.send_message(anna, "x"), "Internal Server Error")
    stub("block", **{"from": anna})
    await expect(telegram.error.Forbidden, bot.send_message(anna, "x"), "blocked by the user")
    stub("block", **{"from": anna, "blocked": False})
    small = stub("chat", type="group", title="Klein", members=[anna])
    stub("migrate", chat=small["id"])
    moved = await expect(telegram.error.ChatMigrated, bot.send_message(small["id"], "x"))
    assert (await bot.send_message(moved.new_chat_id, "drüben")).chat.type == "supergroup"
    strange = telegram.Bot("43:AAnone", base_url=f"{stub.url}/bot")
    await expect(telegram.error.InvalidToken, strange.initialize())


async def polling(application, anna, group):
    """What people do reaches its handlers, in order and as its own types."""
    heard, pressed, reacted = [], [], []

    async def start(update, context):
        buttons = [[InlineKeyboardButton("Ja", callback_data="y"), InlineKeyboardButton("Nein", callback_data="n")]]
        await update.message.reply_text("Wirklich?", reply_markup=InlineKeyboardMarkup(buttons))

    async def echo(update, context):
        message = update.effective_message
        heard.append((bool(update.edited_message), message.text or message.caption, message.media_group_id))
        if message.text and not update.edited_message:
            await message.reply_text(message.text, reply_markup=ForceReply())

    async def press(update, context):
        await update.callback_query.answer("Gut", show_alert=True)
        await update.callback_query.edit_message_text(f"gewählt: {update.callback_query.data}")
        pressed.append(update.callback_query.data)

    async def react(update, context):
        reacted.append([one.emoji for one in update.message_reaction.new_reaction])

    application.add_handlers([CommandHandler("start", start), CallbackQueryHandler(press), MessageReactionHandler(react),
                              MessageHandler(filters.ALL & ~filters.StatusUpdate.ALL, echo)])  # fmt: skip
    await application.start()
    problems = []
    await application.updater.start_polling(allowed_updates=telegram.Update.ALL_TYPES, drop_pending_updates=True, error_callback=problems.append)
    stub("say", **{"from": anna, "text": "/start"})
    await until(lambda: "Wirklich?" in stub.texts(anna), "the keyboard")
    asked = next(message for message in stub("messages", chat=anna) if message.get("text") == "Wirklich?")
    query = stub("press", **{"from": anna, "message_id": asked["message_id"], "data": "y"})["id"]
    await until(lambda: pressed, "the press")
    assert stub("pressed", id=query) == {"text": "Gut", "show_alert": True}
    assert "gewählt: y" in stub.texts(anna)
    number = stub("say", **{"from": anna, "chat": group, "text": "eins"})["message_id"]
    stub("edit", **{"from": anna, "chat": group, "message_id": number, "text": "eins!"})
    stub("react", **{"from": anna, "chat": group, "message_id": number, "emoji": ["🔥"]})
    stub("say", **{"from": anna, "album": [{"photo": encoded(png(), "a.png"), "caption": c} for c in ("i", "ii")]})
    await until(lambda: len(heard) == 4 and reacted, "what she said")
    album = heard[2][2]
    assert heard == [(False, "eins", None), (True, "eins!", None), (False, "i", album), (False, "ii", album)] and album
    assert reacted == [["🔥"]]
    # A second one that polls: the first is told, and goes on when it is gone.
    other = telegram.Bot(TOKEN, base_url=f"{stub.url}/bot")
    assert await other.get_updates(timeout=0) == ()
    await until(lambda: any(isinstance(problem, telegram.error.Conflict) for problem in problems), "the conflict")
    stub("say", **{"from": anna, "text": "danach"})
    await until(lambda: "danach" in [what for _, what, _ in heard], "the next message", 20)
    await application.updater.stop()
    await application.stop()


async def main():
    stub("bot", token=TOKEN, first_name="Robo", username="robo_bot")
    anna, ben = stub("user", first_name="Anna", last_name="Ä")["id"], stub("user", first_name="Ben")["id"]
    group = stub("chat", title="Familie", members=[anna, ben], admin=True)["id"]
    stub("say", **{"from": anna, "text": "hallo"})
    builder = Application.builder().token(TOKEN).base_url(f"{stub.url}/bot").base_file_url(f"{stub.url}/file/bot")
    application = builder.build()
    async with application:
        bot = application.bot
        await sending(bot, anna, group)
        await files(bot, anna)
        await errors(bot, anna, group)
        await polling(application, anna, group)


asyncio.run(main())
