//! Faults in the words of the language: what can go wrong, and how it comes back.

use crate::distributions::Distribution;
use crate::engine::random::StreamKey;
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Fills, Kind, Name, Node, Reader, Region, choice, record};

record! {
    /// The server stops: what it holds fails, and it refuses connections until no crash is under way any more.
    pub struct Crash {}
}

record! {
    /// The server comes up again, empty: crashes that are under way are over, however long they were to last. A server
    /// that is up goes on undisturbed.
    pub struct Restart {}
}

record! {
    /// The server takes longer for the same work. Several at once multiply.
    pub struct SlowDown {
        /// How many times longer; above 0 (below 1 it is faster).
        pub factor: f64,
    }
    check(self, at) {
        if self.factor.is_nan() || self.factor < 1e-6 || self.factor > 1e6 {
            at.field("factor").error("must be from 0.000001 to 1000000");
        }
    }
}

record! {
    /// The server answers a share of requests with an error. Several at once fail requests independently: of two that
    /// fail a half each, a quarter gets through.
    pub struct Errors {
        /// Share of requests that fail.
        pub rate: Percent,
        /// Work of an error answer; without it, as much as that of the usual answer. A server that fails faster than
        /// others serve looks idle, and so attracts requests: a sinkhole.
        pub after: Option<Span> = None,
    }
}

record! {
    /// Requests there and answers back.
    pub struct BothWays {}
}

record! {
    /// Requests on their way there.
    pub struct WayThere {}
}

record! {
    /// Answers on their way back.
    pub struct WayBack {}
}

choice! {
    /// Which way over a link.
    pub enum Way {
        Both(BothWays),
        There(WayThere),
        Back(WayBack),
    }
}

record! {
    /// Messages on a link take longer. Several at once add up.
    pub struct Delay {
        /// By how much, drawn for each message, each way.
        pub by: Distribution,
        /// Which way.
        pub way: Way = Way::Both(BothWays {}),
    }
}

record! {
    /// A share of messages on a link is lost. Several at once lose messages independently. Who sent one hears nothing: a
    /// request is waited for until its client gives up, or for ever if it never does.
    pub struct Loss {
        /// Share of messages that are lost, each way.
        pub rate: Percent,
        /// Which way.
        pub way: Way = Way::Both(BothWays {}),
    }
}

record! {
    /// Every message on a link is lost: like `Loss` of all.
    pub struct Partition {
        /// Which way.
        pub way: Way = Way::Both(BothWays {}),
    }
}

choice! {
    /// What goes wrong: with a server (`Crash`, `Restart`, `SlowDown`, `Errors`), or on a link (`Delay`, `Loss`,
    /// `Partition`).
    pub enum Fault {
        Crash(Crash),
        Restart(Restart),
        SlowDown(SlowDown),
        Errors(Errors),
        Delay(Delay),
        Loss(Loss),
        Partition(Partition),
    }
}

impl Fault {
    /// Which way over a link it hits messages; `None` if it is no fault of a link.
    #[must_use]
    pub fn way(&self) -> Option<&Way> {
        match self {
            Self::Crash(_) | Self::Restart(_) | Self::SlowDown(_) | Self::Errors(_) => None,
            Self::Delay(delay) => Some(&delay.way),
            Self::Loss(loss) => Some(&loss.way),
            Self::Partition(partition) => Some(&partition.way),
        }
    }
}

record! {
    /// A fault that comes again and again, at random. Without `zone` it does so at each server, each copy and each link by
    /// itself; with `zone` at all of them together, and together with the other faults of that zone. The share of time
    /// without it is mtbf / (mtbf + mttr), with the means of both: the availability, where it is a crash.
    pub struct Recurs {
        /// Time from the end of one to the beginning of the next (its mean is the mean time between failures, MTBF); the
        /// first begins so long after `at`.
        pub mtbf: Distribution,
        /// How long each takes (its mean is the mean time to repair, MTTR).
        pub mttr: Distribution,
        /// What fails together: a rack, a zone, a region. Faults with the same name begin and end at the same moments, at
        /// all servers, nodes and links that they name; they need the same `at`, `lasts`, `mtbf` and `mttr`.
        pub zone: Option<String> = None,
    }
    check(self, at) {
        if self.mtbf.mean() < 1e-3 {
            at.field("mtbf").error("the mean time between failures is at least 1 ms");
        }
    }
}

