"""Runs a bot that somebody else wrote for Telegram, as it comes from PyPI; nothing of it is changed but the base URL, which is
in API. TOKEN is the bot's, PERSON the number of whoever may talk with it. Called by tests/telegram_clients.rs."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys

API, TOKEN, PERSON = os.environ["API"], os.environ["TOKEN"], int(os.environ["PERSON"])


def pebbles():
    """Runs commands of a shell (https://pypi.org/project/pebbles-bot), written with pyTelegramBotAPI."""
    import telebot.apihelper

    telebot.apihelper.API_URL = API + "/bot{0}/{1}"
    os.makedirs(os.path.expanduser("~/.ssh"), exist_ok=True)
    from pebbles_bot import Pebbles

    Pebbles(TOKEN, [str(PERSON)])


def poetry():
    """Quotes poems of its database (https://pypi.org/project/poetrybot), written with python-telegram-bot."""
    from telegram.ext import ApplicationBuilder

    begin = ApplicationBuilder.__init__

    def begin_here(builder):
        begin(builder)
        builder.base_url(API + "/bot").base_file_url(API + "/file/bot")

    ApplicationBuilder.__init__ = begin_here
    os.environ.update(TELEGRAM_TOKEN=TOKEN, AUTH_TOKEN="none", DATABASE_URL="sqlite:///poems.db")
    from poetrybot import main
    from poetrybot.database import models, store

    store.connect(os.environ["DATABASE_URL"])
    with store.get_session() as session:
        poet = models.Poet(name="Angelus Silesius")
        session.add(models.Poem(verses="Die Ros ist ohn warum;\nsie blühet, weil sie blühet", poet_id=1))
        session.add_all([poet, models.User(id=PERSON, name="Somebody")])
        session.commit()
    main.main()


def nonebot_echo():
    """NoneBot's own echo (https://pypi.org/project/nonebot2), by its adapter for Telegram, which has a setting for the URL."""
    import nonebot
    from nonebot.adapters.telegram import Adapter

    nonebot.init(driver="~httpx", telegram_bots=[{"token": TOKEN, "api_server": API + "/"}], log_level="DEBUG")
    nonebot.get_driver().register_adapter(Adapter)
    nonebot.load_builtin_plugin("echo")
    nonebot.run()


def hermes():
    """A gateway of Hermes (https://pypi.org/project/hermes-agent), whose model says again what it is told."""
    import model

    config = {
        "model": {"default": "stub", "provider": "custom", "base_url": model.start(), "api_key": "none", "context_length": 128000},
        "platforms": {
            "telegram": {
                "enabled": True,
                "token": TOKEN,
                "extra": {"base_url": API + "/bot", "base_file_url": API + "/file/bot"},
            }
        },
    }
    # JSON is YAML, too.
    with open("config.yaml", "w") as file:
        json.dump(config, file)
    os.environ.update(HERMES_HOME=os.getcwd(), TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_ALLOWED_USERS=str(PERSON))
    sys.argv = ["hermes", "gateway", "run"]
    from hermes_cli.main import main

    main()


def openclaw():
    """A gateway of OpenClaw (https://www.npmjs.com/package/openclaw), with the same model."""
    import model

    of_stub = {"baseUrl": model.start(), "apiKey": "x", "api": "openai-completions"}
    of_stub["models"] = [
        {
            "id": "m",
            "name": "m",
            "reasoning": False,
            "input": ["text"],
            "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            "contextWindow": 65536,
            "maxTokens": 512,
            "compat": {"supportsTools": False},
        }
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {
        "gateway": {"mode": "local", "port": port, "bind": "loopback", "auth": {"mode": "token", "token": "gw-0123456789abcdef"}},
        "channels": {
            "telegram": {
                "enabled": True,
                "botToken": TOKEN,
                "apiRoot": API,
                "dmPolicy": "allowlist",
                "allowFrom": [str(PERSON)],
            }
        },
        "discovery": {"mdns": {"mode": "off"}},
        "update": {"checkOnStart": False},
        "agents": {"defaults": {"workspace": os.getcwd(), "model": {"primary": "stub/m"}, "skipBootstrap": True}},
        "models": {"mode": "replace", "providers": {"stub": of_stub}},
    }
    with open("openclaw.json", "w") as file:
        json.dump(config, file)
    os.environ.update(OPENCLAW_STATE_DIR=os.path.abspath("state"), OPENCLAW_CONFIG_PATH=os.path.abspath("openclaw.json"))
    os.environ.update(OPENCLAW_DISABLE_BONJOUR="1", OPENCLAW_NO_UPDATE_CHECK="1", CI="1")
    folder = os.environ["OPENCLAW"]
    node, program = folder + "/node22/node_modules/node/bin/node", folder + "/node_modules/openclaw/openclaw.mjs"
    # It ends with this program: PR_SET_PDEATHSIG.
    end = ctypes.CDLL(None).prctl
    subprocess.run([node, program, "gateway", "--port", str(port)], preexec_fn=lambda: end(1, signal.SIGKILL), check=True)


if __name__ == "__main__":
    known = {"pebbles": pebbles, "poetry": poetry, "nonebot": nonebot_echo, "hermes": hermes, "openclaw": openclaw}
    known[sys.argv[1]]()
