"""What tests order under `/_/`: bots, people and chats to be there, what people do, what goes wrong, and what came of it.

Each takes one JSON object, and one with the same `key` is carried out once. `chat` is a chat's id; without it the private chat of
`from` with the bot `token` is meant, and that may be left out where there is one bot only.
"""

import base64
import hashlib
import time

import chats
import rich
from parts import check_reaction, media, without_reply
from state import Refused, public_chat, public_user

ORDERS = {}
MEDIA = ("photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker")


def order(function):
    ORDERS[function.__name__.rstrip("_")] = function
    return function


class Wrong(Exception):
    """The test asks for what cannot be."""


def the_token(state, o):
    if o.get("token"):
        return o["token"]
    tokens = list(state.bots())
    if len(tokens) != 1:
        raise Wrong(f"say which bot is meant (token): there are {len(tokens)}")
    return tokens[0]


def the_user(state, o, name="from"):
    user = chats.user_of(state, o[name])
    if user is None:
        raise Wrong(f"there is no user {o[name]}")
    return user


def the_chat(state, o):
    """Key of the chat; a private one comes to be by the first word."""
    if o.get("chat") is not None and int(o["chat"]) < 0:
        key = str(o["chat"])
        if state.chat(key) is None:
            raise Wrong(f"there is no chat {key}")
        return key
    bot = state.bot(the_token(state, o))
    user = the_user(state, o, "from" if "from" in o else "chat")
    key = f"{bot['id']}/{user['id']}"
    if state.chat(key) is None:
        names = ("id", "username", "first_name", "last_name")
        state.put_chat(key, {"type": "private", "next": 1, **{n: user[n] for n in names if n in user}})
    return key


# Who there is


@order
def bot(state, o):
    """token; first_name, username, can_read_all_group_messages (true), has_topics_enabled"""
    number = int(o["token"].split(":")[0])
    made = {"id": number, "is_bot": True, "first_name": "Stub", "username": f"stub_{number}_bot", **o}
    state.put("bot", o["token"], {**(state.get("bot", o["token"]) or {}), **made})
    return public_user(made)


@order
def revoke(state, o):
    """token: from now on 401; with again: no longer."""
    bot = state.get("bot", the_token(state, o))
    state.put("bot", the_token(state, o), {**bot, "revoked": not o.get("again")})


@order
def user(state, o):
    """first_name; id, last_name, username, language_code, is_bot"""
    made = {"id": state.count("user", first=1001), "is_bot": False, "first_name": "Anna", **o}
    state.put("user", made["id"], made)
    return public_user(made)


@order
def chat(state, o):
    """type (supergroup), title; id, username, is_forum, members: [id], bots: [token], admin: true (the bots')"""
    kind = o.get("type", "supergroup")
    number = o.get("id") or (-state.count("group", first=501) if kind == "group" else -1_000_000_000_000 - state.count("super", first=9001))
    members = {str(member): {"status": "member"} for member in o.get("members", [])}
    if members:
        members[next(iter(members))] = {"status": "creator"}
    made = {"id": number, "type": kind, "title": o.get("title", "Group"), "next": 1, "members": members, "topics": {}}
    made.update({name: o[name] for name in ("username", "is_forum") if name in o})
    state.put_chat(str(number), made)
    for token in o.get("bots", list(state.bots())):
        add_bot(state, {"token": token, "chat": number, "status": "administrator" if o.get("admin") or kind == "channel" else "member"})
    return public_chat(made)


