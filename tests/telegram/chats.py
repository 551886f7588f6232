"""Chats and who is in them: where a bot may speak, topics, members, and who is told what happens there."""

import re
import time

from parts import METHODS, PERMISSIONS, bytes_of, member, method, photo
from state import Refused, bad, public_chat, public_user


def place(state, token, bot, arguments, write=True):
    """Key and chat that `chat_id` names; refused where it is none, or where the bot may not speak."""
    wanted = arguments.text("chat_id").strip()
    if not wanted:
        raise bad("chat_id is empty")
    if wanted.startswith("@"):
        found = [chat["id"] for chat in state.all("chat").values() if chat.get("username") == wanted[1:] and chat["id"] < 0]
        wanted = str(found[0]) if found else "0"
    number = int(wanted) if re.fullmatch(r"-?\d+", wanted) else 0
    key = state.chat_key(bot, number)
    chat = state.chat(key)
    if chat is None:
        if number == bot["id"]:
            raise Refused(403, "Forbidden: the bot can't send messages to itself")
        # A person who never wrote to the bot is known to it only if they share a group.
        known = number > 0 and any(str(number) in other.get("members", {}) for other in state.all("chat").values())
        raise Refused(403, "Forbidden: bot can't initiate conversation with a user") if known else bad("chat not found")
    if "migrated_to" in chat:
        raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat["migrated_to"])
    if chat["type"] == "private":
        if write and chat.get("blocked"):
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if write and chat.get("deactivated"):
            raise Refused(403, "Forbidden: user is deactivated")
        return key, chat
    status = chat["members"].get(str(bot["id"]), {}).get("status")
    kind = {"group": "group", "supergroup": "supergroup", "channel": "channel"}[chat["type"]]
    if status == "kicked":
        raise Refused(403, f"Forbidden: bot was kicked from the {kind} chat")
    if status in (None, "left"):
        raise bad("chat not found") if status is None else Refused(403, f"Forbidden: bot is not a member of the {kind} chat")
    if write and chat["type"] == "channel" and status != "administrator":
        raise bad("need administrator rights in the channel chat")
    if write and status == "restricted":
        raise bad("not enough rights to send text messages to the chat")
    return key, chat


def is_admin(chat, user_id):
    return chat.get("members", {}).get(str(user_id), {}).get("status") in ("creator", "administrator")


def need_right(chat, bot, what):
    if chat["type"] != "private" and not is_admin(chat, bot["id"]):
        raise bad(f"not enough rights to {what}")


def topic_of(state, key, arguments):
    """What a message in a topic has besides."""
    thread, chat = arguments.number("message_thread_id"), state.chat(key)
    if not thread:
        return {}
    topic = chat.get("topics", {}).get(str(thread))
    if topic is None:
        raise bad("message thread not found")
    if topic.get("closed") and not is_admin(chat, int(key.split("/")[0]) if "/" in key else 0):
        raise bad("TOPIC_CLOSED")
    return {"message_thread_id": thread, "is_topic_message": True}


def own(call, what, verb="edit"):
    """A message of the bot's own which it may change."""
    if call.arguments.text("inline_message_id"):
        raise bad("MESSAGE_ID_INVALID")
    key, _ = call.place()
    number = call.arguments.number("message_id")
    if not number:
        raise bad("message identifier is not specified")
    message = call.state.message(key, number)
    if message is None:
        raise bad(f"message to {verb} not found")
    sender = message.get("sender_chat", {}).get("id") if "from" not in message else message["from"]["id"]
    if sender not in (call.bot["id"], message["chat"]["id"]) or "forward_origin" in message:
        raise bad("message can't be edited")
    if what == "text" and "text" not in message:
        raise bad("there is no text in the message to edit")
    if what == "caption" and not any(kind in message for kind in ("photo", "video", "document", "audio", "voice", "animation")):
        raise bad("there is no caption in the message to edit")
    if what == "poll" and "poll" not in message:
        raise bad("message with poll to stop not found")
    return key, message


