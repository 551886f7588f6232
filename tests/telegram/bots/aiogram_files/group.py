from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.types import Message

router = Router()
router.message.filter(F.chat.type.in_({ChatType.GROUP, ChatType.SUPERGROUP}))


@router.message(Command("roll"))
async def roll(message: Message) -> None:
    await message.reply(f"{message.from_user.first_name} rolls in {message.chat.type}")
