"""Pieces of what is sent: arguments, files, keyboards, replies. All refuse in Telegram's words."""

import json
import re
import struct
import urllib.request

import rich
from state import bad, public_user

PHOTO_MAX, UPLOAD_MAX, DOWNLOAD_MAX = 10 << 20, 50 << 20, 20 << 20
ALBUM = range(2, 11)
REACTIONS = set(
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 "
    "👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡".split()
)


# All methods, by their name in lower case.
METHODS = {}


def method(function):
    METHODS[function.__name__.lower()] = function
    return function


class Arguments(dict):
    """What a call brought: text by name, or JSON as it came; files by name beside it."""

    def __init__(self, values, files):
        super().__init__(values)
        self.files = files

    def text(self, name, default=""):
        value = self.get(name, default)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)

    def number(self, name, default=0):
        try:
            return int(self.get(name, default))
        except (TypeError, ValueError):
            return default

    def truth(self, name):
        return str(self.get(name, "")).lower() in ("true", "yes", "1")

    def json(self, name, what, kind):
        """An object or a list, which a form brings as text."""
        value = self.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                value = json.loads(value)
            except ValueError:
                raise bad(f"can't parse {what} JSON object") from None
        if value is not None and not isinstance(value, kind):
            raise bad(f"{'object' if kind is dict else 'array'} expected as {what}")
        return value


def text_of(arguments, limit=rich.TEXT_MAX, name="text", entities="entities", too_long="message is too long"):
    return rich.read(
        arguments.text(name), arguments.text("parse_mode"), arguments.json(entities, entities, list), limit, too_long
    )


def caption_of(arguments, values=None):
    values = Arguments(values if values is not None else arguments, arguments.files)
    text, entities = text_of(values, rich.CAPTION_MAX, "caption", "caption_entities", "message caption is too long")
    return {"caption": text or None, "caption_entities": entities or None}


# Keyboards

BUTTON_ACTIONS = ("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game")  # fmt: skip


def markup_of(arguments):
    markup = arguments.json("reply_markup", "reply keyboard markup", dict)
    if not markup:
        return None
    if "inline_keyboard" in markup:
        rows = check_rows(markup["inline_keyboard"], "inline_keyboard", check_inline)
        return {"inline_keyboard": rows} if rows else None
    if "keyboard" in markup:
        check_rows(markup["keyboard"], "keyboard", check_button)
    elif not markup.get("remove_keyboard") and not markup.get("force_reply"):
        return None
    return markup


def check_rows(rows, name, check):
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{name}" must be an Array of Arrays')
    if sum(len(row) for row in rows) > 300 or any(len(row) > 20 for row in rows):
        raise bad("reply markup is too long")
    return [[check(button) for button in row] for row in rows if row]


def check_inline(button):
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not button.get("text"):
        raise bad('can\'t parse inline keyboard button: Can\'t find field "text"')
    if not any(name in button for name in BUTTON_ACTIONS):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"(https?|tg|ton)://\S+$|\w[\w.-]+\.\w+(/\S*)?$", str(button["url"])):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button


def check_button(button):
    text = button if isinstance(button, str) else button.get("text") if isinstance(button, dict) else None
    if not text:
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    return button


# Replies

def reply_of(state, key, arguments):
    """reply_to_message and quote of what is sent here."""
    reply = arguments.json("reply_parameters", "reply parameters", dict)
    if reply is None:
        number = arguments.number("reply_to_message_id")
        if not number:
            return {}
        reply = {"message_id": number, "allow_sending_without_reply": arguments.truth("allow_sending_without_reply")}
    if reply.get("chat_id") not in (None, "", state.chat(key)["id"], str(state.chat(key)["id"])):
        raise bad("the stub knows replies within a chat only")
    try:
        replied = state.message(key, int(reply.get("message_id", 0)))
    except (TypeError, ValueError):
        raise bad("invalid reply parameters specified") from None
    if replied is None:
        if reply.get("allow_sending_without_reply") in (True, "true", "True", 1):
            return {}
        raise bad("message to be replied not found")
    found = {"reply_to_message": without_reply(replied)}
    if quote := reply.get("quote"):
        whole = replied.get("text", replied.get("caption", ""))
        if quote not in whole:
            raise bad("QUOTE_TEXT_INVALID")
        found["quote"] = {"text": quote, "position": rich.units(whole[: whole.index(quote)]), "is_manual": True}
    return found


def without_reply(message):
    """As it stands within another: the replied one's own reply is left out."""
    return {name: value for name, value in message.items() if name not in ("reply_to_message", "quote")}


# Files

MEASURES = {
    "video": "width height duration", "animation": "width height duration", "audio": "duration", "voice": "duration",
    "video_note": "length duration",
}  # fmt: skip


def is_image(data):
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")) or is_webp(data)


