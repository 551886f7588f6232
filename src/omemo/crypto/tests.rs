//! Known answers: RFC 7748, RFC 8032, RFC 5869, RFC 4231 (in `base::crypto`), NIST SP 800-38A and the GCM submission.

mod vectors;

use super::*;
use crate::base::text::hex;
use crate::omemo::show::unhex;

fn bytes(text: &str) -> Vec<u8> {
    unhex(text).unwrap()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    bytes(text).try_into().unwrap()
}

#[test]
fn x25519() {
    let scalar = Key::new(array("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
    let point = array("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    let shared = agree(&scalar, &point).unwrap();
    assert_eq!(hex(&shared[..]), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    // RFC 7748 §6.1
    let alice = KeyPair::new(Key::new(array("77076d0a7318a57d3c16c17251b26645df4ebb6cfb0c8fa1b3a3d7a8f9ccf5f1")));
    let bob = KeyPair::new(Key::new(array("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
    assert_ne!(alice.public, bob.public);
    assert_eq!(agree(&alice.secret, &bob.public), agree(&bob.secret, &alice.public));
    let mut other = bob.public;
    other[31] |= 0x80;
    assert_eq!(agree(&alice.secret, &other), None, "another spelling of the same key");
    let mut zero = [0; 32];
    assert_eq!(agree(&alice.secret, &zero), None, "small order");
    zero[0] = 1;
    assert_eq!(agree(&alice.secret, &zero), None, "small order");
    let order8 = array("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
    assert_eq!(agree(&alice.secret, &order8), None, "small order");
}

#[test]
fn spellings() {
    let mut prime = [0xff; 32];
    prime[31] = 0x7f;
    for (first, canonical) in [(0xec, true), (0xed, false), (0xff, false)] {
        prime[0] = first;
        assert_eq!(is_canonical(&prime), canonical);
    }
    prime[7] = 0xfe;
    assert!(is_canonical(&prime));
    prime[31] = 0xff;
    assert!(!is_canonical(&prime));
}

#[test]
fn ed25519() {
    // RFC 8032 §7.1, test 2
    let public = array("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature: [u8; 64] = array(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    assert!(verify_edwards(&public, &[0x72], &signature));
    assert!(!verify_edwards(&public, &[0x73], &signature));
    for bit in 0..512 {
        let mut altered = signature;
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_edwards(&public, &[0x72], &altered), "bit {bit}");
    }
}

#[test]
fn xeddsa_of_both_signs() {
    let mut signs = [0; 2];
    for seed in 0..16 {
        let pair = KeyPair::new(Key::new([seed; 32]));
        let scalar = Scalar::from_bytes_mod_order(clamp_integer([seed; 32]));
        signs[usize::from(EdwardsPoint::mul_base(&scalar).compress().as_bytes()[31] >> 7)] += 1;
        let signature = sign(&pair.secret, b"message", &[seed ^ 1; 64]);
        let edwards = edwards_of(&pair.public).unwrap();
        assert_eq!(montgomery_of(&edwards), Some(pair.public));
        assert!(verify_edwards(&edwards, b"message", &signature));
        assert!(verify_montgomery(&pair.public, b"message", &signature));
        assert!(!verify_montgomery(&pair.public, b"massage", &signature));
        assert!(!verify_montgomery(&KeyPair::new(Key::new([seed + 1; 32])).public, b"message", &signature));
    }
    assert!(signs[0] > 0 && signs[1] > 0);
}

#[test]
fn hkdf_of_the_rfc() {
    // RFC 5869, test case 1
    let mut out = [0; 42];
    hkdf(&bytes("000102030405060708090a0b0c"), &[0x0b; 22], &bytes("f0f1f2f3f4f5f6f7f8f9"), &mut out);
    assert_eq!(hex(&out), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

#[test]
fn cbc() {
    // NIST SP 800-38A, F.2.5, first block
    let key = array("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let iv = array("000102030405060708090a0b0c0d0e0f");
    let plain = bytes("6bc1bee22e409f96e93d7e117393172a");
    let sealed = cbc_encrypt(&key, &iv, &plain);
    assert_eq!(hex(&sealed[..16]), "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
    assert_eq!(sealed.len(), 32);
    assert_eq!(cbc_decrypt(&key, &iv, &sealed).unwrap().as_slice(), plain);
    assert!(cbc_decrypt(&key, &iv, &sealed[..16]).is_none());
    assert!(cbc_decrypt(&key, &iv, &sealed[..31]).is_none());
    assert!(cbc_decrypt(&key, &iv, &[]).is_none());
}

/// Key, nonce, plaintext, ciphertext, tag: McGrew and Viega's test cases without additional data.
const GCM: [[&str; 5]; 6] = [
    ["00000000000000000000000000000000", "000000000000000000000000", "", "", "58e2fccefa7e3061367f1d57a4e7455a"],
    [
        "00000000000000000000000000000000",
        "000000000000000000000000",
        "00000000000000000000000000000000",
        "0388dace60b6a392f328c2b971b2fe78",
        "ab6e47d42cec13bdf53a67b21257bddf",
    ],
    [
        "feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
        "4d5c2af327cd64a62cf35abd2ba6fab4",
    ],
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "",
        "",
        "530f8afbc74536b9a963b4f1c4cb738b",
    ],
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ],
    [
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        "b094dac5d93471bdec1a502270e3cc6c",
    ],
];

#[test]
fn gcm_in_pieces() {
    for [key, iv, plain, sealed, tag] in GCM {
        for piece in [1, 3, 16, 17, 64] {
            let mut data = bytes(plain);
            let mut gcm = Gcm::new(&bytes(key), &bytes(iv)).unwrap();
            assert!(data.chunks_mut(piece).all(|chunk| gcm.encrypt(chunk)));
            assert_eq!((hex(&data).as_str(), hex(&gcm.tag()).as_str()), (sealed, tag), "in pieces of {piece}");
            let mut gcm = Gcm::new(&bytes(key), &bytes(iv)).unwrap();
            assert!(data.chunks_mut(piece).all(|chunk| gcm.decrypt(chunk)));
            assert_eq!((hex(&data).as_str(), hex(&gcm.tag()).as_str()), (plain, tag));
        }
    }
    assert!(Gcm::new(&[0; 15], &[0; 12]).is_none() && Gcm::new(&[0; 24], &[0; 12]).is_none());
    assert!(Gcm::new(&[0; 16], &[]).is_none());
}
