-- Configuration of the Prosody which a test starts; tests/support/server.rs fills in the @words@.
-- internal_plain, because then Prosody offers both SCRAM-SHA-256 and SCRAM-SHA-1, and an account is one small file.

run_as_root = true
pidfile = "@DIR@/prosody.pid"
data_path = "@DIR@/data"
admins = { "admin@@DOMAIN@" }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
network_backend = "epoll"

c2s_ports = { @C2S@ }
c2s_direct_tls_ports = { @TLS@ }
s2s_ports = { }
http_ports = { }
https_ports = { @HTTPS@ }
component_ports = { @COMPONENT@ }
https_interfaces = { "127.0.0.1" }
https_certificate = "@DIR@/server.crt"
c2s_require_encryption = true
c2s_stanza_size_limit = @STANZA@
allow_unencrypted_plain_auth = false
ssl = { certificate = "@DIR@/server.crt"; key = "@DIR@/server.key"; cafile = "@CA@" }

modules_enabled = {
  "disco"; "roster"; "saslauth"; "tls"; "posix"; "blocklist"; "bookmarks"; "carbons"; "pep"; "private"; "smacks";
  "vcard4"; "vcard_legacy"; "csi_simple"; "ping"; "register"; "time"; "uptime"; "version"; "offline"; "cron";
  @MAM@
}
modules_disabled = { "s2s"; "s2s_auth_certs" }

authentication = "@PASSWORDS@"
default_storage = "@STORAGE@"
storage = { accounts = "internal" }
sql = { driver = "SQLite3"; database = "@DIR@/prosody.sqlite" }
archive_expires_after = "1w"
default_archive_policy = true
smacks_hibernation_time = @RESUME@
allow_registration = @REGISTRATION@
log = { { levels = { min = "@LEVEL@" }; to = "file"; filename = "@DIR@/server.log" } }

VirtualHost "@DOMAIN@"
  http_host = "127.0.0.1"

Component "conference.@DOMAIN@" "muc"
  modules_enabled = { @MUC_MAM@ }
  restrict_room_creation = false
  muc_room_locking = false
  muc_room_default_persistent = true
  muc_log_by_default = true

Component "upload.@DOMAIN@" "http_file_share"
  http_host = "127.0.0.1"
  http_external_url = "https://127.0.0.1:@HTTPS@/"
  http_file_share_size_limit = 100 * 1024 * 1024
  http_file_share_daily_quota = 1000 * 1024 * 1024
  http_file_share_access = { "@DOMAIN@" }

Component "gateway.@DOMAIN@"
  component_secret = "@SECRET@"
