//! Where the points of members lie on a ring, as in libketama, nginx and Envoy.

use md5::{Digest, Md5};
use xxhash_rust::xxh64::xxh64;

use super::ring::Ring;
use super::{MAX_POINTS, Members};
use crate::schema::{choice, record};

record! {
    /// Like libketama (Last.fm 2007): MD5 of "NAME-0", "NAME-1" and so on, four points a digest; a member's share of
    /// the points is its share of the weights, rounded down to whole digests. Keys are placed by the MD5 of their text.
    pub struct KetamaPoints {
        /// Points of a member of average weight; a multiple of 4 from 4 to 10,000.
        pub points: u32 = 160,
    }
    check(self, at) {
        if self.points == 0 || self.points > 10_000 || !self.points.is_multiple_of(4) {
            at.field("points").error("a multiple of 4 from 4 to 10,000");
        }
    }
}

record! {
    /// Like nginx `hash ... consistent`, which is compatible with Cache::Memcached::Fast: CRC-32 of host, a zero byte,
    /// port and the hash of the point before. Keys are placed by the CRC-32 of their text.
    pub struct NginxPoints {
        /// Points of a member for each unit of its weight; 1 to 10,000.
        pub points: u32 = 160,
    }
    check(self, at) {
        if self.points == 0 || self.points > 10_000 {
            at.field("points").error("1 to 10,000 points");
        }
    }
}

record! {
    /// Like Envoy `RING_HASH`: xxHash64 of "NAME_0", "NAME_1" and so on, with enough points that the lightest member
    /// has a whole number of them and the ring at least its minimum size. Keys are placed by the xxHash64 of their
    /// text.
    ///
    /// Envoy rebuilds the ring from the members that are up; here the points of members that are down stay and are
    /// skipped.
    pub struct EnvoyPoints {
        /// The fewest points of the ring; 1 to 8,388,608.
        pub minimum_ring_size: u32 = 1024,
        /// The most points of the ring; 1 to 8,388,608.
        pub maximum_ring_size: u32 = 8_388_608,
    }
    check(self, at) {
        for (name, size) in [("minimum_ring_size", self.minimum_ring_size), ("maximum_ring_size", self.maximum_ring_size)] {
            if size == 0 || size > 8_388_608 {
                at.field(name).error("1 to 8,388,608 points");
            }
        }
        if self.minimum_ring_size > self.maximum_ring_size {
            at.field("minimum_ring_size").error("the least size of the ring is above the greatest");
        }
    }
}

choice! {
    /// How members and keys are placed on the ring.
    pub enum Placement {
        Ketama(KetamaPoints),
        Nginx(NginxPoints),
        Envoy(EnvoyPoints),
    }
}

/// Spreads hashes of 32 bits over the ring of 64 bits.
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32
}

impl Placement {
    /// Where a key lies on the ring.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        match self {
            Self::Ketama(_) => {
                let digest = Md5::digest(key);
                wide(u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]))
            }
            Self::Nginx(_) => wide(crc32fast::hash(key)),
            Self::Envoy(_) => xxh64(key, 0),
        }
    }

    /// The ring of all members, up or down.
    #[must_use]
    pub fn ring(&self, members: &(impl Members + ?Sized)) -> Ring {
        let mut points = Vec::new();
        match self {
            Self::Ketama(ketama) => ketama.place(members, &mut points),
            Self::Nginx(nginx) => nginx.place(members, &mut points),
            Self::Envoy(envoy) => envoy.place(members, &mut points),
        }
        Ring::new(points)
    }

    /// Checks the ring for members of these weights; an error message, or `None` if it is valid.
    #[must_use]
    pub fn problem(&self, weights: &[u32]) -> Option<String> {
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let points = match self {
            Self::Ketama(ketama) => u64::from(ketama.points) * weights.len() as u64,
            Self::Nginx(nginx) => u64::from(nginx.points) * total,
            Self::Envoy(envoy) => u64::from(envoy.maximum_ring_size),
        };
        (points > MAX_POINTS)
            .then(|| format!("the ring would have {points} points, {MAX_POINTS} at most: use fewer or lower weights"))
    }
}

