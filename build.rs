//! Packs what browsers get: the files in `src/face/page/`, `src/face/web/assets/` and `src/face/panel/assets/`, as far as the
//! features say. Each is stripped of comments and indentation, named after its content, and compressed; the table of all
//! goes to `src/face/assets.rs`.
//!
//! Where one file refers to another, it does so by a path in quotes: `"./chat.js"`, `"../page/style.css"`. Folders are those of
//! the paths in the browser, `/assets/page/…`, `/assets/web/…`, `/assets/panel/…`. Each such path is replaced by the name with
//! the hash, so what changes has another name, and what has a name never changes.

use std::env;
use std::fs;
use std::path::Path;

/// Folder in the browser, where its files are, and the features with which it is packed.
const FOLDERS: &[(&str, &str, &[&str])] = &[
    ("page", "src/face/page", &["FACE_WEB", "FACE_PANEL"]),
    ("web", "src/face/web/assets", &["FACE_WEB"]),
    ("panel", "src/face/panel/assets", &["FACE_PANEL"]),
];

/// What is packed, by the ends of names.
const KINDS: &[(&str, &str)] = &[
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("html", "text/html; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
];

fn main() {
    let is_on = |feature: &&str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let folders = FOLDERS.iter().filter(|(_, _, features)| features.iter().any(|feature| is_on(&feature)));
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    for (name, source, _) in folders {
        println!("cargo::rerun-if-changed={source}");
        if Path::new(source).is_dir() {
            collect(Path::new(source), name, &mut files);
        }
    }
    files.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
    let out = env::var("OUT_DIR").expect("cargo says where");
    #[cfg(any(feature = "face-web", feature = "face-panel"))]
    pack::write(&files, Path::new(&out));
    #[cfg(not(any(feature = "face-web", feature = "face-panel")))]
    let _ = out;
}

/// One file as it lies there.
#[cfg_attr(not(any(feature = "face-web", feature = "face-panel")), allow(dead_code))]
struct File {
    /// In the browser, below `/assets/`: `web/chat.js`.
    path: String,
    content_type: &'static str,
    text: String,
}

/// The files of a folder and of those in it.
fn collect(folder: &Path, name: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = format!("{name}/{}", path.file_name().expect("a name").to_str().expect("names are UTF-8"));
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, &name, files);
        } else if let Some((_, content_type)) = KINDS.iter().find(|(kind, _)| *kind == end) {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            files.push(File { path: name, content_type, text });
        }
    }
}

#[cfg(any(feature = "face-web", feature = "face-panel"))]
mod pack {
    use std::collections::BTreeMap;
    use std::fmt::Write;
    use std::fs;
    use std::path::Path;

    use super::File;

    /// A file as the browser gets it.
    struct Packed {
        url: String,
        hash: String,
        text: String,
    }

    /// Writes the table and what it includes.
    pub(super) fn write(files: &[File], out: &Path) {
        let mut done = BTreeMap::new();
        for file in files {
            pack(file, files, &mut done, &mut Vec::new());
        }
        let mut table = String::from("&[\n");
        for file in files {
            let Packed { url, hash, text } = &done[&file.path];
            let body = out.join(format!("{hash}.deflate"));
            fs::write(&body, miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10))
                .expect("OUT_DIR can be written");
            let (path, content_type, length, crc) = (&file.path, file.content_type, text.len(), crc32(text.as_bytes()));
            // Writing into memory does not fail.
            let _ = write!(
                table,
                "    Asset {{ path: {path:?}, url: {url:?}, content_type: {content_type:?}, hash: {hash:?}, length: {length}, \
                 crc: {crc}, deflated: include_bytes!({body:?}) }},\n"
            );
        }
        fs::write(out.join("assets.rs"), table + "]\n").expect("OUT_DIR can be written");
    }

    /// Packs a file after those that it refers to, `above` being those that wait for it.
    fn pack(file: &File, files: &[File], done: &mut BTreeMap<String, Packed>, above: &mut Vec<String>) {
        if done.contains_key(&file.path) {
            return;
        }
        assert!(!above.contains(&file.path), "{}: files refer to each other in a circle: {above:?}", file.path);
        above.push(file.path.clone());
        let mut text = String::new();
        let mut rest = file.text.as_str();
        while let Some((before, reference, after)) = next_reference(rest) {
            let target = resolve(&file.path, reference);
            let other = files.iter().find(|other| other.path == target);
            let other = other.unwrap_or_else(|| panic!("{}: there is no file {target}", file.path));
            pack(other, files, done, above);
            text.push_str(before);
            text.push_str(&done[&target].url);
            rest = after;
        }
        text.push_str(rest);
        above.pop();
        let text = strip(&file.path, &text);
        let hash = format!("{:016x}", fnv(text.as_bytes()));
        let (stem, end) = file.path.rsplit_once('.').expect("names of files that are packed have an end");
        let url = format!("/assets/{}.{hash}.{end}", stem.replace('/', "-"));
        done.insert(file.path.clone(), Packed { url, hash, text });
    }

    /// The next reference to a file, what stands before it and what behind.
    fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
        let mut from = 0;
        loop {
            let at = from + text[from..].find(['"', '\''])?;
            let quote = &text[at..=at];
            let inside = &text[at + 1..];
            let reference = inside.split(['"', '\'', '`', '\n', ' ', '$']).next().unwrap_or_default();
            let is_path = reference.starts_with("./") || reference.starts_with("../");
            if is_path && inside[reference.len()..].starts_with(quote) {
                return Some((&text[..=at], reference, &inside[reference.len()..]));
            }
            from = at + 1;
        }
    }

    /// A path as seen from the folder of another.
    fn resolve(from: &str, reference: &str) -> String {
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in reference.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        parts.join("/")
    }

    /// Without what only authors need: indentation, empty lines, and lines that are nothing but a comment of our own (`//`, or
    /// `/* … */` in style sheets). Licences in what others wrote begin with `/**` and stay.
    fn strip(path: &str, text: &str) -> String {
        let is_script = path.ends_with(".js");
        let is_style = path.ends_with(".css");
        let lines = text.lines().map(str::trim).filter(|line| {
            let is_comment = is_script && line.starts_with("//")
                || is_style && line.starts_with("/*") && line.ends_with("*/") && !line.starts_with("/**");
            !line.is_empty() && !is_comment
        });
        lines.fold(String::new(), |all, line| all + line + "\n")
    }

    /// FNV-1a: two contents have two names; nobody attacks a build.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    }

    /// The check sum at the end of a gzip member (RFC 1952 §8).
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
        })
    }
}