/// What names the random moments of a fault that recurs.
#[derive(Clone, Copy, Debug)]
pub enum Moments {
    /// Which of the faults of the system it is: each server that it hits has moments of its own.
    Own(usize),
    /// The streams of its zone, the same wherever it strikes.
    Zone(StreamKey),
}

/// An entry of the timetable of a node.
#[derive(Clone, Debug)]
pub struct FaultEvent {
    /// When it begins; of one that recurs, from when on it may.
    pub at: Time,
    /// How long it lasts; of one that recurs, for how long it does so. `None` if to the end.
    pub lasts: Option<Duration>,
    /// Which servers it hits; `None` for all.
    pub servers: Option<Vec<usize>>,
    /// What happens to them.
    pub fault: Fault,
    /// If it comes again and again: how, and when.
    pub recurs: Option<(Recurs, Moments)>,
}

/// The name of a node, with its place in the file.
#[derive(Clone, Debug)]
pub struct NodeName(pub Name);

impl PartialEq for NodeName {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl From<&str> for NodeName {
    fn from(name: &str) -> Self {
        Self(Name { text: name.to_owned(), region: Region::default() })
    }
}

impl Fills<NodeName> for &str {
    fn fill(self) -> NodeName {
        self.into()
    }
}

impl Decode for NodeName {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(Self(Name { text: text.clone(), region: node.region })),
            _ => {
                reader.expected(node, "the name of a node in quotes");
                None
            }
        }
    }
}

impl Encode for NodeName {
    fn encode(&self) -> Node {
        self.0.text.encode()
    }
}

record! {
    /// Something that goes wrong, and when.
    pub struct FaultSpec {
        /// When it begins; with `recurs`, from when on it may.
        pub at: Span,
        /// The node it hits; `web[1]` is the second of several copies. With `to`, the node where the link begins.
        pub node: NodeName,
        /// What goes wrong. What is wrong with a server at a time follows from all faults that are active then.
        pub fault: Fault,
        /// Which servers of the fleet, counted from 0; without it, all. On a link from a balancer, those where it ends.
        pub servers: Option<Vec<usize>> = None,
        /// Of a fault of the network (`Delay`, `Loss`, `Partition`): the node where the link ends, to which `node` sends
        /// requests. Their answers come back over it.
        pub to: Option<NodeName> = None,
        /// After how long it ends, or with `recurs` comes no more; without it, it lasts.
        pub lasts: Option<Span> = None,
        /// Whether it comes again and again, at random.
        pub recurs: Option<Recurs> = None,
    }
    check(self, at) {
        if self.servers.as_ref().is_some_and(Vec::is_empty) {
            at.field("servers").error("a fault that hits no server: leave `servers` out if it hits all");
        }
        if matches!(self.fault, Fault::Restart(_)) {
            for (field, is_given) in [("lasts", self.lasts.is_some()), ("recurs", self.recurs.is_some())] {
                if is_given {
                    at.field(field).error("a restart takes no time and has no end: `Crash` with a length goes down and comes up");
                }
            }
        }
    }
}

impl FaultSpec {
    /// True if it makes work take longer.
    #[must_use]
    pub fn is_slow_down(&self) -> bool {
        matches!(self.fault, Fault::SlowDown(_))
    }

    /// True if it says how soon a request fails.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        matches!(&self.fault, Fault::Errors(errors) if errors.after.is_some())
    }
}