impl KetamaPoints {
    fn place(&self, members: &(impl Members + ?Sized), points: &mut Vec<(u64, u32)>) {
        let count = members.count();
        let total: u64 = (0..count).map(|member| u64::from(members.weight(member))).sum();
        for member in 0..count {
            // The original works in single precision here, and its rounding is part of its placement.
            let share = members.weight(member) as f32 / total as f32;
            let digests = (f64::from(share) * f64::from(self.points / 4) * count as f64) as f32 as u32;
            let name = members.name(member);
            for number in 0..digests {
                let digest = Md5::digest(format!("{name}-{number}").as_bytes());
                let hashes = digest.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                points.extend(hashes.map(|hash| (wide(hash), member as u32)));
            }
        }
    }
}

/// Host and port of a server's name, as nginx takes it apart.
fn host_and_port(name: &str) -> (&str, &str) {
    if let Some(path) = name.get(..5).filter(|start| start.eq_ignore_ascii_case("unix:")).and(name.get(5..)) {
        return (path, "");
    }
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => (host, port),
        _ => (name, ""),
    }
}

impl NginxPoints {
    fn place(&self, members: &(impl Members + ?Sized), points: &mut Vec<(u64, u32)>) {
        for member in 0..members.count() {
            let name = members.name(member);
            let (host, port) = host_and_port(&name);
            let mut base = crc32fast::Hasher::new();
            base.update(host.as_bytes());
            base.update(&[0]);
            base.update(port.as_bytes());
            let mut previous = 0;
            for _ in 0..u64::from(self.points) * u64::from(members.weight(member)) {
                let mut hasher = base.clone();
                hasher.update(&u32::to_le_bytes(previous));
                previous = hasher.finalize();
                points.push((wide(previous), member as u32));
            }
        }
    }
}

