-- Prosody beside Botmother (packages/compose.yaml): accounts for yourself and your bots, reached by who knows the domain.
-- The domain is $DOMAIN; its certificate lies in certs/, as DOMAIN.crt and DOMAIN.key.
modules_enabled = {
  "disco", "roster", "saslauth", "tls", "dialback", "blocklist", "bookmarks", "carbons", "csi_simple", "limits", "mam",
  "pep", "ping", "smacks", "time", "uptime", "vcard4", "vcard_legacy", "version",
}
-- Nobody makes accounts but you, with prosodyctl: strangers reach this port, too.
allow_registration = false
c2s_require_encryption = true
s2s_secure_auth = true
authentication = "internal_hashed"
certificates = "certs"
log = { info = "*console" }

VirtualHost(ENV_DOMAIN or "example.org")
Component("rooms." .. (ENV_DOMAIN or "example.org"), "muc")
  modules_enabled = { "muc_mam" }
