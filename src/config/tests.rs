//! The configuration from given files and a given environment; bad files are data in `tests/configs/bad/`.

use std::fs;

use super::*;

/// A directory of its own for each test, gone at its end.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("botmother-config-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Environment { variables, is_root: false }
}

fn from_file(path: &Path, variables: &[(&str, &str)]) -> Result<Config, Error> {
    let options = Options { config: Some(path.to_path_buf()), data: Some("/tmp".into()), port: None, log_format: None };
    load(&options, &environment(variables), Files::Read)
}

#[test]
fn the_sample_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/botmother.toml");
    if std::env::var_os("UPDATE_SAMPLE").is_some() {
        fs::write(&path, sample()).unwrap();
    }
    let stored = fs::read_to_string(path).unwrap();
    assert!(
        stored == sample(),
        "config/botmother.toml is stale; UPDATE_SAMPLE=1 cargo test --lib the_sample writes it"
    );
}

#[test]
fn the_sample_says_the_defaults() {
    let dir = Dir::new("sample");
    let plain = from_file(&dir.write("plain.toml", &sample()), &[]).unwrap();
    assert_eq!(Config { file: None, data_dir: PathBuf::new(), ..plain }, Config::default());

    // All keys with the `#` taken away: the same defaults, and one account with nothing but what must be given.
    let password = dir.write("ralf.pass", "hunter2\n");
    let is_key =
        |line: &str| line.starts_with("#[") || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let lines = |line: &str| if is_key(line) { line[1..].to_string() } else { line.to_string() };
    let text: String = sample().lines().map(|line| lines(line) + "\n").collect();
    let text =
        text.replace("/etc/botmother/ralf.pass", password.to_str().unwrap()).replace("\npassword = \"\"\n", "\n");
    let all = from_file(&dir.write("all.toml", &text), &[]).unwrap();
    let account = Account {
        jid: BareJid::parse("ralf@chat.example.com").unwrap(),
        password: Secret::new("hunter2"),
        password_file: password,
        ..apply::blank_account()
    };
    assert_eq!(all.accounts, [account]);
    assert_eq!(Config { file: None, data_dir: PathBuf::new(), accounts: Vec::new(), ..all }, Config::default());
    assert!(key::KEYS.iter().all(|key| text.contains(&format!("\n{} = ", key.name)) || key.secret));
}

#[test]
fn later_places_win() {
    let dir = Dir::new("later");
    dir.write("pass", "from file\r\n");
    let file = dir.write(
        "c.toml",
        "data_dir = 'data'\nadmins = ['A@b.c']\n[api]\nport = 2000\nrate_limit = 0\n[history]\ndays = 30\n[[account]]\njid = 'A@Example.ORG'\npassword = 'x'\nhost = '[::1]:5222'\n",
    );
    let config = from_file(&file, &[]).unwrap();
    assert_eq!((config.api.port, config.api.rate_limit, config.history_days), (2000, 0, 30));
    assert_eq!(config.accounts[0].jid.as_str(), "a@example.org");
    assert_eq!(config.admins, [BareJid::parse("a@b.c").unwrap()]);
    let variables = [
        ("BOTMOTHER_API__PORT", "3000"),
        ("BOTMOTHER_LANGUAGE", "de"),
        ("BOTMOTHER_HISTORY__DAYS", "7"),
        ("BOTMOTHER_ADMINS", "c@d.e, f@g.h"),
        ("BOTMOTHER_ACCOUNT__0__PASSWORD_FILE", dir.0.join("pass").to_str().unwrap()),
        ("BOTMOTHER_ACCOUNT__0__HOST", ""),
        ("BOTMOTHER_ACCOUNT__1__JID", "b@example.org"),
        ("BOTMOTHER_ACCOUNT__1__PASSWORD", "y"),
        ("BOTMOTHER_ACCOUNT__1__PIN", &format!("SHA256:{}", "AB:".repeat(31) + "AB")),
        ("BOTMOTHER_PORT", "tcp://10.0.0.1:7842"),
    ]
    .map(|(k, v)| (k, v.to_string()));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let config = from_file(&file, &variables).unwrap();
    assert_eq!((config.api.port, config.language, config.history_days), (3000, Language::German, 7));
    assert_eq!(config.admins, ["c@d.e", "f@g.h"].map(|jid| BareJid::parse(jid).unwrap()));
    assert_eq!(config.accounts[0].password, Secret::new("from file"));
    assert_eq!(config.accounts[0].host, "[::1]:5222");
    assert_eq!(config.accounts[1].pin, format!("sha256:{}", "ab".repeat(32)));
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    let options = Options { config: Some(file), data: None, port: Some(4000), log_format: None };
    let config = load(&options, &environment(&variables), Files::LeaveAlone).unwrap();
    assert_eq!((config.api.port, config.data_dir), (4000, dir.0.join("data")));
}