def put_reaction(state, key, number, who, reaction):
    """Gives the reactions this one had before."""
    all_of = state.get("reaction", f"{key} {number}") or {}
    before = all_of.pop(str(who), [])
    if reaction:
        all_of[str(who)] = reaction
    state.put("reaction", f"{key} {number}", all_of)
    return before


def bots_in(state, key):
    """(token, bot) of those in this chat."""
    for token, bot in state.bots().items():
        if "/" in key:
            if key.split("/")[0] == str(bot["id"]):
                yield token, bot
        elif state.chat(key)["members"].get(str(bot["id"]), {}).get("status") not in (None, "left", "kicked"):
            yield token, bot


def hears(state, key, bot, message):
    """Whether a bot hears this message of somebody else's."""
    chat = state.chat(key)
    if message.get("from", {}).get("is_bot") and message["from"]["id"] != 1087968824:
        return False
    if chat["type"] in ("private", "channel") or bot.get("can_read_all_group_messages", True) or is_admin(chat, bot["id"]):
        return True
    text = message.get("text", message.get("caption", ""))
    replied = message.get("reply_to_message", {}).get("from", {}).get("id") == bot["id"]
    service = not any(name in message for name in ("text", "caption", "photo", "document", "sticker", "voice", "video"))
    return text.startswith("/") or replied or service or f"@{bot['username']}" in text


def tell(state, key, message, edited=False, besides=None):
    """Queues a message for each bot that hears it; gives the updates' numbers by token."""
    kind = "channel_post" if message["chat"]["type"] == "channel" else "message"
    kind = f"edited_{kind}" if edited else kind
    told = {}
    for token, bot in bots_in(state, key):
        if token != besides and hears(state, key, bot, message):
            number = state.tell(token, kind, message)
            if number is not None:
                told[token] = number
    return told


def told(state, key, sender, content, besides=None):
    """A service message, and its updates."""
    message = state.new_message(key, sender, **content)
    tell(state, key, message, besides=besides)
    return message


def set_status(state, key, user, status, by, more=None):
    """A member's new state; bots hear of their own, and of others where they want to."""
    chat = state.chat(key)
    before = chat["members"].get(str(user["id"]), {"status": "left"})
    chat["members"][str(user["id"])] = {"status": status, **(more or {})}
    state.put_chat(key, chat)
    update = {
        "chat": public_chat(chat), "from": public_user(by), "date": int(time.time()),
        "old_chat_member": member(user, before["status"], {n: v for n, v in before.items() if n != "status"}),
        "new_chat_member": member(user, status, more),
    }  # fmt: skip
    for token, bot in state.bots().items():
        if bot["id"] == user["id"]:
            state.tell(token, "my_chat_member", update)
        elif is_admin(chat, bot["id"]):
            state.tell(token, "chat_member", update)


def user_of(state, number):
    for bot in state.bots().values():
        if bot["id"] == int(number):
            return public_user(bot)
    return state.get("user", number)


# Methods about chats


@method
def getChat(call):
    key, chat = call.place(write=False)
    full = {
        **public_chat(chat), "accent_color_id": 3, "max_reaction_count": 11,
        "accepted_gift_types": {"unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False,
                                "premium_subscription": False, "gifts_from_channels": False},
    }  # fmt: skip
    for name in ("description", "bio", "invite_link", "permissions"):
        if chat.get(name):
            full[name] = chat[name]
    if chat["type"] in ("group", "supergroup") and "permissions" not in full:
        full["permissions"] = {right: True for right in PERMISSIONS}
    if chat.get("pinned"):
        full["pinned_message"] = call.state.message(key, chat["pinned"][-1])
    if chat.get("photo"):
        full["photo"] = chat["photo"]
    return {name: value for name, value in full.items() if value is not None}


def the_member(call, right=None):
    key, chat = call.place(write=False)
    if chat["type"] == "private":
        raise bad("method is available only for groups and supergroups" if right else "member not found")
    if right:
        need_right(chat, call.bot, right)
    user = user_of(call.state, call.arguments.number("user_id"))
    if user is None:
        raise bad("PARTICIPANT_ID_INVALID" if right else "invalid user_id specified")
    return key, chat, user


