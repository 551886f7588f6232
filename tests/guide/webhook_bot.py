import hmac
import hashlib
import json
import requests
from flask import Flask, request, jsonify

app = Flask(__name__)

API_URL = "http://localhost:7842"
TOKEN = "bm_YOUR_TOKEN_HERE"
WEBHOOK_SECRET = "your_webhook_secret"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json"
}

def verify_signature(payload: bytes, signature: str) -> bool:
    """Verify the webhook signature."""
    expected = "sha256=" + hmac.new(
        WEBHOOK_SECRET.encode(), payload, hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(expected, signature)

def send_message(to: str, text: str):
    """Send a reply."""
    requests.post(f"{API_URL}/bot/sendMessage",
                  headers=HEADERS,
                  json={"to": to, "text": text})

@app.route("/webhook", methods=["POST"])
def handle_webhook():
    signature = request.headers.get("X-Bot-Signature", "")
    if not verify_signature(request.data, signature):
        return jsonify({"error": "invalid signature"}), 403

    data = request.json
    if data.get("update_type") == "message":
        msg = data["data"]
        sender = msg["from"]
        text = msg.get("body", "")

        # Process the message
        if text.lower() == "ping":
            send_message(sender, "Pong! 🏓")
        else:
            send_message(sender, f"Received: {text}")

    return jsonify({"ok": True})

if __name__ == "__main__":
    # Register webhook first
    r = requests.post(f"{API_URL}/bot/setWebhook",
                      headers=HEADERS,
                      json={"url": "https://your-server.com/webhook"})
    print(f"Webhook registered: {r.json()}")

    app.run(host="0.0.0.0", port=5000)