#[test]
fn choices_of_a_chat_stand_between_file_and_environment() {
    use chosen::{Choice, change, store};
    let dir = Dir::new("chosen");
    let file = dir.write("c.toml", "data_dir = '.'\n[api]\nport = 2000\nrate_limit = 7\n");
    let api = |variables: &[(&str, &str)]| {
        let options = Options { config: Some(file.clone()), ..Options::default() };
        load(&options, &environment(variables), Files::LeaveAlone).map(|config| config.api)
    };
    for choice in
        [Choice::Port(3000), Choice::Tls("/a \"b\".pem".into(), "/k".into()), Choice::Network(true), Choice::Port(3001)]
    {
        change(&dir.0, &[choice]).unwrap();
    }
    let chosen = api(&[]).unwrap();
    assert_eq!((chosen.port, chosen.rate_limit, chosen.mode), (3001, 7, ApiMode::Network));
    assert_eq!((chosen.tls_cert, chosen.tls_key), ("/a \"b\".pem".into(), "/k".into()));
    assert_eq!(api(&[("BOTMOTHER_API__PORT", "4000")]).unwrap().port, 4000);
    change(&dir.0, &[Choice::Tls(String::new(), String::new())]).unwrap();
    assert_eq!(api(&[]).unwrap().tls_cert, PathBuf::new());
    dir.write("api.toml", "[api]\nport = 1\n");
    assert!(api(&[]).unwrap_err().to_string().contains("api.toml:2: `port`"));
    for _ in 0..2 {
        store(&dir.0, None).unwrap();
        assert_eq!(api(&[]).unwrap().port, 2000);
    }
}

#[test]
fn places_of_file_and_data() {
    let dir = Dir::new("places");
    fs::create_dir_all(dir.0.join("botmother")).unwrap();
    dir.write("botmother/config.toml", "language = 'de'");
    let here = dir.0.to_str().unwrap();
    let found = |variables: &[(&str, &str)], is_root| {
        let environment = Environment { is_root, ..environment(variables) };
        load(&Options::default(), &environment, Files::Read).unwrap()
    };
    let config = found(&[("XDG_CONFIG_HOME", here), ("HOME", "/home/x")], false);
    assert_eq!(config.language, Language::German);
    assert_eq!(config.data_dir, Path::new("/home/x/.local/state/botmother"));
    let data = |variables: &[(&str, &str)], is_root| found(variables, is_root).data_dir.display().to_string();
    let home = ("HOME", "/root");
    assert_eq!(data(&[home], true), "/var/lib/botmother");
    assert_eq!(data(&[], false), "/var/lib/botmother");
    assert_eq!(data(&[home, ("XDG_STATE_HOME", "/s")], true), "/s/botmother");
    assert_eq!(data(&[home, ("XDG_STATE_HOME", "relative")], false), "/root/.local/state/botmother");
    assert_eq!(data(&[("STATE_DIRECTORY", "/a/b:/c"), ("XDG_STATE_HOME", "/s")], false), "/a/b");
}

