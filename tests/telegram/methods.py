"""The Bot API's methods, as far as a bot that talks uses them. Those about chats are in chats.py."""

import json
import time

import chats
import rich
from parts import (
    ALBUM, Arguments, DOWNLOAD_MAX, METHODS, bytes_of, caption_of, check_reaction, markup_of, media, method, reply_of, text_of,
    without_reply,
)  # fmt: skip
from state import UPDATES, bad, public_user

class Call:
    """One call under way."""

    def __init__(self, state, token, bot, arguments):
        self.state, self.token, self.bot, self.arguments = state, token, bot, arguments

    @property
    def me(self):
        return public_user(self.bot)

    def place(self, write=True):
        """The chat meant, and its key; refused where the bot may not be."""
        return chats.place(self.state, self.token, self.bot, self.arguments, write)

    def post(self, content, key=None):
        """Says something: reply, keyboard and topic come with it."""
        state, arguments = self.state, self.arguments
        if key is None:
            key, _ = self.place()
        content = {**content, **reply_of(state, key, arguments), **chats.topic_of(state, key, arguments)}
        chat = state.chat(key)
        if chat["type"] == "channel":
            sender, content["sender_chat"] = None, {"id": chat["id"], "type": "channel", "title": chat["title"]}
        else:
            sender = self.me
        markup = markup_of(arguments)
        if markup and "inline_keyboard" not in markup:
            # What people see under their field; it stands in no message.
            chat["keyboard"] = None if markup.get("remove_keyboard") else markup
            state.put_chat(key, chat)
            markup = None
        if arguments.truth("protect_content"):
            content["has_protected_content"] = True
        return state.new_message(key, sender, **content, reply_markup=markup)


# About the bot itself


@method
def getMe(call):
    return {**{"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
        "can_connect_to_business": False, "has_main_web_app": False, "has_topics_enabled": False,
        "allows_users_to_create_topics": False, "can_manage_bots": False, "supports_guest_queries": False,
        "can_read_all_group_messages": call.bot.get("can_read_all_group_messages", True)},
        **call.me}  # fmt: skip


@method
def logOut(call):
    return True


@method
def close(call):
    return True


def setter(name, field, longest):
    def set_it(call):
        text = call.arguments.text(field)
        if rich.units(text) > longest:
            raise bad(f"{field} is too long")
        call.bot[f"my_{field}"] = text
        call.state.put("bot", call.token, call.bot)
        return True

    def get_it(call):
        return {field: call.bot.get(f"my_{field}") or (call.bot["first_name"] if field == "name" else "")}

    METHODS[f"setmy{name}"], METHODS[f"getmy{name}"] = set_it, get_it


setter("name", "name", 64)
setter("description", "description", 512)
setter("shortdescription", "short_description", 120)


def commands_key(call):
    scope = call.arguments.json("scope", "BotCommandScope", dict) or {"type": "default"}
    return json.dumps([scope, call.arguments.text("language_code")], sort_keys=True)


@method
def setMyCommands(call):
    commands = call.arguments.json("commands", "commands", list) or []
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        name = str(command.get("command", "")).lstrip("/")
        if not 1 <= len(name) <= 32 or not name.replace("_", "").isalnum() or name != name.lower() or not name.isascii():
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.setdefault("commands", {})[commands_key(call)] = commands
    call.state.put("bot", call.token, call.bot)
    return True


@method
def getMyCommands(call):
    return call.bot.get("commands", {}).get(commands_key(call), [])


@method
def deleteMyCommands(call):
    call.bot.get("commands", {}).pop(commands_key(call), None)
    call.state.put("bot", call.token, call.bot)
    return True


@method
def setChatMenuButton(call):
    return True


@method
def getChatMenuButton(call):
    return {"type": "commands"}


# Webhooks; getUpdates is in api.py, because it waits.


@method
def setWebhook(call):
    url, bot = call.arguments.text("url"), call.bot
    if url:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        secret = call.arguments.text("secret_token")
        if len(secret) > 256:
            raise bad("secret token is too long")
        if secret and not secret.replace("_", "").replace("-", "").isalnum():
            raise bad("secret token contains unallowed characters")
        bot["webhook"] = {"url": url, "secret": secret, "max_connections": call.arguments.number("max_connections", 40)}
    else:
        bot.pop("webhook", None)
    allow(call)
    call.state.put("bot", call.token, bot)
    drop_pending(call)
    return True


