//! The container image taken apart and run.

use super::*;

/// The image says of itself what is true, and runs in nothing but what is in it (and, as this binary is not static, its
/// libraries), as the user it names.
#[test]
fn the_image_is_whole_and_runs() {
    let out = Folder::new("oci");
    let archive = pack("oci", binary(), &out, &[]).remove(0);
    let image = out.join("image");
    fs::create_dir_all(&image).unwrap();
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&image));
    // Each descriptor is followed, and each blob is what its name says.
    let layer = sh(
        r#"
        at() { echo "blobs/${1/://}"; }
        check() { # its descriptor
            file=$(at "$(jq -r .digest <<<"$1")")
            [ "$(stat -c %s "$file")" = "$(jq -r .size <<<"$1")" ] || { echo "$file: size" >&2; exit 1; }
            [ "sha256:$(sha256sum "$file" | cut -d' ' -f1)" = "$(jq -r .digest <<<"$1")" ] || { echo "$file: sum" >&2; exit 1; }
        }
        [ "$(jq -r .imageLayoutVersion oci-layout)" = 1.0.0 ]
        manifest=$(jq -c '.manifests[0]' index.json); check "$manifest"
        manifest=$(cat "$(at "$(jq -r .digest <<<"$manifest")")")
        config=$(jq -c .config <<<"$manifest"); check "$config"
        layer=$(jq -c '.layers[0]' <<<"$manifest"); check "$layer"
        file=$(at "$(jq -r .digest <<<"$layer")")
        [ "sha256:$(gzip -dc "$file" | sha256sum | cut -d' ' -f1)" = "$(jq -r '.rootfs.diff_ids[0]' "$(at "$(jq -r .digest <<<"$config")")")" ]
        [ "$(find blobs -type f | wc -l)" = 3 ]
        # The same by what old versions of Docker read.
        [ "$(jq -r '.[0].Config' manifest.json)" = "$(at "$(jq -r .digest <<<"$config")")" ]
        [ "$(jq -r '.[0].Layers[0]' manifest.json)" = "$file" ]
        echo "$file $(at "$(jq -r .digest <<<"$config")")"
        "#,
        &image,
    );
    let (layer, config) = layer.trim().split_once(' ').unwrap();
    let (layer, config) = (image.join(layer), Json::parse(&fs::read_to_string(image.join(config)).unwrap()));
    let files = listed(&layer);
    assert_eq!(files["botmother"], ("-rwxr-xr-x".to_string(), "0/0".to_string()));
    assert_eq!(files["data"], ("drwx------".to_string(), "65532/65532".to_string()));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["NOTICES.txt", "botmother", "data"]);
    let setup = config.at("config");
    assert_eq!(setup.at("User").text(), "65532:65532");
    assert_eq!(setup.at("Entrypoint").list()[0].text(), "/botmother");
    assert!(setup.at("Volumes").has("/data"));
    assert_eq!(setup.at("Labels").at("org.opencontainers.image.version").text(), VERSION);
    let check: Vec<String> = setup.at("Healthcheck").at("Test").list().iter().map(Json::text).collect();
    assert_eq!(check, ["CMD", "/botmother", "health"]);
    if !is_root() {
        return skip("only root can run what is in an image's root");
    }
    let root = out.join("root");
    fs::create_dir_all(&root).unwrap();
    run(Command::new("tar").arg("-xzf").arg(&layer).arg("-C").arg(&root));
    // cp -L --parents: where they are asked for.
    sh(
        &format!("ldd {}/botmother | grep -o '/[^ ]*' | xargs -I@ cp -L --parents @ {0}", root.display()),
        Path::new("/"),
    );
    let port = Port::claim();
    let command = |words: &[String]| {
        let mut command = Command::new("/usr/sbin/chroot");
        command.args(["--userspec=65532:65532"]).arg(&root).args(words).env_clear().stdin(Stdio::null());
        command.env("BOTMOTHER_API__PORT", port.number.to_string());
        setup.at("Env").list().iter().map(Json::text).for_each(|pair| {
            command.env(pair.split_once('=').unwrap().0, pair.split_once('=').unwrap().1);
        });
        command
    };
    let mut daemon = command(&["/botmother".to_string()]);
    let _daemon =
        Program(daemon.stdout(Stdio::null()).stderr(fs::File::create(out.join("log")).unwrap()).spawn().unwrap());
    let begun = Instant::now();
    while !command(&check[1..]).output().unwrap().status.success() {
        assert!(begun.elapsed() < SOON, "{}", fs::read_to_string(out.join("log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    assert!(root.join("data/botmother.db").exists());
}