@method
def getChatMember(call):
    key, chat = call.place(write=False)
    user = user_of(call.state, call.arguments.number("user_id"))
    if user is None:
        raise bad("invalid user_id specified")
    known = chat.get("members", {}).get(str(user["id"])) or {"status": "member" if chat["type"] == "private" else "left"}
    return member(user, known["status"], {name: value for name, value in known.items() if name != "status"})


@method
def getChatAdministrators(call):
    _, chat = call.place(write=False)
    if chat["type"] == "private":
        raise bad("there are no administrators in the private chat")
    members = [(user_of(call.state, number), known) for number, known in chat["members"].items()]
    return [
        member(user, known["status"]) for user, known in members
        if known["status"] in ("creator", "administrator") and (not user["is_bot"] or user["id"] == call.bot["id"])
    ]  # fmt: skip


@method
def getChatMemberCount(call):
    _, chat = call.place(write=False)
    if chat["type"] == "private":
        return 2
    return sum(known["status"] not in ("left", "kicked") for known in chat["members"].values())


METHODS["getchatmemberscount"] = getChatMemberCount


def spare_admins(chat, user):
    if is_admin(chat, user["id"]):
        raise bad("user is an administrator of the chat")


@method
def banChatMember(call):
    key, chat, user = the_member(call, "restrict/unrestrict chat member")
    spare_admins(chat, user)
    present = chat["members"].get(str(user["id"]), {}).get("status") in ("member", "restricted")
    set_status(call.state, key, user, "kicked", call.me, {"until_date": call.arguments.number("until_date")})
    if present and chat["type"] != "channel":
        told(call.state, key, call.me, {"left_chat_member": public_user(user)}, besides=call.token)
    return True


METHODS["kickchatmember"] = banChatMember


@method
def unbanChatMember(call):
    key, chat, user = the_member(call, "restrict/unrestrict chat member")
    status = chat["members"].get(str(user["id"]), {}).get("status")
    if status == "kicked" or not call.arguments.truth("only_if_banned"):
        set_status(call.state, key, user, "left", call.me)
    return True


@method
def restrictChatMember(call):
    key, chat, user = the_member(call, "restrict/unrestrict chat member")
    if chat["type"] != "supergroup":
        raise bad("method is available only for supergroups")
    spare_admins(chat, user)
    allowed = call.arguments.json("permissions", "permissions", dict)
    if allowed is None:
        raise bad("can't parse permissions JSON object")
    if all(allowed.get(right) for right in ("can_send_messages", "can_send_other_messages")):
        set_status(call.state, key, user, "member", call.me)
    else:
        rights = {right: bool(allowed.get(right)) for right in PERMISSIONS}
        more = {"is_member": True, "until_date": call.arguments.number("until_date"), **rights}
        set_status(call.state, key, user, "restricted", call.me, more)
    return True


@method
def promoteChatMember(call):
    key, chat, user = the_member(call, "promote a user")
    wanted = any(call.arguments.truth(name) for name in call.arguments if name.startswith("can_"))
    set_status(call.state, key, user, "administrator" if wanted else "member", call.me)
    return True


@method
def setChatPermissions(call):
    key, chat = call.place()
    need_right(chat, call.bot, "change chat permissions")
    chat["permissions"] = call.arguments.json("permissions", "permissions", dict)
    call.state.put_chat(key, chat)
    return True


@method
def setChatTitle(call):
    key, chat = call.place()
    title = call.arguments.text("title").strip()
    if chat["type"] == "private":
        raise bad("can't change title of private chats")
    need_right(chat, call.bot, "change chat title")
    if not 1 <= len(title) <= 128:
        raise bad("title can't be empty" if not title else "CHAT_TITLE_TOO_LONG")
    if title == chat["title"]:
        raise bad("CHAT_NOT_MODIFIED")
    chat["title"] = title
    call.state.put_chat(key, chat)
    told(call.state, key, call.me, {"new_chat_title": title}, besides=call.token)
    return True