@method
def deleteWebhook(call):
    call.bot.pop("webhook", None)
    call.state.put("bot", call.token, call.bot)
    drop_pending(call)
    return True


def drop_pending(call):
    if call.arguments.truth("drop_pending_updates"):
        call.state.db.execute("DELETE FROM queue WHERE token = ?", (call.token,))


def allow(call):
    """Sticky: none said means as before, an empty list means the usual ones."""
    wanted = call.arguments.json("allowed_updates", "allowed_updates", list)
    if wanted is not None:
        call.bot["allowed_updates"] = [kind for kind in wanted if kind in UPDATES]
        call.state.put("bot", call.token, call.bot)


@method
def getWebhookInfo(call):
    hook = call.bot.get("webhook") or {}
    info = {"url": hook.get("url", ""), "has_custom_certificate": False, "pending_update_count": call.state.pending(call.token)}
    if hook:
        info.update({"max_connections": hook["max_connections"], "ip_address": "127.0.0.1"})
        info.update({name: hook[name] for name in ("last_error_date", "last_error_message") if name in hook})
    if call.bot.get("allowed_updates"):
        info["allowed_updates"] = call.bot["allowed_updates"]
    return info


# Sending


@method
def sendMessage(call):
    key, _ = call.place()
    if not call.arguments.text("text"):
        raise bad("message text is empty")
    text, entities = text_of(call.arguments)
    if not text:
        raise bad("message text is empty")
    return call.post({"text": text, "entities": entities or None}, key)


def sender(kind):
    def send(call):
        key, _ = call.place()
        arguments = call.arguments
        found = bytes_of(call.state, arguments.get(kind), arguments, kind)
        if found is None:
            raise bad(f"there is no {kind.replace('_', ' ')} in the request")
        content = {**media(call.state, kind, found, arguments)}
        if kind not in ("sticker", "video_note"):
            content.update(caption_of(arguments))
        for flag in ("has_spoiler", "show_caption_above_media"):
            if arguments.truth(flag):
                content["has_media_spoiler" if flag == "has_spoiler" else flag] = True
        return call.post(content, key)

    METHODS["send" + kind.replace("_", "")] = send


for kind in ("photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker"):
    sender(kind)


@method
def sendMediaGroup(call):
    key, _ = call.place()
    items = call.arguments.json("media", "media", list) or []
    if len(items) not in ALBUM:
        raise bad("wrong number of media in the album: 2-10 are allowed")
    kinds = {item.get("type") for item in items}
    if not kinds <= {"photo", "video", "audio", "document"}:
        raise bad(f"can't parse InputMedia: type \"{sorted(map(str, kinds))[0]}\" can't be used in sendMediaGroup")
    if kinds & {"audio", "document"} and len(kinds) > 1:
        raise bad("can't use the media of the specified type in the album")
    contents = []
    for item in items:
        found = bytes_of(call.state, item.get("media"), call.arguments, "")
        if found is None:
            raise bad("can't parse InputMedia: media not found")
        contents.append({**media(call.state, item["type"], found, item), **caption_of(call.arguments, item)})
    group = str(13_000_000_000_000_000 + call.state.count("album"))
    return [call.post({"media_group_id": group, **content}, key) for content in contents]


@method
def sendLocation(call):
    try:
        place = {name: float(call.arguments[name]) for name in ("latitude", "longitude")}
    except KeyError as missing:
        raise bad(f"{missing.args[0]} is empty") from None
    return call.post({"location": place})


@method
def sendVenue(call):
    place = {name: float(call.arguments[name]) for name in ("latitude", "longitude")}
    title, address = call.arguments.text("title"), call.arguments.text("address")
    return call.post({"location": place, "venue": {"location": place, "title": title, "address": address}})


@method
def sendContact(call):
    contact = {name: call.arguments.text(name) for name in ("phone_number", "first_name", "last_name", "vcard")}
    for name in ("phone_number", "first_name"):
        if not contact[name]:
            raise bad(f'parameter "{name}" is required')
    return call.post({"contact": {name: value for name, value in contact.items() if value}})


@method
def sendDice(call):
    return call.post({"dice": {"emoji": call.arguments.text("emoji", "🎲"), "value": 4}})


