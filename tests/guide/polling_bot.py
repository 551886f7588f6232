import requests
import time

API_URL = "http://localhost:7842"
TOKEN = "bm_YOUR_TOKEN_HERE"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json"
}

def send_message(to: str, text: str):
    """Send a message to a JID."""
    r = requests.post(f"{API_URL}/bot/sendMessage",
                      headers=HEADERS,
                      json={"to": to, "text": text})
    return r.json()

def get_updates(offset: int = 0):
    """Poll for incoming messages."""
    r = requests.get(f"{API_URL}/bot/getUpdates",
                     headers=HEADERS,
                     params={"offset": offset} if offset else {})
    return r.json()

# Main polling loop
offset = 0
print("Bot started. Waiting for messages...")

while True:
    response = get_updates(offset)

    if response.get("ok"):
        updates = response.get("result", [])
        for update in updates:
            update_id = update["update_id"]
            data = update["data"]
            sender = data["from"]
            text = data.get("body", "")

            print(f"Message from {sender}: {text}")

            # Echo bot: repeat back what was said
            send_message(sender, f"You said: {text}")

            offset = update_id + 1

    time.sleep(2)