impl EnvoyPoints {
    fn place(&self, members: &(impl Members + ?Sized), points: &mut Vec<(u64, u32)>) {
        let all = 0..members.count();
        let total: f64 = all.clone().map(|member| f64::from(members.weight(member))).sum();
        let share = |member: usize| f64::from(members.weight(member)) / total;
        let least = all.clone().map(share).fold(1.0, f64::min);
        let size = ((least * f64::from(self.minimum_ring_size)).ceil() / least).min(f64::from(self.maximum_ring_size));
        let (mut wanted, mut placed) = (0.0, 0.0);
        for member in all {
            let name = members.name(member);
            wanted += size * share(member);
            let mut number = 0;
            while placed < wanted {
                points.push((xxh64(format!("{name}_{number}").as_bytes(), 0), member as u32));
                number += 1;
                placed += 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::actors::balancer::View;

    fn named(weights: Vec<u32>, name: impl Fn(usize) -> String) -> View {
        let names: Vec<String> = (0..weights.len()).map(name).collect();
        View::new(weights).with_names(names.into())
    }

    fn points_of(ring: &Ring, members: usize) -> Vec<usize> {
        (0..members).map(|member| ring.points().filter(|point| point.1 == member).count()).collect()
    }

    /// envoyproxy/envoy, ring_hash_lb_test.cc, Basic.
    #[test]
    fn the_ring_of_envoy_is_that_of_its_own_test() {
        let view = named(vec![1; 6], |n| format!("127.0.0.1:{}", 90 + n));
        let ring = Placement::Envoy(EnvoyPoints { minimum_ring_size: 12, maximum_ring_size: 8_388_608 }).ring(&view);
        let expected = [
            (833_437_586_790_550_860, 4),
            (928_266_305_478_181_108, 2),
            (1_033_482_794_131_418_490, 0),
            (3_551_244_743_356_806_947, 5),
            (3_851_675_632_748_031_481, 3),
            (5_583_722_120_771_150_861, 1),
            (6_311_230_543_546_372_928, 1),
            (7_700_377_290_971_790_572, 3),
            (13_144_177_310_400_110_813, 5),
            (13_444_792_449_719_432_967, 2),
            (15_516_499_411_664_133_160, 4),
            (16_117_243_373_044_804_889, 0),
        ];
        assert_eq!(ring.points().collect::<Vec<_>>(), expected);
        for (hash, member) in [
            (0, 4),
            (u64::MAX, 4),
            (3_551_244_743_356_806_947, 5),
            (3_551_244_743_356_806_948, 3),
            (16_117_243_373_044_804_880, 0),
        ] {
            assert_eq!(ring.first(hash, |_| true), Some(member));
        }
    }

    /// The same file, BasicWithDoundedLoad: hosts by name.
    #[test]
    fn envoy_hashes_names_where_hosts_have_names() {
        let view = named(vec![1; 6], |n| format!("{}", 90 + n));
        let ring = Placement::Envoy(EnvoyPoints { minimum_ring_size: 12, maximum_ring_size: 8_388_608 }).ring(&view);
        let order: Vec<usize> = ring.points().map(|point| point.1).collect();
        assert_eq!(order, [5, 5, 3, 4, 3, 2, 0, 2, 1, 0, 1, 4]);
        assert_eq!(ring.points().next(), Some((1_975_508_444_536_362_413, 5)));
    }

    #[test]
    fn envoy_scales_the_ring_up_to_whole_points_of_the_lightest_member() {
        let place = |weights: Vec<u32>, least, most| {
            let members = weights.len();
            let envoy = EnvoyPoints { minimum_ring_size: least, maximum_ring_size: most };
            points_of(&Placement::Envoy(envoy).ring(&named(weights, |n| format!("web-{n}"))), members)
        };
        assert_eq!(place(vec![1; 3], 1024, 8_388_608), [342; 3]);
        assert_eq!(place(vec![1, 2, 5], 16, 8_388_608), [2, 4, 10]);
        // If the ring is too small for whole points, the running sum decides which member has one more.
        assert_eq!(place(vec![1; 4], 1, 6), [1; 4]);
        assert_eq!(place(vec![1; 4], 6, 6), [2, 1, 2, 1]);
    }

    #[test]
    fn ketama_takes_four_points_from_each_digest_and_shares_them_by_weight() {
        let ketama = Placement::Ketama(KetamaPoints { points: 160 });
        let view = named(vec![1; 10], |n| format!("10.0.1.{}:11211", n + 1));
        let ring = ketama.ring(&view);
        // 1600 points of 32 bits hardly ever coincide.
        assert_eq!(points_of(&ring, 10), [160; 10]);
        // MD5 of "10.0.1.1:11211-0", by md5sum: its four words, each from the low byte up.
        let first: Vec<u64> = MD5_OF_THE_FIRST.iter().map(|&hash| wide(hash)).collect();
        assert!(first.iter().all(|hash| ring.points().any(|point| point == (*hash, 0))));
        let weighted = ketama.ring(&named(vec![300, 400, 500], |n| format!("web-{n}")));
        // floor(0.25 x 120), floor(0.3333 x 120) and floor(0.41667 x 120) digests.
        assert_eq!(points_of(&weighted, 3), [120, 160, 200]);
    }

    const MD5_OF_THE_FIRST: [u32; 4] = [0x90ED_8713, 0xF5CE_3B03, 0x0603_86A6, 0xA22B_367D];

    #[test]
    fn nginx_chains_the_checksums_of_host_and_port() {
        assert_eq!(host_and_port("10.0.0.1:8080"), ("10.0.0.1", "8080"));
        assert_eq!(host_and_port("web-3"), ("web-3", ""));
        assert_eq!(host_and_port("[::1]"), ("[::1]", ""));
        assert_eq!(host_and_port("[::1]:80"), ("[::1]", "80"));
        assert_eq!(host_and_port("a:b"), ("a:b", ""));
        assert_eq!(host_and_port("unix:/tmp/a"), ("/tmp/a", ""));
        let nginx = Placement::Nginx(NginxPoints { points: 160 });
        let ring = nginx.ring(&named(vec![1, 2, 1], |n| format!("10.0.0.{}:8080", n + 1)));
        assert_eq!(points_of(&ring, 3), [160, 320, 160]);
        // crc32 of "10.0.0.1", 0, "8080", 0 0 0 0 and then of the same with that as the last four bytes, by zlib.
        for hash in CRC_OF_THE_FIRST {
            assert!(ring.points().any(|point| point == (wide(hash), 0)));
        }
        assert_eq!(nginx.hash(b"192.0.2.1"), wide(CRC_OF_A_CLIENT));
    }

    const CRC_OF_THE_FIRST: [u32; 2] = [0xF1EA_5A8F, 0x4BD0_8E68];
    const CRC_OF_A_CLIENT: u32 = 0xDB61_0037;

    #[test]
    fn a_ring_without_bounds_is_refused() {
        let nginx = Placement::Nginx(NginxPoints { points: 160 });
        assert_eq!(nginx.problem(&[1; 10_000]), None);
        assert!(nginx.problem(&[65_535; 10]).is_some_and(|problem| problem.contains("104856000 points")));
    }
}