@method
def sendPoll(call):
    options = call.arguments.json("options", "options", list) or []
    options = [option if isinstance(option, str) else option.get("text", "") for option in options]
    question = call.arguments.text("question")
    if not question or rich.units(question) > 300:
        raise bad("poll question must be of 1-300 characters")
    if not 1 <= len(options) <= 12 or not all(1 <= rich.units(option) <= 100 for option in options):
        raise bad("poll must have 1-12 options of 1-100 characters")
    poll = {
        "id": str(5_000_000_000_000_000_000 + call.state.count("poll")),
        "question": question,
        "options": [
            {"persistent_id": str(number), "text": text, "voter_count": 0} for number, text in enumerate(options)
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": call.arguments.text("is_anonymous", "true") == "true",
        "type": call.arguments.text("type") or "regular",
        "allows_multiple_answers": call.arguments.truth("allows_multiple_answers"),
        "allows_revoting": True,
        "members_only": False,
    }
    return call.post({"poll": poll})


@method
def stopPoll(call):
    key, message = chats.own(call, "poll", "stop")
    message["poll"]["is_closed"] = True
    call.state.put_message(key, message)
    return message["poll"]


@method
def sendChatAction(call):
    call.place()
    actions = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
               "choose_sticker", "find_location", "record_video_note", "upload_video_note", "record_audio", "upload_audio"}  # fmt: skip
    if call.arguments.text("action") not in actions:
        raise bad("wrong parameter action in request")
    return True


@method
def sendMessageDraft(call):
    key, chat = call.place()
    if chat["type"] != "private":
        raise bad("TEXTDRAFT_PEER_INVALID")
    if not call.arguments.number("draft_id"):
        raise bad("RANDOM_ID_INVALID")
    text, entities = text_of(call.arguments)
    chat["draft"] = {"draft_id": call.arguments.number("draft_id"), "text": text, "entities": entities, "at": time.time()}
    call.state.put_chat(key, chat)
    return True


# Forwarding


def source(call, number):
    from_chat = Arguments({"chat_id": call.arguments.get("from_chat_id", "")}, {})
    key, _ = chats.place(call.state, call.token, call.bot, from_chat, write=False)
    message = call.state.message(key, number)
    if message is None:
        raise bad("message to forward not found" if call.forwards else "message to copy not found")
    return message


def content_of(message):
    left = ("message_id", "from", "sender_chat", "date", "edit_date", "chat", "reply_to_message", "reply_markup", "quote",
            "message_thread_id", "is_topic_message", "media_group_id", "forward_origin", "author_signature")  # fmt: skip
    return {name: value for name, value in message.items() if name not in left}


def forward(call, number):
    message = source(call, number)
    if message.get("has_protected_content"):
        raise bad("message has protected content and can't be forwarded")
    origin = message.get("forward_origin") or {"type": "user", "date": message["date"], "sender_user": message.get("from")}
    return call.post({**content_of(message), "forward_origin": origin})


def copy(call, number):
    content = content_of(source(call, number))
    if "caption" in call.arguments:
        content.update(caption_of(call.arguments))
    return {"message_id": call.post(content)["message_id"]}


def each(call, do):
    call.forwards = do is forward
    made = []
    for number in call.arguments.json("message_ids", "message_ids", list) or []:
        try:
            made.append({"message_id": do(call, int(number))["message_id"]})
        except Exception as error:
            if "not found" not in str(error):
                raise
    if not made:
        raise bad("messages can't be forwarded" if do is forward else "there are no messages to copy")
    return made


@method
def forwardMessage(call):
    call.forwards = True
    return forward(call, call.arguments.number("message_id"))


@method
def copyMessage(call):
    call.forwards = False
    return copy(call, call.arguments.number("message_id"))


@method
def forwardMessages(call):
    return each(call, forward)


@method
def copyMessages(call):
    return each(call, copy)


# Changing what was sent


def save_edit(call, key, before, after):
    """Keeps what is not the same as before."""
    if {**before, "reply_markup": before.get("reply_markup")} == {**after, "reply_markup": after.get("reply_markup")}:
        raise bad("message is not modified: specified new message content and reply markup are exactly the same as a current "
                  "content and reply markup of the message")  # fmt: skip
    after = {name: value for name, value in after.items() if value is not None}
    after["edit_date"] = int(time.time())
    call.state.put_message(key, after)
    return after


@method
def editMessageText(call):
    if not call.arguments.text("text"):
        raise bad("message text is empty")
    key, message = chats.own(call, "text")
    text, entities = text_of(call.arguments)
    if not text:
        raise bad("message text is empty")
    changed = {**message, "text": text, "entities": entities or None, "reply_markup": markup_of(call.arguments)}
    if "entities" not in message and not entities:
        changed.pop("entities")
    return save_edit(call, key, message, changed)


