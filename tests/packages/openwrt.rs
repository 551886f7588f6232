//! OpenWrt's package taken apart, and its init script run with what OpenWrt gives to one.

use super::*;

/// What opkg of OpenWrt, and its build, ask of an .ipk.
#[test]
fn openwrt_packs_as_its_own_build_does() {
    let out = Folder::new("ipk");
    let processor = run(Command::new("uname").arg("-m"));
    let arch = if processor.trim() == "aarch64" { "aarch64_cortex-a53" } else { "x86_64" };
    let package = pack("openwrt", STAND_IN.as_ref(), &out, &[arch]).remove(0);
    assert!(package.ends_with(format!("packages/botmother_{VERSION}-r1_{arch}.ipk")), "{}", package.display());
    // A tar of three in a gzip, in this order.
    let outer = run(Command::new("tar").arg("-tzf").arg(&package));
    assert_eq!(outer, "./debian-binary\n./data.tar.gz\n./control.tar.gz\n");
    run(Command::new("tar").arg("-xzf").arg(&package).arg("-C").arg(&out.0));
    assert_eq!(fs::read_to_string(out.join("debian-binary")).unwrap(), "2.0\n");

    let data = listed(&out.join("data.tar.gz"));
    for (name, mode) in [
        ("usr/bin/botmother", "-rwxr-xr-x"),
        ("etc/init.d/botmother", "-rwxr-xr-x"),
        ("etc/config/botmother", "-rw-------"),
        ("etc/capabilities/botmother.json", "-rw-r--r--"),
        ("lib/upgrade/keep.d/botmother", "-rw-r--r--"),
    ] {
        assert_eq!(data[name], (mode.to_string(), "0/0".to_string()), "{name}");
    }
    assert_eq!(data["etc/botmother/config.toml"].0, "lrwxrwxrwx");
    assert!(data.values().all(|(_, owner)| owner == "0/0"), "{data:#?}");
    assert!(data.values().all(|(mode, _)| !mode.contains(['s', 't'])), "{data:#?}");

    let control = listed(&out.join("control.tar.gz"));
    for (name, mode) in
        [("control", "-rw-r--r--"), ("conffiles", "-rw-r--r--"), ("postinst", "-rwxr-xr-x"), ("prerm", "-rwxr-xr-x")]
    {
        assert_eq!(control[name], (mode.to_string(), "0/0".to_string()), "{name}");
    }
    let shown = |name: &str| sh(&format!("tar -xzOf control.tar.gz ./{name}"), &out.0);
    assert_eq!(shown("conffiles"), "/etc/config/botmother\n");
    assert!(shown("postinst").contains("default_postinst"));
    let fields: Vec<(String, String)> = shown("control")
        .lines()
        .map(|line| line.split_once(": ").map(|(name, value)| (name.to_string(), value.trim().to_string())).unwrap())
        .collect();
    let field =
        |name: &str| &fields.iter().find(|(one, _)| one == name).unwrap_or_else(|| panic!("{name}: {fields:?}")).1;
    assert_eq!((field("Package").as_str(), field("Architecture").as_str()), ("botmother", arch));
    assert_eq!(field("Require-User"), "botmother:botmother");
    assert_eq!(fields.first().unwrap().0, "Package");
    assert_eq!(fields.last().unwrap().0, "Description");
    let unpacked = sh("gzip -dc data.tar.gz | wc -c", &out.0);
    assert_eq!(field("Installed-Size"), unpacked.trim());

    // Another processor's is refused.
    let mut wrong = Command::new(Path::new(TOP).join("packages/openwrt"));
    let output = wrong.arg(STAND_IN).arg("mips_24kc").env("CARGO_TARGET_DIR", &out.0).output().unwrap();
    assert!(!output.status.success() && text(&output.stderr).contains("not mips_24kc"), "{}", text_of(&output));
}

/// What OpenWrt's own gives to an init script: UCI's file is shell, once these words are functions. What procd is told is
/// printed.
const OPENWRT: &str = r#"
config() { SECTION_NAME=$2; config_cb "$@"; }
option() { eval "CONFIG_${SECTION_NAME}_$1=\$2"; option_cb "$1" "$2"; }
list() { list_cb "$1" "$2"; }
config_load() { . "./uci"; config_cb; }
config_get() { eval "$1=\${CONFIG_$2_$3:-\$4}"; }
config_get_bool() { config_get "$@"; }
for call in open_instance set_param add_jail add_jail_mount add_jail_mount_rw close_instance; do
    eval "procd_$call() { echo $call \"\$@\"; }"