@order
def add_bot(state, o):
    """token, chat, status (member): administrator, member, restricted, left, kicked; the bot is told"""
    key = str(o["chat"])
    owner = next(iter(state.chat(key)["members"]), None)
    by = chats.user_of(state, owner) if owner else {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    bot = public_user(state.bot(the_token(state, o)))
    chats.set_status(state, key, bot, o.get("status", "member"), by)
    return public_chat(state.chat(key))


# What people do


def content_of(state, o):
    """Content of a message, from text with entities or parse_mode, a file as {base64, file_name, …}, or Telegram's own fields."""
    content = dict(o.get("extra", {}))
    for kind in MEDIA:
        if kind in o:
            wanted = o[kind]
            data = base64.b64decode(wanted["base64"]) if "base64" in wanted else b"x" * wanted.get("size", 10)
            found = (data, wanted.get("file_name", f"{kind}.bin"), wanted.get("mime_type"), None)
            content.update(media(state, kind, found, wanted))
    for kind in ("location", "contact", "venue", "dice", "poll", "story", "forward_origin", "via_bot", "rich_message"):
        if kind in o:
            content[kind] = o[kind]
    is_text = not any(kind in o for kind in (*MEDIA, "poll"))
    name, marks = ("text", "entities") if is_text else ("caption", "caption_entities")
    text = o.get("text", o.get("caption"))
    if text is not None:
        content[name], entities = rich.read(text, o.get("parse_mode"), o.get("entities"), 1 << 20, "")
        if entities:
            content[marks] = entities
    return content


def post(state, o, content):
    key = the_chat(state, o)
    chat, writer = state.chat(key), None
    if chat["type"] == "channel":
        content["sender_chat"] = public_chat(chat)
    elif o.get("anonymous"):
        writer = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        content["sender_chat"] = public_chat(chat)
    else:
        user = the_user(state, o)
        writer = public_user(user)
        if chat["type"] != "private" and chat["members"].get(str(user["id"]), {}).get("status") in (None, "left", "kicked", "restricted"):
            raise Wrong(f"{user['first_name']} may not write in {chat['title']}")
    if thread := o.get("topic"):
        content.update({"message_thread_id": thread, "is_topic_message": True})
        # Whoever answers nobody answers what began the topic.
        if begin := state.message(key, thread):
            content["reply_to_message"] = without_reply(begin)
    if reply := o.get("reply_to"):
        content["reply_to_message"] = without_reply(state.message(key, reply))
        if o.get("quote"):
            content["quote"] = {"text": o["quote"], "position": 0, "is_manual": True}
    if "sticker" not in content and chat["type"] == "private" and chat.get("blocked"):
        chat.pop("blocked")
        state.put_chat(key, chat)
    return key, state.new_message(key, writer, **content)


@order
def say(state, o):
    """from; chat, text, entities or parse_mode, photo/document/…: {base64, file_name, mime_type, …}, caption, reply_to, quote, topic,
    anonymous, extra; album: [the same of each item]. Gives message_id (message_ids) and the updates' numbers by token."""
    if "album" in o:
        group = str(13_000_000_000_000_000 + state.count("album"))
        made = [post(state, {**o, **item}, {**content_of(state, item), "media_group_id": group}) for item in o["album"]]
    else:
        made = [post(state, o, content_of(state, o))]
    updates = [chats.tell(state, key, message) for key, message in made]
    numbers = [message["message_id"] for _, message in made]
    return {"message_id": numbers[0], "message_ids": numbers, "updates": updates, "chat": made[0][1]["chat"]["id"]}


@order
def edit(state, o):
    """from, message_id, text or caption (entities, parse_mode); chat"""
    key = the_chat(state, o)
    message = state.message(key, o["message_id"])
    for name in ("entities", "caption_entities"):
        message.pop(name, None)
    has_file = any(kind in message for kind in MEDIA)
    o = {**o, "caption": o.get("caption", o.get("text")), "poll": 0} if has_file else o
    content = content_of(state, o)
    content.pop("poll", None)
    message.update({**content, "edit_date": int(time.time())})
    state.put_message(key, message)
    return {"updates": [chats.tell(state, key, message, edited=True)]}


@order
def delete(state, o):
    """chat or from, message_id: bots hear nothing of it."""
    state.remove_message(the_chat(state, o), o["message_id"])


@order
def react(state, o):
    """from, message_id, emoji: [..] (none takes back); chat"""
    key = the_chat(state, o)
    reaction = [check_reaction({"type": "emoji", "emoji": emoji} if isinstance(emoji, str) else emoji) for emoji in o.get("emoji", [])]
    before = chats.put_reaction(state, key, o["message_id"], o["from"], reaction)
    user = public_user(the_user(state, o))
    update = {"chat": public_chat(state.chat(key)), "message_id": o["message_id"], "user": user, "date": int(time.time()),
              "old_reaction": before, "new_reaction": reaction}  # fmt: skip
    allowed = lambda bot: state.chat(key)["type"] == "private" or chats.is_admin(state.chat(key), bot["id"])
    return {"updates": [{t: state.tell(t, "message_reaction", update) for t, bot in chats.bots_in(state, key) if allowed(bot)}]}


@order
def press(state, o):
    """from, message_id, data or text (of the button); chat. Gives the query's id, for `pressed`."""
    key = the_chat(state, o)
    message = state.message(key, o["message_id"])
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row if "callback_data" in button]
    wanted = [b for b in buttons if o.get("data", b["callback_data"]) == b["callback_data"] and o.get("text", b["text"]) == b["text"]]
    if not wanted:
        raise Wrong(f"there is no such button in {rows}")
    token = next(t for t, bot in state.bots().items() if bot["id"] == message["from"]["id"])
    number = str(4_000_000_000_000_000_000 + state.count("press"))
    state.put("press", number, {"token": token, "data": wanted[0]["callback_data"]})
    query = {"id": number, "from": public_user(the_user(state, o)), "message": message, "chat_instance": "-1" + key.strip("-").replace("/", ""),
             "data": wanted[0]["callback_data"]}  # fmt: skip
    return {"id": number, "updates": [{token: state.tell(token, "callback_query", query)}]}


