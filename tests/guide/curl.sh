# === SETUP ===

# Check server health
curl http://localhost:7842/health

# Create a personal bot
curl -X POST http://localhost:7842/bot/create \
  -H "Content-Type: application/json" \
  -d '{"name":"MyBot","account":"ralf@chat.example.com"}'

# List all bots
curl http://localhost:7842/bot/list

# Filter by account
curl "http://localhost:7842/bot/list?account=ralf@chat.example.com"

# === MESSAGING ===

TOKEN="bm_YOUR_TOKEN_HERE"

# Send a message
curl -X POST http://localhost:7842/bot/sendMessage \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"to":"user@chat.example.com","text":"Hello from the API!"}'

# Send a file
curl -X POST http://localhost:7842/bot/sendFile \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"to":"user@chat.example.com","url":"https://example.com/image.jpg","caption":"Look!"}'

# Send a reaction
curl -X POST http://localhost:7842/bot/sendReaction \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"to":"user@chat.example.com","message_id":"msg-uuid","reaction":"👍"}'

# Get incoming messages (polling)
curl "http://localhost:7842/bot/getUpdates" \
  -H "Authorization: Bearer $TOKEN"

# Acknowledge and get next
curl "http://localhost:7842/bot/getUpdates?offset=43" \
  -H "Authorization: Bearer $TOKEN"

# === WEBHOOKS ===

# Set webhook
curl -X POST http://localhost:7842/bot/setWebhook \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"url":"https://my-server.com/webhook"}'

# Delete webhook
curl -X POST http://localhost:7842/bot/deleteWebhook \
  -H "Authorization: Bearer $TOKEN"

# === COMMANDS ===

# Register bot commands
curl -X POST http://localhost:7842/bot/setCommands \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"commands":[{"command":"help","description":"Show help"},{"command":"weather","description":"Get weather"}]}'

# Get registered commands
curl "http://localhost:7842/bot/getCommands" \
  -H "Authorization: Bearer $TOKEN"

# === BOT INFO ===

# Get bot info
curl "http://localhost:7842/bot/getMe" \
  -H "Authorization: Bearer $TOKEN"

# Get extended info
curl "http://localhost:7842/bot/getInfo" \
  -H "Authorization: Bearer $TOKEN"

# === MANAGEMENT ===

# Regenerate token
curl -X POST http://localhost:7842/bot/token \
  -H "Content-Type: application/json" \
  -d '{"id":1}'

# Revoke token
curl -X POST http://localhost:7842/bot/revoke \
  -H "Content-Type: application/json" \
  -d '{"id":1}'

# Activate bot
curl -X POST http://localhost:7842/bot/activate \
  -H "Content-Type: application/json" \
  -d '{"id":1,"active":true}'

# Deactivate bot
curl -X POST http://localhost:7842/bot/activate \
  -H "Content-Type: application/json" \
  -d '{"id":1,"active":false}'

# Delete bot
curl -X DELETE "http://localhost:7842/bot/delete?id=1"
