//! The pages of small machines: what they tell people to type is what there is.

use super::*;

/// Each `botmother …` is a command that is, with options that are; each variable and setting is one of the configuration.
#[test]
fn pages_name_commands_keys_and_files_that_are() {
    let sample = run(Command::new(env!("CARGO_BIN_EXE_botmother")).args(["config", "sample"]));
    let (mut asked, mut keys) = (0, 0);
    for page in ["raspberry-pi.md", "openwrt.md", "nas.md"] {
        for line in all_commands(page) {
            // Behind what runs it: sudo, docker exec.
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some(at) = words.iter().position(|word| matches!(*word, "botmother" | "/botmother"))
                && (at == 0
                    || words[0] == "sudo" && at == 1
                    || words[..2] == ["docker", "exec"]
                    || words.contains(&"exec"))
            {
                let named = words[at + 1..].iter().map(|word| word.trim_matches('"'));
                // The container is called so, too.
                let named: Vec<&str> = named.skip_while(|word| *word == "/botmother").collect();
                run(Command::new(env!("CARGO_BIN_EXE_botmother")).args(named).arg("--help"));
                asked += 1;
            }
            for variable in
                line.split(['=', ' ']).filter(|word| word.starts_with("BOTMOTHER_") && *word != "BOTMOTHER_TOKEN")
            {
                assert!(sample.lines().any(|one| one == format!("# {variable}")), "{page}: {variable}");
                keys += 1;
            }
            if let Some(key) = line.strip_prefix("uci set botmother.main.").and_then(|rest| rest.split('=').next()) {
                assert!(sample.lines().any(|one| one.starts_with(&format!("#{key} = "))), "{page}: {key}");
                keys += 1;
            }
            for script in words.iter().filter(|word| word.starts_with("packages/") || word.starts_with("cross/")) {
                assert!(Path::new(TOP).join(script).exists(), "{page}: {script}");
            }
        }
    }
    assert!(asked >= 8 && keys >= 2, "{asked} commands, {keys} keys");
}

/// Packages have the names by which pages call them.
#[test]
fn pages_name_the_files_that_are_made() {
    let out = Folder::new("names");
    let processor = run(Command::new("uname").arg("-m"));
    if processor.trim() != "x86_64" {
        return skip("the pages name packages of x86-64");
    }
    let mut made = pack("oci", STAND_IN.as_ref(), &out, &[]);
    made.extend(pack("debian", STAND_IN.as_ref(), &out, &["arm64"]));
    made.extend(pack("openwrt", STAND_IN.as_ref(), &out, &[]));
    let pages: String = ["raspberry-pi.md", "openwrt.md", "nas.md"].map(all_commands).concat().join("\n");
    for path in made {
        let name = path.file_name().unwrap().to_str().unwrap().replace("x86_64", "aarch64_cortex-a53");
        assert!(pages.contains(&name), "{name} is in no command of the pages");
    }
}

/// docs/nas.md's own server: its certificate made and its configuration run by a real Prosody, to which the daemon signs in
/// by the fingerprint. What Docker does there is done by hand here.
#[test]
fn the_server_beside_it_takes_the_account() {
    if !has("prosody") {
        return skip_missing("prosody");
    }
    let block = commands("nas.md", "With a server of its own");
    let dir = Folder::new("compose");
    let ours: Vec<&String> = block.iter().filter(|line| !line.starts_with("docker")).collect();
    let typed: String = ours.iter().map(|line| format!("{line}\n")).collect();
    let shown = sh(&typed, &dir.0);
    let pin = shown.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    assert_eq!(pin.len(), 64, "{shown}\nof\n{typed}");
    let port = Port::claim();
    let config = include_str!("../../packages/prosody.cfg.lua");
    let place = format!(
        "run_as_root = true\ninterfaces = {{ \"127.0.0.1\" }}\nc2s_ports = {{ {} }}\ns2s_ports = {{ }}\ndata_path = \"data\"\n",
        port.number
    );
    fs::write(dir.join("prosody.cfg.lua"), place + config).unwrap();
    fs::create_dir(dir.join("data")).unwrap();
    let command = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        command.arg("--config").arg(dir.join("prosody.cfg.lua")).args(words).env("DOMAIN", "nas.home.arpa");
        command.current_dir(&dir.0).stdin(Stdio::null()).stderr(fs::File::create(dir.join("prosody.err")).unwrap());
        command
    };
    run(&mut command("prosodyctl", &["register", "you", "nas.home.arpa", "pw"]));
    let log = fs::File::create(dir.join("prosody.log")).unwrap();
    let _server = Program(command("prosody", &["-F"]).stdout(log).spawn().unwrap());
    fs::write(dir.join("pw"), "pw\n").unwrap();
    let host = format!("127.0.0.1:{}", port.number);
    let begun = Instant::now();
    loop {
        let mut test = Command::new(env!("CARGO_BIN_EXE_botmother"));
        test.args(["account", "test", "you@nas.home.arpa", "--host", &host, "--pin", &format!("sha256:{pin}")]);
        let output = test.arg("--password-file").arg(dir.join("pw")).arg("--data").arg(dir.join("none")).output();
        let output = output.unwrap();
        if output.status.success() {
            return;
        }
        let log = fs::read_to_string(dir.join("prosody.log")).unwrap();
        assert!(begun.elapsed() < SOON, "{}\n{log}", text_of(&output));
        thread::sleep(Duration::from_millis(200));
    }
}

/// A file that Docker can read, with names and settings that are.
#[test]
fn the_compose_file_is_one() {
    let file = Path::new(TOP).join("packages/compose.yaml");
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let mut python = Command::new(support::peer::python());
    let parsed = Json::parse(&run(python.args(["-c", script]).arg(&file)));
    let ours = parsed.at("services").at("botmother");
    assert_eq!(ours.at("image").text(), format!("botmother:{VERSION}"));
    assert_eq!(ours.at("network_mode").text(), "host");
    assert!(ours.at("read_only").truth());
    assert_eq!(ours.at("cap_drop").list()[0].text(), "ALL");
    assert_eq!(ours.at("volumes").list()[0].text(), "botmother-data:/data");
    assert!(parsed.at("volumes").has("botmother-data"));
    let sample = run(Command::new(env!("CARGO_BIN_EXE_botmother")).args(["config", "sample"]));
    assert!(ours.at("environment").has("BOTMOTHER_LANGUAGE") && sample.contains("# BOTMOTHER_LANGUAGE\n"));
    let server = parsed.at("services").at("prosody");
    for volume in server.at("volumes").list().iter().map(Json::text).filter(|volume| volume.ends_with(".lua:ro")) {
        let name = volume.split(':').next().unwrap().trim_start_matches("./").to_string();
        assert!(Path::new(TOP).join("packages").join(&name).exists(), "{name}");
    }
}