@order
def pressed(state, o):
    """id: what answerCallbackQuery brought, or null"""
    return (state.get("press", o["id"]) or {}).get("answer")


@order
def join(state, o):
    """from, chat"""
    user = the_user(state, o)
    chats.set_status(state, str(o["chat"]), user, "member", user)
    message = chats.told(state, str(o["chat"]), public_user(user), {"new_chat_members": [public_user(user)]})
    return {"message_id": message["message_id"]}


@order
def leave(state, o):
    """from, chat"""
    user = the_user(state, o)
    chats.set_status(state, str(o["chat"]), user, "left", user)
    message = chats.told(state, str(o["chat"]), public_user(user), {"left_chat_member": public_user(user)})
    return {"message_id": message["message_id"]}


@order
def block(state, o):
    """from, token; blocked (true)"""
    key = the_chat(state, o)
    chat = state.chat(key)
    chat["blocked"] = o.get("blocked", True)
    state.put_chat(key, chat)
    user, bot = public_user(the_user(state, o)), state.bot(the_token(state, o))
    member = lambda blocked: {"user": public_user(bot), "status": "kicked", "until_date": 0} if blocked else {"user": public_user(bot), "status": "member"}
    update = {"chat": public_chat(chat), "from": user, "date": int(time.time()), "old_chat_member": member(not chat["blocked"]),
              "new_chat_member": member(chat["blocked"])}  # fmt: skip
    return {"updates": [{the_token(state, o): state.tell(the_token(state, o), "my_chat_member", update)}]}


@order
def topic(state, o):
    """from, chat, name: opens a topic; gives message_thread_id"""
    return chats.new_topic(state, the_chat(state, o), public_user(the_user(state, o)), o["name"])


@order
def title(state, o):
    """from, chat, title"""
    key = the_chat(state, o)
    state.put_chat(key, {**state.chat(key), "title": o["title"]})
    return {"message_id": chats.told(state, key, public_user(the_user(state, o)), {"new_chat_title": o["title"]})["message_id"]}


@order
def migrate(state, o):
    """chat: a group becomes a supergroup, whose chat this gives"""
    old_key = str(o["chat"])
    old = state.chat(old_key)
    new = {**old, "id": -1_000_000_000_000 - state.count("super", first=9001), "type": "supergroup", "next": 1}
    owner = public_user(chats.user_of(state, next(iter(old["members"]))))
    chats.told(state, old_key, owner, {"migrate_to_chat_id": new["id"]})
    state.put_chat(old_key, {**state.chat(old_key), "migrated_to": new["id"]})
    state.put_chat(str(new["id"]), new)
    chats.told(state, str(new["id"]), owner, {"migrate_from_chat_id": old["id"]})
    return public_chat(new)


