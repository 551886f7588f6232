"""Texts as Telegram takes them: three parse modes, entities with their bounds in UTF-16 units, what it finds by itself."""

import html
import re

from state import bad

TEXT_MAX, CAPTION_MAX = 4096, 1024
KINDS = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic", "underline",
    "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link", "text_mention",
    "custom_emoji", "date_time",
}  # fmt: skip
# Telegram finds these itself and does not let a sender say where they are not.
FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
PATTERNS = [
    ("url", re.compile(r"\b(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]']", re.I)),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?\b")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z0-9_]{4,32}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
]
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
RESERVED = "_*[]()~`>#+-=|{}.!"


def units(text):
    """Length in UTF-16 units."""
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def read(text, parse_mode, entities, limit, too_long):
    """Text and entities as the message will have them."""
    mode = (parse_mode or "").lower()
    if mode in ("", "none"):
        entities = [check_entity(entity, text) for entity in entities or []]
    elif mode == "html":
        text, entities = parse_html(text)
    elif mode == "markdownv2":
        text, entities = MarkdownV2(text).parse()
    elif mode == "markdown":
        text, entities = parse_markdown(text)
    else:
        raise bad("unsupported parse_mode")
    text, entities = trim(text.replace("\r", ""), entities)
    if units(text) > limit:
        raise bad(too_long)
    return text, sort(entities + find(text, entities))


def check_entity(entity, text):
    if not isinstance(entity, dict):
        raise bad("can't parse MessageEntity: expected an Object")
    kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
    if kind not in KINDS:
        raise bad("can't parse MessageEntity: Unsupported type specified")
    if not isinstance(offset, int) or not isinstance(length, int) or offset < 0 or length <= 0:
        raise bad("can't parse MessageEntity: offset and length must be Numbers above zero")
    borders = {0}
    at = 0
    for char in text:
        at += units(char)
        borders.add(at)
    if offset + length > at:
        raise bad(f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {at}")
    if offset not in borders:
        raise bad(f"entity begins in a middle of a UTF-16 symbol at byte offset {offset}")
    if offset + length not in borders:
        raise bad(f"entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol")
    if kind == "text_link" and not entity.get("url"):
        raise bad('can\'t parse MessageEntity: Can\'t find field "url"')
    if kind == "custom_emoji" and not entity.get("custom_emoji_id"):
        raise bad('can\'t parse MessageEntity: Can\'t find field "custom_emoji_id"')
    return entity


def trim(text, entities):
    """Without white space around it, entities moved along; those of nothing but white space are gone."""
    cut = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept = []
    for entity in entities:
        begin, stop = max(entity["offset"] - cut, 0), min(entity["offset"] + entity["length"] - cut, end)
        if stop > begin:
            kept.append({**entity, "offset": begin, "length": stop - begin})
    return text, kept


def find(text, entities):
    """Links, commands and mentions that nobody has marked; none inside code and links."""
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in FOUND | {"code", "pre", "text_link"}]
    found = []
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            begin, length = units(text[: match.start()]), units(match.group())
            if all(begin + length <= b or e <= begin for b, e in taken):
                taken.append((begin, begin + length))
                found.append({"type": kind, "offset": begin, "length": length})
    return found


def sort(entities):
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def plain(text):
    """The few references that Telegram knows; others stay as they are."""
    return re.sub(r"&(?:lt|gt|amp|quot|#\d+|#[xX][0-9a-fA-F]+);", lambda match: html.unescape(match.group()), text)


def cannot(why):
    return bad(f"can't parse entities: {why}")


