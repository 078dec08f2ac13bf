//! Faults, as written in the language: what can go wrong, and how it comes back.

use crate::distributions::Distribution;
use crate::engine::random::StreamKey;
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Fills, Kind, Name, Node, Reader, Region, choice, record};

record! {
    /// The server stops: its requests fail, and it refuses connections until no crash is active any more.
    pub struct Crash {}
}

record! {
    /// The server restarts, empty: active crashes end, however long they were to last. A server that is up is not
    /// affected.
    pub struct Restart {}
}

record! {
    /// The server takes longer for the same work. Factors of several active faults multiply.
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
    /// The server answers a share of its requests with an error. Several active faults are independent: with two faults
    /// of 50 % each, 25 % of the requests succeed.
    pub struct Errors {
        /// Share of requests that fail.
        pub rate: Percent,
        /// Service time of an error answer; without it, that of the normal answer. A server that fails faster than
        /// others serve looks idle and attracts requests: a sinkhole.
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
    /// A direction on a link.
    pub enum Way {
        Both(BothWays),
        There(WayThere),
        Back(WayBack),
    }
}

record! {
    /// Messages on a link take longer. Delays of several active faults add up.
    pub struct Delay {
        /// Additional delay, drawn for each message and each direction.
        pub by: Distribution,
        /// In which direction.
        pub way: Way = Way::Both(BothWays {}),
    }
}

record! {
    /// A share of the messages on a link is lost. Several active faults lose messages independently. A loss is silent:
    /// the request stays in flight until its client gives up, or for ever if it never does.
    pub struct Loss {
        /// Share of messages that are lost, in each direction.
        pub rate: Percent,
        /// In which direction.
        pub way: Way = Way::Both(BothWays {}),
    }
}

record! {
    /// Every message on a link is lost, like `Loss` with 100 %.
    pub struct Partition {
        /// In which direction.
        pub way: Way = Way::Both(BothWays {}),
    }
}

choice! {
    /// A kind of fault: of a server (`Crash`, `Restart`, `SlowDown`, `Errors`), or of a link (`Delay`, `Loss`,
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
    /// The direction on a link in which it hits messages; `None` if it is not a network fault.
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
    /// A fault that recurs at random. Without `zone` it occurs at each server, each copy and each link independently;
    /// with `zone` at all of them together, and together with the other faults of that zone. The share of time without
    /// the fault is `mtbf / (mtbf + mttr)`, using the means of both: the availability, if the fault is a crash.
    pub struct Recurs {
        /// Time from the end of one occurrence to the beginning of the next (its mean is the mean time between
        /// failures, MTBF); the first occurrence begins one such time after `at`.
        pub mtbf: Distribution,
        /// How long each occurrence lasts (its mean is the mean time to repair, MTTR).
        pub mttr: Distribution,
        /// A failure domain: a rack, a zone, a region. Faults with the same `zone` begin and end at the same moments,
        /// at all servers, nodes and links that they name; they need the same `at`, `lasts`, `mtbf` and `mttr`.
        pub zone: Option<String> = None,
    }
    check(self, at) {
        if self.mtbf.mean() < 1e-3 {
            at.field("mtbf").error("the mean time between failures is at least 1 ms");
        }
    }
}

/// The key of the random moments of a fault that recurs.
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
    /// The fault that they have.
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
    /// A fault: what goes wrong, where and when.
    pub struct FaultSpec {
        /// When it begins; with `recurs`, the start of the period in which it may occur.
        pub at: Span,
        /// The node it hits; `web[1]` is the second of several copies. With `to`, the node where the link begins.
        pub node: NodeName,
        /// The kind of the fault. The state of a server follows from all faults that are active at the time.
        pub fault: Fault,
        /// Which servers of the fleet, counted from 0; without it, all. For a link from a balancer, the servers where
        /// it ends.
        pub servers: Option<Vec<usize>> = None,
        /// For a network fault (`Delay`, `Loss`, `Partition`): the node at the end of the link, to which `node` sends
        /// requests. Answers travel back over the same link.
        pub to: Option<NodeName> = None,
        /// How long it lasts, or with `recurs` how long it may occur; without it, to the end of the run.
        pub lasts: Option<Span> = None,
        /// Whether it recurs at random.
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

    /// True if it sets the service time of a failing request.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        matches!(&self.fault, Fault::Errors(errors) if errors.after.is_some())
    }
}