@method
def editMessageCaption(call):
    key, message = chats.own(call, "caption")
    changed = {**message, **caption_of(call.arguments), "reply_markup": markup_of(call.arguments)}
    changed = {name: value for name, value in changed.items() if value is not None or name == "reply_markup"}
    return save_edit(call, key, message, changed)


@method
def editMessageReplyMarkup(call):
    key, message = chats.own(call, None)
    return save_edit(call, key, message, {**message, "reply_markup": markup_of(call.arguments)})


@method
def editMessageMedia(call):
    key, message = chats.own(call, None)
    item = call.arguments.json("media", "input media", dict) or {}
    found = bytes_of(call.state, item.get("media"), call.arguments, "")
    if found is None:
        raise bad("can't parse InputMedia: media not found")
    kept = {name: value for name, value in message.items()
            if name not in ("photo", "document", "video", "animation", "audio", "caption", "caption_entities", "text", "entities")}  # fmt: skip
    changed = {**kept, **media(call.state, item["type"], found, item), **caption_of(call.arguments, item)}
    return save_edit(call, key, message, {**changed, "reply_markup": markup_of(call.arguments)})


@method
def deleteMessage(call):
    key, chat = call.place()
    message = call.state.message(key, call.arguments.number("message_id"))
    if message is None:
        raise bad("message to delete not found")
    mine = message.get("from", {}).get("id") == call.bot["id"]
    if not mine and chat["type"] != "private" and not chats.is_admin(chat, call.bot["id"]):
        raise bad("message can't be deleted")
    call.state.remove_message(key, message["message_id"])
    return True


@method
def deleteMessages(call):
    key, _ = call.place()
    numbers = call.arguments.json("message_ids", "message_ids", list)
    if not numbers:
        raise bad("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad("too many message identifiers specified")
    for number in numbers:
        call.state.remove_message(key, int(number))
    return True


@method
def setMessageReaction(call):
    key, _ = call.place()
    message = call.state.message(key, call.arguments.number("message_id"))
    if message is None:
        raise bad("message to react not found")
    reaction = [check_reaction(one) for one in call.arguments.json("reaction", "reaction types", list) or []]
    if len(reaction) > 1:
        raise bad("REACTIONS_TOO_MANY")
    chats.put_reaction(call.state, key, message["message_id"], call.bot["id"], reaction)
    return True


@method
def pinChatMessage(call):
    key, chat = call.place()
    chats.need_right(chat, call.bot, "manage pinned messages in the chat")
    message = call.state.message(key, call.arguments.number("message_id"))
    if message is None:
        raise bad("message to pin not found")
    chat["pinned"] = [*(n for n in chat.get("pinned", []) if n != message["message_id"]), message["message_id"]]
    call.state.put_chat(key, chat)
    chats.told(call.state, key, call.me, {"pinned_message": without_reply(message)}, besides=call.token)
    return True


@method
def unpinChatMessage(call):
    key, chat = call.place()
    chats.need_right(chat, call.bot, "manage pinned messages in the chat")
    number = call.arguments.number("message_id") or (chat.get("pinned") or [0])[-1]
    chat["pinned"] = [other for other in chat.get("pinned", []) if other != number]
    call.state.put_chat(key, chat)
    return True


# Files and answers to presses


@method
def getFile(call):
    kept, data = call.state.file(call.arguments.text("file_id"))
    if kept is None:
        raise bad("invalid file_id" if call.arguments.text("file_id") else "file_id not specified")
    if len(data) > DOWNLOAD_MAX:
        raise bad("file is too big")
    return {name: kept[name] for name in ("file_id", "file_unique_id", "file_size", "file_path")}


@method
def answerCallbackQuery(call):
    query = call.state.get("press", call.arguments.text("callback_query_id"))
    if query is None or query["token"] != call.token or "answer" in query:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if rich.units(call.arguments.text("text")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    query["answer"] = {name: call.arguments.text(name) for name in ("text", "url") if call.arguments.text(name)}
    query["answer"]["show_alert"] = call.arguments.truth("show_alert")
    call.state.put("press", call.arguments.text("callback_query_id"), query)
    return True


@method
def answerInlineQuery(call):
    if call.state.get("inline", call.arguments.text("inline_query_id")) is None:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    return True