def parse_html(source):
    out, entities, open_tags = "", [], []
    for piece in re.finditer(r"<(/?)([^\s<>/]*)([^<>]*)>|<|[^<]+", source):
        offset = len(source[: piece.start()].encode())
        raw = piece.group()
        if not raw.startswith("<"):
            out += plain(raw)
        elif raw == "<":
            raise cannot(f"Unclosed start tag at byte offset {offset}")
        elif piece.group(1):
            name = piece.group(2).lower()
            if not open_tags:
                raise cannot(f"Unexpected end tag at byte offset {offset}")
            tag, begin, entity = open_tags.pop()
            if name not in ("", tag):
                raise cannot(f'Unmatched end tag at byte offset {offset}, expected "</{tag}>", found "</{name}>"')
            close_html(out, entities, tag, begin, entity, open_tags)
        else:
            name, attributes = piece.group(2).lower(), piece.group(3)
            if name not in TAGS:
                raise cannot(f'Unsupported start tag "{name}" at byte offset {offset}')
            values = dict(re.findall(r"([a-z-]+)\s*=\s*[\"']?([^\"'>]*)[\"']?", attributes))
            if name == "span" and values.get("class") != "tg-spoiler":
                raise cannot(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
            entity = {"type": TAGS[name]}
            if name == "a":
                entity["url"] = plain(values.get("href", ""))
            elif name == "tg-emoji":
                entity["custom_emoji_id"] = values.get("emoji-id", "")
            elif name == "blockquote" and "expandable" in attributes:
                entity["type"] = "expandable_blockquote"
            elif name == "code" and values.get("class", "").startswith("language-"):
                entity["language"] = values["class"][len("language-") :]
            open_tags.append((name, units(out), entity))
    if open_tags:
        raise cannot(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return out, entities


def close_html(out, entities, tag, begin, entity, open_tags):
    length = units(out) - begin
    if tag == "a" and not entity["url"]:
        entity["url"] = out[len(out) - length :]
    language = entity.pop("language", None)
    # <pre><code class="language-x"> is one block.
    if tag == "code" and language and open_tags and open_tags[-1][0] == "pre":
        open_tags[-1][2]["language"] = language
        return
    if length:
        entities.append({**entity, "offset": begin, "length": length})


def parse_markdown(source):
    """The old one: no nesting, no escapes inside."""
    out, entities, at = "", [], 0
    while at < len(source):
        char = source[at]
        if char == "\\" and source[at + 1 : at + 2] in ("_", "*", "`", "["):
            out += source[at + 1]
            at += 2
        elif char not in "_*`[":
            out += char
            at += 1
        else:
            offset = len(source[:at].encode())
            mark = "```" if source.startswith("```", at) else "]" if char == "[" else char
            end = source.find(mark, at + (3 if mark == "```" else 1))
            if end < 0:
                raise cannot(f"Can't find end of the entity starting at byte offset {offset}")
            inner = source[at + (3 if mark == "```" else 1) : end]
            entity = {"type": {"_": "italic", "*": "bold", "`": "code", "```": "pre", "]": "text_link"}[mark]}
            at = end + len(mark)
            if mark == "```" and (match := re.match(r"(\w+)\n", inner)):
                entity["language"], inner = match.group(1), inner[match.end() :]
            if mark == "]":
                match = re.compile(r"\(([^)]*)\)").match(source, at)
                if match:
                    entity["url"], at = match.group(1), match.end()
            if inner and (mark != "]" or entity.get("url")):
                entities.append({**entity, "offset": units(out), "length": units(inner)})
            out += inner
    return out, entities


class MarkdownV2:
    MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}

    def __init__(self, source):
        self.source, self.at, self.out = source, 0, ""
        self.entities, self.open = [], []

    def parse(self):
        self.quote = None
        while self.at < len(self.source):
            self.begin_line()
            self.step()
        self.end_quote()
        if self.open:
            mark, _, offset = self.open[-1]
            name = {"[": "TextUrl", "![": "CustomEmoji"}.get(mark, self.MARKS.get(mark, "").title())
            raise cannot(f"Can't find end of {name} entity at byte offset {offset}")
        return self.out, self.entities

    def add(self, kind, begin, **more):
        length = units(self.out) - begin
        if length:
            self.entities.append({"type": kind, "offset": begin, "length": length, **more})

    def begin_line(self):
        if self.at and self.source[self.at - 1] != "\n":
            return
        head = "**>" if self.source.startswith("**>", self.at) else ">"
        if not self.source.startswith(head, self.at):
            return self.end_quote()
        if head == "**>":
            self.end_quote()
        if self.quote is None:
            self.quote = units(self.out)
        self.at += len(head)

    def end_quote(self, kind="blockquote"):
        if self.quote is not None:
            trailing = self.out.endswith("\n")
            length = units(self.out) - trailing - self.quote
            if length > 0:
                self.entities.append({"type": kind, "offset": self.quote, "length": length})
            self.quote = None

    def step(self):
        if self.at >= len(self.source):
            return
        source, at = self.source, self.at
        offset = len(source[:at].encode())
        char = source[at]
        if char == "\\" and at + 1 < len(source) and 1 <= ord(source[at + 1]) <= 126:
            self.out += source[at + 1]
            self.at += 2
        elif source.startswith("```", at) or char == "`":
            self.code("```" if source.startswith("```", at) else "`", offset)
        elif source.startswith("||", at) and self.quote is not None and re.match(r"\|\|(\n|$)", source[at:]) and not self.is_open("||"):
            self.end_quote("expandable_blockquote")
            self.at += 2
        elif source.startswith("||", at):
            self.mark("||", offset)
        elif source.startswith("__", at):
            self.mark("__", offset)
        elif char in "*_~":
            self.mark(char, offset)
        elif char == "[" or source.startswith("![", at):
            mark = "[" if char == "[" else "!["
            self.open.append((mark, units(self.out), offset))
            self.at += len(mark)
        elif char == "]" and self.open and self.open[-1][0] in ("[", "!["):
            self.link(offset)
        elif char in RESERVED:
            raise cannot(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        else:
            self.out += char
            self.at += 1

    def is_open(self, mark):
        return any(other == mark for other, _, _ in self.open)

    def mark(self, mark, offset):
        self.at += len(mark)
        if self.open and self.open[-1][0] == mark:
            _, begin, _ = self.open.pop()
            self.add(self.MARKS[mark], begin)
        elif self.is_open(mark):
            raise cannot(f"Can't find end of {self.MARKS[self.open[-1][0]].title()} entity at byte offset {self.open[-1][2]}")
        else:
            self.open.append((mark, units(self.out), offset))

    def code(self, mark, offset):
        end = self.source.find(mark, self.at + len(mark))
        if end < 0:
            raise cannot(f"Can't find end of {'PreCode' if mark == '```' else 'Code'} entity at byte offset {offset}")
        inner, begin, more = self.source[self.at + len(mark) : end], units(self.out), {}
        if mark == "```" and (match := re.match(r"(\S+)\n", inner)):
            more["language"], inner = match.group(1), inner[match.end() :]
        elif mark == "```" and inner.startswith("\n"):
            inner = inner[1:]
        self.out += re.sub(r"\\([`\\])", r"\1", inner)
        self.add("pre" if mark == "```" else "code", begin, **more)
        self.at = end + len(mark)

    def link(self, offset):
        mark, begin, _ = self.open.pop()
        match = re.compile(r"\]\(((?:\\.|[^)\\])*)\)").match(self.source, self.at)
        if not match:
            if mark == "![":
                raise cannot(f"Custom emoji entity must contain a tg://emoji URL at byte offset {offset}")
            self.at += 1
            return
        url = re.sub(r"\\(.)", r"\1", match.group(1))
        self.at = match.end()
        if mark == "![":
            self.add("custom_emoji", begin, custom_emoji_id=url.rsplit("id=", 1)[-1])
        elif url.startswith("tg://user?id="):
            self.add("text_mention", begin, user={"id": int(url.rsplit("=", 1)[1]), "is_bot": False, "first_name": "?"})
        else:
            self.add("text_link", begin, url=url)