@order
def vote(state, o):
    """from, message_id, options: [number]; chat"""
    key = the_chat(state, o)
    message = state.message(key, o["message_id"])
    poll = message["poll"]
    for number in o["options"]:
        poll["options"][number]["voter_count"] += 1
    poll["total_voter_count"] += 1
    state.put_message(key, message)
    token = the_token(state, o)
    state.tell(token, "poll", poll)
    if not poll["is_anonymous"]:
        ids = [poll["options"][number]["persistent_id"] for number in o["options"]]
        state.tell(token, "poll_answer", {"poll_id": poll["id"], "user": public_user(the_user(state, o)), "option_ids": o["options"],
            "option_persistent_ids": ids})  # fmt: skip


@order
def update(state, o):
    """token, update: {kind: …} as it is, for kinds and fields that the stub does not know"""
    kind, what = next(iter(o["update"].items()))
    return {"update_id": state.tell(the_token(state, o), kind, what)}


# What goes wrong


@order
def fault(state, o):
    """method ("*", or several with commas), kind; token, chat, count (1), skip (0). Kinds: error {code, description, retry_after,
    migrate_to_chat_id}, close (cut without doing it), lost (done, then cut without an answer), hang {seconds} (held so long, then
    cut, not done), slow {seconds} (done and answered later), garbage {code} (a page of HTML instead)"""
    if o.get("kind") not in ("error", "close", "lost", "hang", "slow", "garbage"):
        raise Wrong("kind is one of error, close, lost, hang, slow, garbage")
    state.add_fault(o)


@order
def no_faults(state, o):
    """Takes back what is left of them."""
    state.clear_faults()


@order
def flood(state, o):
    """token, messages, seconds, wait: from so many calls that write to one chat within so many seconds on, 429 for `wait`
    seconds, and longer for each that comes meanwhile. messages 0 ends it."""
    state.put("flood", the_token(state, o), o)


# What came of it


@order
def calls(state, o):
    """token, method, after (seq): all calls, with arguments, files, status and answer, in the order in which they came"""
    return state.calls(o.get("token"), o.get("method"), o.get("after", 0))


@order
def messages(state, o):
    """chat or from (token): what people see there now: messages with their edits, without deleted ones; `reactions` by who"""
    key = the_chat(state, o)
    shown = []
    for message in state.messages(key):
        reactions = state.get("reaction", f"{key} {message['message_id']}")
        shown.append({**message, "reactions": reactions} if reactions else message)
    return shown


@order
def show_chat(state, o):
    """chat or from (token): the chat with members, topics, draft, keyboard, pinned"""
    return state.chat(the_chat(state, o))


@order
def show_bot(state, o):
    """token: commands, webhook, allowed_updates"""
    return state.bot(the_token(state, o))


@order
def pending(state, o):
    """token: updates that nobody has confirmed"""
    return state.pending(the_token(state, o))


@order
def file(state, o):
    """file_id: name, size, sha256, base64"""
    kept, data = state.file(o["file_id"])
    if kept is None:
        raise Wrong("no such file")
    return {**kept, "sha256": hashlib.sha256(data).hexdigest(), "base64": base64.b64encode(data).decode()}


def run(state, name, o):
    if name not in ORDERS:
        raise Wrong(f"there is no order {name}; there are {', '.join(sorted(ORDERS))}")
    try:
        with state.change():
            # Who was cut off before the answer asks again with the same key, and nothing happens twice.
            done = state.get("done", o["key"]) if "key" in o else None
            if done is None:
                done = {"result": ORDERS[name](state, o)}
                if "key" in o:
                    state.put("done", o["key"], done)
            return done["result"]
    except Refused as refused:
        raise Wrong(refused.description) from None
    except KeyError as missing:
        raise Wrong(f"{name} wants {missing}: {ORDERS[name].__doc__}") from None