#[test]
fn passwords_open_to_all_are_said() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new("open");
    let pass = dir.write("pass", "secret");
    let file = dir.write("c.toml", "[[account]]\njid = 'a@b.c'\npassword_file = 'pass'\n");
    assert_eq!(from_file(&file, &[]).unwrap().warnings, [""; 0]);
    fs::set_permissions(&pass, fs::Permissions::from_mode(0o644)).unwrap();
    let warnings = from_file(&file, &[]).unwrap().warnings;
    assert!(warnings[0].contains("chmod o-rwx") && warnings[0].contains("pass"), "{warnings:?}");
}

#[test]
fn values() {
    for good in ["h:1", "tls://h.example:65535", "[::1]:5222", "127.0.0.1:5222", "tls://[2001:db8::1]:443", ""] {
        assert_eq!(host(good).as_deref(), Ok(good));
    }
    for bad in ["h", "h:", ":1", "h:0", "h:65536", "h:+1", "::1:5222", "[::1]", "http://h:1", "h/x:1", "[x]:1", "a b:1"]
    {
        assert!(host(bad).is_err(), "{bad}");
    }
    for local in ["127.0.0.1:5222", "tls://127.9.9.9:1", "[::1]:5222", "LocalHost:1"] {
        assert!(is_loopback(local), "{local}");
    }
    for far in ["", "10.0.0.1:5222", "localhost.example.org:1", "[2001:db8::1]:1"] {
        assert!(!is_loopback(far), "{far}");
    }
    assert!(pin("sha256:00").is_err() && pin(&"0".repeat(64)).is_err());
    assert!(account("a@b").is_ok() && account("b").is_err() && account("a@b/c").is_err());
}

#[test]
fn proxies_in_front() {
    let dir = Dir::new("proxies");
    let file = dir.write("c.toml", "[api]\ntrusted_proxies = ['10.0.0.0/8', 'unix', '::1']\nsocket = 'api.sock'\n");
    let config = from_file(&file, &[]).unwrap();
    assert_eq!(
        config.api.trusted_proxies.iter().map(Proxy::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "unix", "::1"]
    );
    assert_eq!(config.api.socket, dir.0.join("api.sock"));
    let again = from_file(&dir.write("d.toml", &dump(&config, Passwords::Shown)), &[]).unwrap();
    assert_eq!(again.api, config.api);
    let by_environment = from_file(&file, &[("BOTMOTHER_API__TRUSTED_PROXIES", "127.0.0.1, unix")]).unwrap();
    assert_eq!(by_environment.api.trusted_proxies.len(), 2);
    for (wrong, why) in [
        ("['nginx']", "each \"unix\" or an address or a network, like 10.0.0.1 or 10.0.0.0/8"),
        ("['10.0.0.1/8']", "a network that begins at its first address: 10.0.0.0/8"),
        ("true", "must be a list like [\"127.0.0.1\""),
    ] {
        let file = dir.write("w.toml", &format!("[api]\ntrusted_proxies = {wrong}\n"));
        let error = from_file(&file, &[]).unwrap_err().to_string();
        assert!(error.contains("w.toml:2: `trusted_proxies` in [api] must be") && error.contains(why), "{error}");
    }
}

#[test]
fn dumps_can_be_read_again() {
    let dir = Dir::new("dump");
    let file = dir.write("c.toml", "[[account]]\njid = 'a@b.c'\npassword = 'p\"\\u'\n[api]\nadmin = 'token'\n");
    let config = from_file(&file, &[]).unwrap();
    assert!(!dump(&config, Passwords::Hidden).contains("p\\\""));
    let again = from_file(&dir.write("d.toml", &dump(&config, Passwords::Shown)), &[]).unwrap();
    assert_eq!(Config { file: None, ..again }, Config { file: None, ..config });
}
