from aiogram import F, Router
from aiogram.enums import ChatAction, ChatType
from aiogram.filters import Command, CommandObject
from aiogram.types import BufferedInputFile, Message

router = Router()
router.message.filter(F.chat.type == ChatType.PRIVATE)


@router.message(Command("id"))
async def tell_id(message: Message) -> None:
    member = await message.bot.get_chat(message.chat.id)
    await message.reply(f"{member.type} {message.from_user.id == member.id}")


@router.message(Command("roll"))
async def roll(message: Message, command: CommandObject) -> None:
    await message.bot.send_chat_action(message.chat.id, ChatAction.TYPING)
    sent = await message.answer("rolling …")
    await sent.edit_text(f"{command.args or 6}!")


@router.message(Command("file"))
async def file(message: Message) -> None:
    await message.answer_document(BufferedInputFile(b"so many words", filename="words.txt"), caption="Here")
