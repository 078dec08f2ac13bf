//! Clients as numbers of 32 bits, which is what policies that look at clients take.

use std::net::{IpAddr, SocketAddr};

use xxhash_rust::xxh64::xxh64;

/// The number of a client. An IPv4 address, also one written as IPv6 (`::ffff:10.0.0.1`), is its own number; any other
/// IPv6 address, by its 16 bytes, and any other name, by its text, is the lower half of its xxHash64 with seed 0. A
/// port behind an address is passed over.
pub(super) fn client(text: &[u8]) -> u32 {
    let hash = |bytes: &[u8]| xxh64(bytes, 0) as u32;
    let Ok(name) = std::str::from_utf8(text) else { return hash(text) };
    let address = name.parse::<IpAddr>().or_else(|_| name.parse::<SocketAddr>().map(|socket| socket.ip()));
    match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_bits(),
        Ok(IpAddr::V6(address)) => hash(&address.octets()),
        Err(_) => hash(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_its_own_number() {
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "10.1.2.3:8080", "[::ffff:10.1.2.3]:80"] {
            assert_eq!(client(text.as_bytes()), 0x0A01_0203, "{text}");
        }
    }

    #[test]
    fn other_names_are_hashed_always_to_the_same() {
        assert_eq!(client(b"2001:db8::1"), client(b"2001:0DB8:0:0:0:0:0:1"));
        assert_eq!(client(b"2001:db8::1"), client(b"[2001:db8::1]:443"));
        assert_ne!(client(b"2001:db8::1"), client(b"2001:db8::2"));
        // xxHash64 of the empty string with seed 0 is 0xEF46DB3751D8E999 (the reference implementation's).
        assert_eq!(client(b""), 0x51D8_E999);
        assert_ne!(client(b"a.example"), client(b"b.example"));
    }
}