@method
def setChatDescription(call):
    key, chat = call.place()
    need_right(chat, call.bot, "set chat description")
    if call.arguments.text("description") == chat.get("description", ""):
        raise bad("chat description is not modified")
    chat["description"] = call.arguments.text("description")
    call.state.put_chat(key, chat)
    return True


@method
def setChatPhoto(call):
    key, chat = call.place()
    if chat["type"] == "private":
        raise bad("can't change the photo of private chats")
    need_right(chat, call.bot, "change chat photo")
    if "photo" not in call.arguments.files:
        raise bad("there is no photo in the request")
    data, name, _, _ = bytes_of(call.state, None, call.arguments, "photo")
    sizes = photo(call.state, data, name, None)
    names = ("file_id", "file_unique_id")
    chat["photo"] = {f"{size}_{n}": sizes[at][n] for size, at in (("small", 0), ("big", -1)) for n in names}
    call.state.put_chat(key, chat)
    told(call.state, key, call.me, {"new_chat_photo": sizes}, besides=call.token)
    return True


@method
def deleteChatPhoto(call):
    key, chat = call.place()
    need_right(chat, call.bot, "change chat photo")
    chat.pop("photo", None)
    call.state.put_chat(key, chat)
    return True


@method
def leaveChat(call):
    key, chat = call.place(write=False)
    if chat["type"] == "private":
        raise bad("chat member status can't be changed in private chats")
    set_status(call.state, key, call.me, "left", call.me)
    return True


@method
def exportChatInviteLink(call):
    key, chat = call.place()
    need_right(chat, call.bot, "manage chat invite link")
    chat["invite_link"] = f"https://t.me/+stub{call.state.count('invite')}"
    call.state.put_chat(key, chat)
    return chat["invite_link"]


@method
def createChatInviteLink(call):
    link = exportChatInviteLink(call)
    return {"invite_link": link, "creator": call.me, "creates_join_request": False, "is_primary": False, "is_revoked": False}


@method
def getUserProfilePhotos(call):
    user = call.state.get("user", call.arguments.number("user_id"))
    if user is None:
        raise bad("invalid user_id specified")
    return {"total_count": 0, "photos": []}


# Topics


def topic(call):
    key, chat = call.place()
    if not chat.get("is_forum"):
        raise bad("the chat is not a forum")
    need_right(chat, call.bot, "manage topics")
    return key, chat, chat.setdefault("topics", {}).get(str(call.arguments.number("message_thread_id")))


@method
def createForumTopic(call):
    key, _, _ = topic(call)
    name = call.arguments.text("name")
    if not 1 <= len(name) <= 128:
        raise bad("TOPIC_TITLE_EMPTY")
    return new_topic(call.state, key, call.me, name, call.token)


def new_topic(state, key, by, name, besides=None):
    created = {"name": name, "icon_color": 7322096}
    number = state.chat(key)["next"]
    message = told(state, key, by, {"message_thread_id": number, "is_topic_message": True, "forum_topic_created": created}, besides)
    chat = state.chat(key)
    chat.setdefault("topics", {})[str(number)] = {"name": name}
    state.put_chat(key, chat)
    return {"message_thread_id": message["message_id"], **created}


def changed_topic(change):
    def do(call):
        key, chat, found = topic(call)
        if found is None:
            raise bad("TOPIC_ID_INVALID")
        change(call, chat, found)
        call.state.put_chat(key, chat)
        return True

    return do


METHODS["editforumtopic"] = changed_topic(lambda call, _, found: found.update(name=call.arguments.text("name") or found["name"]))
METHODS["closeforumtopic"] = changed_topic(lambda _call, _, found: found.update(closed=True))
METHODS["reopenforumtopic"] = changed_topic(lambda _call, _, found: found.update(closed=False))
METHODS["deleteforumtopic"] = changed_topic(lambda call, chat, _: chat["topics"].pop(str(call.arguments.number("message_thread_id"))))