def is_webp(data):
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def size_of(data):
    """Width and height of an image."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data.startswith(b"GIF8") and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    if data.startswith(b"\xff\xd8"):
        at = 2
        while at + 9 < len(data) and data[at] == 0xFF:
            if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
                return struct.unpack(">HH", data[at + 5 : at + 9])[::-1]
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return (64, 64)


def bytes_of(state, value, arguments, field):
    """(data, name, mime type, what is kept already) of an argument: an upload, attach://NAME, a URL or a file_id."""
    if isinstance(value, str) and value.startswith("attach://"):
        if value[9:] not in arguments.files:
            raise bad(f"file attached by \"{value}\" is missing")
        return *arguments.files[value[9:]][:3], None
    if field in arguments.files:
        return *arguments.files[field][:3], None
    if not value or not isinstance(value, str):
        return None
    if value.startswith(("http://", "https://")):
        if not re.match(r"http://(127\.0\.0\.1|localhost)[:/]", value):
            raise bad("failed to get HTTP URL content")
        try:
            with urllib.request.urlopen(value, timeout=5) as answer:
                name = value.split("?")[0].rsplit("/", 1)[-1]
                return answer.read(UPLOAD_MAX), name, answer.headers.get_content_type(), None
        except OSError:
            raise bad("failed to get HTTP URL content") from None
    kept, data = state.file(value)
    if kept is None:
        raise bad("wrong file identifier/HTTP URL specified")
    return data, kept["name"], kept.get("mime_type"), kept


def media(state, kind, found, more=None):
    """What stands in a message of this kind: `{"photo": [...]}`, `{"document": {...}}` and so on, by bytes that came."""
    data, name, mime, kept = found
    more = {key: value for key, value in (more or {}).items() if value not in (None, "", 0)}
    if not data:
        raise bad("file must be non-empty")
    if kind == "photo":
        return {"photo": photo(state, data, name, kept)}
    if kind == "sticker" and not (is_webp(data) or data.startswith((b"\x1f\x8b", b"\x1aE\xdf\xa3"))):
        kind = "document"
    if kind == "voice" and not data.startswith((b"OggS", b"ID3", b"\xff\xfb")) and data[4:8] != b"ftyp":
        kind = "document"
    file = {n: kept[n] for n in ("file_id", "file_unique_id", "file_size")} if kept else state.new_file(kind, name, data)
    mime = mime or "application/octet-stream"
    body = dict(file)
    if kind in ("document", "video", "animation", "audio"):
        body["file_name"] = name
    if kind in ("document", "video", "animation", "audio", "voice"):
        body["mime_type"] = mime
    for field in MEASURES.get(kind, "").split():
        body[field] = int(more.get(field, 0))
    if kind == "audio":
        body.update({name: more[name] for name in ("performer", "title") if name in more})
    if kind == "sticker":
        width, height = size_of(data)
        body.update({
            "type": "regular", "width": int(more.get("width", width)), "height": int(more.get("height", height)),
            "is_animated": data.startswith(b"\x1f\x8b"), "is_video": data.startswith(b"\x1aE"),
        })  # fmt: skip
        body.update({name: more[name] for name in ("emoji", "set_name") if name in more})
    if kind == "animation":
        # For clients that know no animations.
        document = {n: body[n] for n in ("file_id", "file_unique_id", "file_size", "file_name", "mime_type")}
        return {"animation": body, "document": document}
    return {kind: body}


def photo(state, data, name, kept):
    if len(data) > PHOTO_MAX:
        raise bad(f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_MAX} bytes")
    if not is_image(data):
        raise bad("IMAGE_PROCESS_FAILED")
    width, height = size_of(data)
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")
    if kept:
        file = {name: kept[name] for name in ("file_id", "file_unique_id", "file_size")}
    else:
        file = state.new_file("photo", (name or "photo").rsplit(".", 1)[0] + ".jpg", data)
    # Two sizes, the largest last. The small one is other bytes: who takes it is found out.
    small = state.new_file("photo", "small.jpg", b"\xff\xd8\xff small of " + file["file_unique_id"].encode())
    return [{**small, "width": min(90, width), "height": min(90, height)}, {**file, "width": width, "height": height}]


def check_reaction(reaction):
    if not isinstance(reaction, dict) or reaction.get("type") not in ("emoji", "custom_emoji", "paid"):
        raise bad("can't parse ReactionType: invalid reaction type specified")
    if reaction["type"] == "emoji" and reaction.get("emoji", "").replace("\ufe0f", "") not in REACTIONS:
        raise bad("REACTION_INVALID")
    return reaction


def member(user, status, more=None):
    """A ChatMember with all that its kind must have."""
    base = {"user": public_user(user), "status": status}
    if status == "creator":
        base["is_anonymous"] = False
    elif status == "administrator":
        rights = ("can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
                  "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories "
                  "can_pin_messages can_manage_topics can_send_welcome_messages")  # fmt: skip
        base.update({right: right not in ("can_be_edited", "is_anonymous", "can_promote_members") for right in rights.split()})
    elif status == "restricted":
        base.update({"is_member": True, "until_date": 0, **{right: False for right in PERMISSIONS}})
    elif status == "kicked":
        base["until_date"] = 0
    return {**base, **(more or {})}


PERMISSIONS = (
    "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
    "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_change_info "
    "can_invite_users can_pin_messages can_manage_topics can_edit_tag can_react_to_messages"
).split()
