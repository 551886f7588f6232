//! Internationalised domain names in the form DNS and TLS want: `müller.example` is `xn--mller-kva.example`.
//!
//! Only the encoding (RFC 3492) is done here: an address of ours has been through nameprep when it was parsed.

/// The ASCII form of a domain; a domain that is ASCII already comes back as it is.
pub(super) fn to_ascii(domain: &str) -> String {
    domain.split('.').map(label).collect::<Vec<_>>().join(".")
}

fn label(label: &str) -> String {
    if label.is_ascii() {
        return label.to_string();
    }
    format!("xn--{}", punycode(label))
}

/// RFC 3492 §6.3 with the parameters of §5.
fn punycode(label: &str) -> String {
    const BASE: u32 = 36;
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    let mut done = basic;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias) = (0x80_u32, 0_u32, 72_u32);
    while done < points.len() as u32 {
        let next = points.iter().copied().filter(|&point| point >= n).min().unwrap_or(n);
        // Cannot overflow: a label has at most 1,023 bytes, a code point is below 2^21.
        delta += (next - n) * (done + 1);
        n = next;
        for &point in &points {
            if point < n {
                delta += 1;
            }
            if point != n {
                continue;
            }
            let mut q = delta;
            for k in (BASE..).step_by(BASE as usize) {
                let t = k.saturating_sub(bias).clamp(1, 26);
                if q < t {
                    break;
                }
                out.push(digit(t + (q - t) % (BASE - t)));
                q = (q - t) / (BASE - t);
            }
            out.push(digit(q));
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done += 1;
        }
        delta += 1;
        n += 1;
    }
    out
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 35 * 26 / 2 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

fn digit(value: u32) -> char {
    char::from(if value < 26 { b'a' + value as u8 } else { b'0' + (value - 26) as u8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for (text, ascii) in [
            ("example.org", "example.org"),
            ("müller.example", "xn--mller-kva.example"),
            ("bücher.straße.de", "xn--bcher-kva.xn--strae-oqa.de"),
            // RFC 3492 §7.1 (A) and (L)
            ("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
        ] {
            assert_eq!(to_ascii(text), ascii);
        }
        // The longest label an address may have must not overflow.
        to_ascii(&"\u{10fffd}".repeat(255));
    }
}
