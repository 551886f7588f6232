//! Packs what browsers get: the files in `src/face/page/`, `src/face/web/assets/` and `src/face/panel/assets/`, as far as the
//! features say. Each is stripped of comments and indentation, named after its content, and compressed; the table of all
//! goes to `src/face/assets.rs`.
//!
//! The modules of a folder that its `main.js` needs by `import { … } from './….js';`, each on one line, become one file with it, as
//! many small ones take longer to come and compress worse. So no two of them may give one name to two things.
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
    let folders = FOLDERS.iter().filter(|(_, _, features)| features.iter().any(is_on));
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
    pack::write(&mut files, Path::new(&out));
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
    use std::collections::{BTreeMap, BTreeSet};
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

    /// Writes the table of all that pages refer to, and what it includes.
    pub(super) fn write(files: &mut [File], out: &Path) {
        part_languages(files, "panel");
        let files = &*files;
        let mut done = BTreeMap::new();
        for page in files.iter().filter(|file| file.path.ends_with(".html")) {
            pack(page, files, &mut done, &mut Vec::new());
        }
        let mut table = String::from("&[\n");
        for (path, Packed { url, hash, text }) in &done {
            let body = out.join(format!("{hash}.deflate"));
            fs::write(&body, miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10))
                .expect("OUT_DIR can be written");
            let content_type = find(path, files).content_type;
            let (length, crc) = (text.len(), crc32(text.as_bytes()));
            // Writing into memory does not fail.
            let _ = writeln!(
                table,
                "    Asset {{ path: {path:?}, url: {url:?}, content_type: {content_type:?}, hash: {hash:?}, length: {length}, \
                 crc: {crc}, deflated: include_bytes!({body:?}) }},"
            );
        }
        fs::write(out.join("assets.rs"), table + "]\n").expect("OUT_DIR can be written");
    }

    /// Texts that stand side by side in the scripts of a folder, `t('English|Deutsch')`, become numbers, and go to its
    /// dictionaries `en.js` and `de.js`, of which a browser loads one.
    fn part_languages(files: &mut [File], folder: &str) {
        let mut texts: Vec<String> = Vec::new();
        let is_script = |file: &&mut File| file.path.starts_with(folder) && file.path.ends_with(".js");
        for file in files.iter_mut().filter(is_script) {
            let mut parted = String::new();
            let mut rest = file.text.as_str();
            while let Some((before, behind)) = rest.split_once("t('") {
                parted.push_str(before);
                let end = behind.find('\'').unwrap_or_else(|| panic!("{}: a quote is missing", file.path));
                rest = if before.ends_with(|c: char| c.is_alphanumeric() || c == '.') {
                    parted.push_str("t('");
                    behind
                } else {
                    let known = texts.iter().position(|text| *text == behind[..end]);
                    let number = known.unwrap_or(texts.len());
                    if known.is_none() {
                        texts.push(behind[..end].to_string());
                    }
                    parted.push_str(&format!("t({number}"));
                    &behind[end + 1..]
                };
            }
            file.text = parted + rest;
        }
        for (at, name) in ["en.js", "de.js"].into_iter().enumerate() {
            let path = format!("{folder}/{name}");
            let Some(dictionary) = files.iter_mut().find(|file| file.path == path) else { continue };
            let of_language = |text: &String| {
                let first = text.split('|').next().unwrap_or_default();
                format!("'{}'", text.split('|').nth(at).unwrap_or(first))
            };
            let list: Vec<String> = texts.iter().map(of_language).collect();
            dictionary.text = dictionary.text.replace("\n};", &format!("\n...[{}],\n}};", list.join(",")));
        }
    }

    fn find<'a>(path: &str, files: &'a [File]) -> &'a File {
        files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("there is no file {path}"))
    }

    /// Packs a file after those that it refers to, `above` being those that wait for it.
    fn pack(file: &File, files: &[File], done: &mut BTreeMap<String, Packed>, above: &mut Vec<String>) {
        if done.contains_key(&file.path) {
            return;
        }
        assert!(!above.contains(&file.path), "{}: files refer to each other in a circle: {above:?}", file.path);
        above.push(file.path.clone());
        let whole = Bundle::of(file, files);
        let mut text = String::new();
        let mut rest = whole.as_str();
        while let Some((before, reference, after)) = next_reference(rest) {
            let target = resolve(&file.path, reference);
            pack(find(&target, files), files, done, above);
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

    /// A script with the modules beside it that it imports.
    #[derive(Default)]
    struct Bundle {
        /// From other folders: which names from where.
        imports: BTreeMap<String, BTreeSet<String>>,
        /// Each module that is in it, and the names that it declares.
        names: BTreeMap<String, String>,
        modules: BTreeSet<String>,
        text: String,
    }

    impl Bundle {
        fn of(file: &File, files: &[File]) -> String {
            if !file.path.ends_with("/main.js") {
                return file.text.clone();
            }
            let mut bundle = Bundle::default();
            bundle.add(file, files);
            let imports = bundle.imports.iter().map(|(from, names)| {
                for name in names {
                    assert!(!bundle.names.contains_key(name), "{}: {name} is imported, too", bundle.names[name]);
                }
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("import {{{}}} from '{from}';\n", names.join(","))
            });
            imports.collect::<String>() + &bundle.text
        }

        fn add(&mut self, file: &File, files: &[File]) {
            if !self.modules.insert(file.path.clone()) {
                return;
            }
            let mut text = String::new();
            for line in file.text.lines() {
                let Some((names, from)) = import(line) else {
                    let line = line.strip_prefix("export ").unwrap_or(line);
                    self.declare(line, &file.path);
                    text += line;
                    text += "\n";
                    continue;
                };
                match from.strip_prefix("./").filter(|name| !name.contains('/')) {
                    Some(_) => self.add(find(&resolve(&file.path, from), files), files),
                    None => self.imports.entry(from.to_string()).or_default().extend(names.map(String::from)),
                }
            }
            self.text += &text;
        }

        /// Keeps what a line at the top of a module declares.
        fn declare(&mut self, line: &str, path: &str) {
            let line = line.strip_prefix("async ").unwrap_or(line);
            let rest = ["function ", "const ", "let ", "class "].iter().find_map(|word| line.strip_prefix(word));
            let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let Some(name) = rest.and_then(|rest| rest.split(|c| !is_name(c)).next()).filter(|name| !name.is_empty())
            else {
                return;
            };
            if let Some(other) = self.names.insert(name.to_string(), path.to_string()) {
                panic!("{other} and {path} both call something {name}");
            }
        }
    }

    /// The names and the place of `import { a, b } from './c.js';`.
    fn import(line: &str) -> Option<(impl Iterator<Item = &str>, &str)> {
        let (names, from) = line.strip_prefix("import {")?.split_once("} from '")?;
        Some((names.split(',').map(str::trim).filter(|name| !name.is_empty()), from.strip_suffix("';")?))
    }

    /// What others wrote stays as it is.
    fn is_foreign(path: &str) -> bool {
        path.starts_with("page/lit/")
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

    /// Without what only authors need: indentation, empty lines, and lines that are nothing but a comment: `//`, `/* … */`, or
    /// those from `/**` to `*/`. What others wrote keeps its comments, as licences stand there.
    fn strip(path: &str, text: &str) -> String {
        let keeps_comments = is_foreign(path) || !(path.ends_with(".js") || path.ends_with(".css"));
        let mut is_within = false;
        let mut is_comment = |line: &str| {
            let begins = line.starts_with("/*");
            let is_comment = is_within || begins || line.starts_with("//");
            is_within = (is_within || begins) && !line.ends_with("*/");
            is_comment
        };
        let lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && (keeps_comments || !is_comment(line)));
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