done
chown() { :; }
logger() { cat >&2; }
"#;

/// The init script in a folder, with OpenWrt's part before it.
fn openwrt_init(dir: &Folder, uci: &str, call: &str) -> Output {
    let script = include_str!("../../packages/openwrt-feed/botmother/files/botmother.init");
    let script = script.replace("/usr/bin/botmother", env!("CARGO_BIN_EXE_botmother"));
    let script = script.replace("/var/run/botmother", dir.join("run").to_str().unwrap());
    fs::write(dir.join("init"), format!("{OPENWRT}{script}\n{call}\n")).unwrap();
    fs::write(dir.join("uci"), uci).unwrap();
    let shell = if has("dash") { "dash" } else { "sh" };
    Command::new(shell).arg("init").current_dir(&dir.0).stdin(Stdio::null()).output().unwrap()
}

/// Every key of the configuration can be said in UCI, and arrives as what it is.
#[test]
fn openwrt_s_settings_become_the_configuration() {
    let dir = Folder::new("uci");
    fs::write(dir.join("pass"), "secret\n").unwrap();
    let pass = dir.join("pass").display().to_string();
    let sample = run(Command::new(env!("CARGO_BIN_EXE_botmother")).args(["config", "sample"]));
    let mut uci = String::from("config account\n\toption jid 'first@example.org'\n\toption password 'a\"b\\c '\n");
    let mut keys = Vec::new();
    let mut section = "botmother";
    for line in sample.lines() {
        let line = line.trim_start_matches('#');
        if let Some(name) =
            line.strip_prefix('[').and_then(|rest| rest.split(']').next()).filter(|_| line.ends_with(']'))
        {
            section = if name.contains("account") { "account" } else { Box::leak(name.to_string().into_boxed_str()) };
            uci += &format!("config {section} '{section}'\n");
            continue;
        }
        let Some((key, value)) =
            line.split_once(" = ").filter(|(key, _)| key.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
        else {
            continue;
        };
        if keys.is_empty() {
            uci += "config botmother 'main'\n\toption enabled '1'\n";
        }
        keys.push(format!("{section} {key}"));
        match (key, value) {
            // One of both is needed, and both are too many.
            ("password", _) => {}
            ("password_file", _) => uci += &format!("\toption {key} '{pass}'\n"),
            ("data_dir", _) => uci += &format!("\toption {key} '{}'\n", dir.join("data").display()),
            ("trusted_proxies" | "allow", _) => uci += &format!("\tlist {key} '10.0.0.0/8'\n\tlist {key} '::1'\n"),
            ("listen", _) => uci += &format!("\toption {key} '127.0.0.1:9184'\n"),
            (_, "[]") => uci += &format!("\tlist {key} 'a@example.org'\n\tlist {key} 'b@example.org'\n"),
            (_, list) if list.starts_with('[') => {
                uci += &format!("\tlist {key} '{}'\n", list.trim_matches(|c| "[]\"".contains(c)));
            }
            (_, "true" | "false") => uci += &format!("\toption {key} '{}'\n", u8::from(value == "true")),
            _ => uci += &format!("\toption {key} '{}'\n", value.trim_matches('"')),
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    let output = openwrt_init(&dir, &uci, "start_service");
    assert!(output.status.success(), "{}\n{uci}", text_of(&output));
    let made = fs::read_to_string(dir.join("run/config.toml")).unwrap();
    assert_eq!(fs::metadata(dir.join("run/config.toml")).unwrap().permissions().mode() & 0o777, 0o600);
    let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
    let dump = run(command.arg("--config").arg(dir.join("run/config.toml")).args(["config", "dump", "--secrets"]));
    for line in [
        "\"a@example.org\", \"b@example.org\"",
        r#"password = "a\"b\\c ""#,
        "port = 7842",
        "plaintext = false",
        "discovery = false",
        "ai_calls = 0",
    ] {
        assert!(dump.contains(line), "{line} is not in\n{dump}\nmade of\n{made}");
    }
    // What procd is told.
    let told = text(&output.stdout);
    let data = dir.join("data").display().to_string();
    for line in [
        "set_param respawn 3600 5 0",
        "set_param reload_signal HUP",
        "set_param user botmother",
        "set_param group botmother",
        "set_param no_new_privs 1",
        "set_param capabilities /etc/capabilities/botmother.json",
        "add_jail botmother",
        &format!("add_jail_mount_rw {data}"),
        &format!("add_jail_mount {pass}"),
        "close_instance",
    ] {
        assert!(told.lines().any(|one| one == line), "{line} is not in\n{told}");
    }
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A mistake is told and changes nothing; `enabled '0'` starts nothing.
#[test]
fn openwrt_keeps_what_runs_when_the_settings_are_wrong() {
    let dir = Folder::new("uci-wrong");
    let shipped = include_str!("../../packages/openwrt-feed/botmother/files/botmother.config");
    let shipped = shipped.replace("/etc/botmother", dir.join("data").to_str().unwrap());
    let good = openwrt_init(&dir, &shipped, "start_service");
    assert!(good.status.success() && text(&good.stdout).contains("set_param command"), "{}", text_of(&good));
    let before = fs::read_to_string(dir.join("run/config.toml")).unwrap();
    let wrong = openwrt_init(
        &dir,
        &shipped.replace("option port", "option prot"),
        "start() { start_service; }; reload_service",
    );
    assert!(!wrong.status.success() && !text(&wrong.stdout).contains("set_param"), "{}", text_of(&wrong));
    assert!(text(&wrong.stderr).contains("port"), "{}", text_of(&wrong));
    assert_eq!(fs::read_to_string(dir.join("run/config.toml")).unwrap(), before);
    let off = openwrt_init(&dir, &shipped.replace("enabled '1'", "enabled '0'"), "start_service");
    assert!(off.status.success() && !text(&off.stdout).contains("set_param"), "{}", text_of(&off));
}

/// The feed's Makefile, read by make with what OpenWrt's own would do in place of that.
#[test]
fn the_feed_installs_what_the_script_packs() {
    if !has("make") {
        return skip("make is missing");
    }
    let top = Folder::new("feed");
    let rust = top.join("feeds/packages/lang/rust");
    fs::create_dir_all(&rust).unwrap();
    fs::create_dir_all(top.join("include")).unwrap();
    fs::write(rust.join("rust-package.mk"), "").unwrap();
    fs::write(
        top.join("rules.mk"),
        "INCLUDE_DIR:=$(TOPDIR)/include\nINSTALL_DIR:=install -d -m 755\nINSTALL_BIN:=install -m 755\n\
         INSTALL_CONF:=install -m 600\nINSTALL_DATA:=install -m 644\nLN:=ln -sf\nCP:=cp -fpR\n",
    )
    .unwrap();
    fs::write(
        top.join("include/package.mk"),
        "define BuildPackage\nall:\n\t@echo $(PKG_VERSION) $(RUST_PKG_FEATURES)\n\
         \t$(call Build/Prepare)\n\t$(call Package/$(1)/install,$(OUT))\nendef\n",
    )
    .unwrap();
    let (built, installed) = (top.join("built"), top.join("root"));
    fs::create_dir_all(top.join("bin/bin")).unwrap();
    fs::copy(STAND_IN, top.join("bin/bin/botmother")).unwrap();
    let mut make = Command::new("make");
    make.args(["--silent", "-C"]).arg(Path::new(TOP).join("packages/openwrt-feed/botmother"));
    for (name, value) in [
        ("TOPDIR", top.0.clone()),
        ("PKG_BUILD_DIR", built.clone()),
        ("PKG_INSTALL_DIR", top.join("bin")),
        ("OUT", installed.clone()),
    ] {
        make.arg(format!("{name}={}", value.display()));
    }
    let said = run(&mut make);
    assert!(said.contains(&format!("{VERSION} router")), "{said}");
    assert!(built.join("src/main.rs").exists() && built.join("Cargo.lock").exists());
    let files = |dir: &Path| sh("find . '(' -type f -o -type l ')' -printf '%M %P %l\\n' | sort -k2", dir);
    let package = pack("openwrt", STAND_IN.as_ref(), &top, &[]).remove(0);
    let ipk = top.join("ipk");
    fs::create_dir_all(&ipk).unwrap();
    sh(&format!("tar -xzOf {} ./data.tar.gz | tar -xz -C ipk", package.display()), &top.0);
    // OpenWrt makes the first of what the package's conffiles say.
    let ours: Vec<String> = files(&ipk).lines().map(String::from).collect();
    let ours = ours.into_iter().filter(|line| !line.contains(" lib/upgrade/") && !line.contains("NOTICES.txt"));
    assert_eq!(ours.collect::<Vec<_>>(), files(&installed).lines().collect::<Vec<_>>());
}
